// What stands beside the drawing: a check with its paths hop by hop, or a thing with its routes and rules.

const PARTS = ['Protocol', 'Source', 'Port', 'Destination', 'Port'];

/** The rules of a list; where they were compared, each with what of it matched. */
function rulesTable(list, compared) {
  const rows = list.rules.map((rule, at) => {
    const looked = compared && at <= compared.decided;
    const decided = compared && at === compared.decided;
    const cells = rule.parts.map((part, bit) => {
      if (!looked) return h('td', {}, breakable(part));
      const matched = (compared.matched[at] >> bit) & 1;
      return h('td', { class: matched ? 'matched' : 'missed' },
        sign(matched ? 'yes' : 'no', matched ? 'matches' : 'does not match'), ' ', breakable(part));
    });
    const head = h('th', { scope: 'rowgroup', colspan: PARTS.length },
      h('span', { class: 'priority' }, rule.priority), ' ', h('bdi', { class: 'rule' }, rule.name), ' ',
      h('span', { class: rule.access === 'Deny' ? 'deny' : 'allow' }, rule.access),
      rule.default && h('small', {}, ' default'), decided && h('small', { class: 'tag' }, ' decides'));
    return h('tbody', { class: decided ? 'decided' : compared && !looked ? 'unread' : null }, h('tr', {}, head), h('tr', {}, cells));
  });
  const behind = compared && list.rules.length > compared.decided + 1;
  return h('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': `Rules of ${list.name}` },
    h('table', { class: 'rules' }, h('caption', {}, `${list.name} on ${list.at}, ${list.direction}`),
      h('thead', {}, h('tr', {}, PARTS.map((text) => h('th', { scope: 'col' }, text)))), rows),
    behind && h('p', { class: 'hint' }, 'Rules behind the one that decides are not looked at.'));
}

/** Routes; where one was chosen, those to the packet's destination, the chosen one first. */
function routesTable(table, chosen) {
  const rows = chosen ? chosen.rows : table.rows.map((row, at) => [at, row.why || '']);
  const body = rows.map(([at, why], place) => {
    const row = table.rows[at];
    const won = chosen && place === 0 && why === '';
    return h('tbody', { class: won ? 'decided' : row.state === 'Invalid' || chosen ? 'unread' : null },
      h('tr', {}, h('th', { scope: 'row' }, row.prefix), h('td', {}, breakable(row.to)), h('td', {}, breakable(row.from)),
        h('td', {}, row.state, won && h('small', { class: 'tag' }, ' wins'))),
      why && h('tr', { class: 'why' }, h('td', { colspan: 4 }, prose(why))));
  });
  const head = ['Prefix', 'Next hop', 'From', 'State'].map((text) => h('th', { scope: 'col' }, text));
  const others = chosen ? table.rows.length - rows.length : 0;
  return h('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Routes' },
    h('table', { class: 'routes' }, h('caption', {}, chosen ? `Routes to ${chosen.destination}` : 'Effective routes'),
      h('thead', {}, h('tr', {}, head)), body),
    others > 0 && h('p', { class: 'hint' },
      others === 1 ? 'Another route is for other addresses.' : `${others} more routes are for other addresses.`));
}

function stepItem(data, step) {
  const { rules, routes } = step;
  const count = (number, word) => `${number} ${word}${number === 1 ? '' : 's'}`;
  return h('li', {},
    h('span', { class: 'label' }, step.label),
    h('div', {}, step.mark && sign(step.mark, step.mark === 'yes' ? 'allowed' : 'denied'), step.mark && ' ',
      h('span', { class: 'what' }, step.text)),
    rules && h('details', {},
      h('summary', {}, `${count(rules.matched.length, 'rule')} compared`), rulesTable(data.lists[rules.list], rules)),
    routes && h('details', {},
      h('summary', {}, `${count(routes.rows.length, 'route')} weighed`), routesTable(data.tables[routes.table], routes)));
}

function issueBox(issue) {
  return h('div', { class: 'issue ' + (issue.error ? 'no' : 'some') },
    h('p', {}, h('strong', {}, `${issue.error ? 'error' : 'warning'}[${issue.code}]`), ': ', prose(issue.message)),
    issue.place && h('p', { class: 'place' }, issue.place),
    issue.line && h('pre', {}, issue.line[0], h('mark', {}, issue.line[1]), issue.line[2]),
    issue.help && h('p', { class: 'help' }, h('strong', {}, 'Help: '), prose(issue.help)));
}

