/* Classifies flows by DPDK's rte_acl: acl ALGORITHM RULES FLOWS COUNT
 *
 * Prints how many flows are let in and the sum of the numbers of the rules that decide, and the processor's seconds of one
 * pass after an unmeasured one. ALGORITHM is one of those of enum rte_acl_classify_alg, as a number.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_acl.h>
#include <rte_eal.h>

struct tuple {
	uint8_t protocol;
	uint8_t unused[3];
	uint32_t source;
	uint32_t destination;
	uint16_t source_port;
	uint16_t port;
};

#define FIELD(kind, at, bytes, input, of) \
	{ .type = RTE_ACL_FIELD_TYPE_##kind, .size = bytes, .field_index = at, .input_index = input, \
	  .offset = offsetof(struct tuple, of) }

static const struct rte_acl_field_def fields[] = {
	FIELD(BITMASK, 0, sizeof(uint8_t), 0, protocol),
	FIELD(MASK, 1, sizeof(uint32_t), 1, source),
	FIELD(MASK, 2, sizeof(uint32_t), 2, destination),
	FIELD(RANGE, 3, sizeof(uint16_t), 3, source_port),
	FIELD(RANGE, 4, sizeof(uint16_t), 3, port),
};
RTE_ACL_RULE_DEF(rule, RTE_DIM(fields));

static void die(const char *what)
{
	fprintf(stderr, "%s\n", what);
	exit(2);
}

int main(int count, char **words)
{
	char *eal[] = { words[0], "--no-huge", "--no-pci", "--no-shconf", "--no-telemetry", "-m", "2048",
			"--force-max-simd-bitwidth=512", "--log-level=3" };
	if (count != 5 || rte_eal_init(RTE_DIM(eal), eal) < 0)
		die("usage: acl ALGORITHM RULES FLOWS COUNT");
	enum rte_acl_classify_alg algorithm = atoi(words[1]);

	const struct rte_acl_param param = { .name = "group", .socket_id = SOCKET_ID_ANY,
		.rule_size = RTE_ACL_RULE_SZ(RTE_DIM(fields)), .max_rule_num = 1 << 20 };
	struct rte_acl_ctx *context = rte_acl_create(&param);
	FILE *rules = fopen(words[2], "r");
	if (!context || !rules)
		die("no context, or no rules");
	static uint8_t allows[1 << 16];
	unsigned number, allow, protocol, s[5], d[5], first, last;
	while (fscanf(rules, "%u %u %u %u.%u.%u.%u/%u %u.%u.%u.%u/%u %u %u", &number, &allow, &protocol, &s[0],
		      &s[1], &s[2], &s[3], &s[4], &d[0], &d[1], &d[2], &d[3], &d[4], &first, &last) == 15) {
		struct rule one = { .data = { .category_mask = 1, .userdata = number + 1,
			.priority = RTE_ACL_MAX_PRIORITY - number } };
		one.field[0].value.u8 = protocol;
		one.field[0].mask_range.u8 = protocol ? 0xff : 0;
		one.field[1].value.u32 = s[0] << 24 | s[1] << 16 | s[2] << 8 | s[3];
		one.field[1].mask_range.u32 = s[4];
		one.field[2].value.u32 = d[0] << 24 | d[1] << 16 | d[2] << 8 | d[3];
		one.field[2].mask_range.u32 = d[4];
		one.field[3].mask_range.u16 = 0xffff;
		one.field[4].value.u16 = first;
		one.field[4].mask_range.u16 = last;
		allows[number] = allow;
		if (rte_acl_add_rules(context, (struct rte_acl_rule *)&one, 1))
			die("a rule is not taken");
	}
	struct rte_acl_config config = { .num_categories = 1, .num_fields = RTE_DIM(fields) };
	memcpy(config.defs, fields, sizeof(fields));
	if (rte_acl_build(context, &config))
		die("the rules are not built");

	size_t flows = strtoul(words[4], NULL, 10);
	struct tuple *tuples = calloc(flows, sizeof(*tuples));
	const uint8_t **data = calloc(flows, sizeof(*data));
	uint32_t *results = calloc(flows, sizeof(*results));
	FILE *file = fopen(words[3], "r");
	uint8_t bytes[16];
	for (size_t at = 0; at < flows; at++) {
		if (!file || fread(bytes, 16, 1, file) != 1)
			die("too few flows");
		uint32_t addresses[2];
		uint16_t ports[2];
		memcpy(addresses, bytes, 8);
		memcpy(ports, bytes + 8, 4);
		tuples[at] = (struct tuple){ .protocol = bytes[12], .source = htonl(addresses[0]),
			.destination = htonl(addresses[1]), .source_port = htons(ports[0]),
			.port = htons(ports[1]) };
		data[at] = (const uint8_t *)&tuples[at];
	}

	uint64_t allowed = 0, sum = 0;
	double seconds = 0;
	for (int pass = 0; pass < 2; pass++) {
		struct timespec start, end;
		allowed = sum = 0;
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
		/* As many at once as fit the nearest caches. */
		for (size_t at = 0; at < flows; at += 1024) {
			size_t some = flows - at < 1024 ? flows - at : 1024;
			if (rte_acl_classify_alg(context, data + at, results + at, some, 1, algorithm))
				die("the algorithm is not for this machine");
			for (size_t of = at; of < at + some; of++) {
				if (results[of]) {
					allowed += allows[results[of] - 1];
					sum += results[of] - 1;
				}
			}
		}
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
		seconds = end.tv_sec - start.tv_sec + (end.tv_nsec - start.tv_nsec) / 1e9;
	}
	printf("%lu %lu\t%.9f\n", allowed, sum, seconds);
	return 0;
}