function hopItem(data, hop, at, choose) {
  const stopped = (hop.issues || []).some((issue) => issue.error);
  const doubt = !stopped && (hop.issues || []).length > 0;
  const body = h('div', { class: 'body', id: `hop-${at}`, hidden: true },
    !hop.reached && h('p', { class: 'hint' }, 'Not reached; this is what would happen there.'),
    h('p', { class: 'packet-line' }, hop.packet),
    h('ul', { class: 'steps' }, hop.steps.map((step) => stepItem(data, step))),
    (hop.issues || []).map(issueBox));
  const button = h('button', {
    type: 'button', 'aria-expanded': 'false', 'aria-controls': `hop-${at}`, click: () => choose(at),
  },
  h('span', { class: 'number' }, hop.reached ? at + 1 : `(${at + 1})`),
  h('span', { class: 'name' }, hop.name),
  stopped && sign('no', 'stopped'), doubt && sign('some', 'to be noted'),
  h('span', { class: 'about' }, hop.kind, hop.address && ' ' + hop.address, hop.latency && ' · ' + hop.latency));
  return h('li', { class: hop.reached ? 'hop' : 'hop beyond' }, button, body);
}

function factsList(facts) {
  const list = h('dl', { class: 'facts' });
  for (const fact of facts) {
    if (fact.label) list.append(h('dt', {}, fact.label));
    list.append(h('dd', {}, fact.doubt && sign('some', 'not known'), fact.doubt && ' ', prose(fact.text)));
  }
  return list;
}

function differencesTable(differences) {
  const rows = differences.map(([what, expected, came]) =>
    h('tr', {}, h('th', { scope: 'row' }, breakable(what)), h('td', {}, expected), h('td', {}, came)));
  const head = ['', 'Expected', 'Came'].map((text) => h('th', { scope: 'col' }, text));
  return h('div', { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Differences' },
    h('table', { class: 'differences' }, h('thead', {}, h('tr', {}, head)), h('tbody', {}, rows)));
}

/** A path: its hops. */
function pathPart(data, path, choose) {
  return h('ol', { class: 'hops' }, path.hops.map((hop, at) => hopItem(data, hop, at, choose)));
}

function answerRest(answer) {
  return [
    (answer.together || []).map((text) => h('p', { class: 'help' }, prose(text))),
    factsList(answer.facts),
    answer.overlay && h('details', { class: 'overlay' },
      h('summary', {}, 'The change as an overlay'), h('pre', { tabindex: 0 }, answer.overlay)),
  ];
}

/** Something that was clicked in the drawing and is no hop. */
function thingCard(data, id, close, fold) {
  const thing = data.things[id];
  if (!thing) return null;
  const lists = (thing.lists || []).map((at) => data.lists[at]);
  const table = thing.table === undefined ? null : data.tables[thing.table];
  return h('section', { class: 'thing', 'aria-labelledby': 'thing-name' },
    h('button', { type: 'button', class: 'close', 'aria-label': 'Close', click: close }, '×'),
    h('p', { class: 'kind' }, thing.kind),
    h('h2', { id: 'thing-name', tabindex: -1 }, thing.name),
    thing.detail && h('p', { class: 'detail' }, thing.detail),
    (thing.facts || []).length > 0 && h('ul', { class: 'plain' }, thing.facts.map((fact) => h('li', {}, fact))),
    fold && h('button', { type: 'button', click: fold }, 'Fold or unfold'),
    table && h('details', {}, h('summary', {}, `Effective routes (${table.rows.length})`), routesTable(table)),
    lists.map((list) => h('details', {},
      h('summary', {}, `${list.direction}: ${list.name} on ${list.at} (${list.rules.length})`), rulesTable(list))));
}

/** Everything that is drawn, as a tree of buttons. */
function contentsTree(data, choose) {
  const within = new Map();
  for (const [id, thing] of Object.entries(data.things)) {
    if (id.startsWith('e-')) continue;
    within.set(thing.parent, [...(within.get(thing.parent) || []), [id, thing]]);
  }
  const many = Object.keys(data.things).length > 120;
  const about = (thing) => [h('bdi', { class: 'name' }, thing.name), ' ', h('small', {}, thing.kind, thing.detail && ' · ' + thing.detail)];
  const item = ([id, thing]) => {
    const button = (inside) => h('button', { type: 'button', click: () => choose(id) }, inside);
    return h('li', {}, many && thing.kind === 'virtual network'
      ? h('details', {}, h('summary', {}, about(thing)), button('Show it'), level(id))
      : [button(about(thing)), level(id)]);
  };
  const level = (parent) => within.get(parent) && h('ul', {}, within.get(parent).map(item));
  return h('nav', { class: 'tree', 'aria-label': 'What is drawn' }, level(undefined));
}
