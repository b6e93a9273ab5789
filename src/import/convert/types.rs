//! What is known of types of resources that a topology has no place for.

/// Types that have no influence on the network.
const HARMLESS: &str = "microsoft.authorization/ microsoft.compute/availabilitysets microsoft.compute/disks \
     microsoft.compute/snapshots microsoft.compute/images microsoft.compute/galleries \
     microsoft.compute/sshpublickeys microsoft.compute/proximityplacementgroups \
     microsoft.compute/restorepointcollections microsoft.compute/diskencryptionsets \
     microsoft.compute/virtualmachines/extensions \
     microsoft.compute/virtualmachines/runcommands \
     microsoft.compute/virtualmachinescalesets/extensions microsoft.devtestlab/schedules \
     microsoft.insights/ microsoft.operationalinsights/ microsoft.operationsmanagement/ \
     microsoft.managedidentity/ microsoft.resources/ microsoft.portal/ \
     microsoft.alertsmanagement/ microsoft.network/networkwatchers \
     microsoft.network/ddosprotectionplans microsoft.network/privatednszones/soa \
     microsoft.network/privatednszones/txt microsoft.network/privatednszones/mx \
     microsoft.network/privatednszones/srv microsoft.network/privatednszones/ptr \
     microsoft.network/dnszones/soa microsoft.network/dnszones/ns \
     microsoft.network/dnszones/txt microsoft.network/dnszones/mx \
     microsoft.network/dnszones/srv microsoft.network/dnszones/ptr \
     microsoft.network/dnszones/caa microsoft.network/expressroutecircuits/authorizations \
     microsoft.policyinsights/ microsoft.recoveryservices/ microsoft.maintenance/ \
     microsoft.automation/ microsoft.security/";

/// Types with a reason of their own for not being carried over.
const REFUSED: &[(&str, &str)] = &[
    (
        "microsoft.network/virtualwans",
        "virtual WANs are not modelled",
    ),
    (
        "microsoft.network/virtualhubs",
        "virtual WANs are not modelled",
    ),
    (
        "microsoft.network/vpngateways",
        "virtual WANs are not modelled",
    ),
    (
        "microsoft.network/vpnsites",
        "virtual WANs are not modelled",
    ),
    (
        "microsoft.network/p2svpngateways",
        "virtual WANs are not modelled",
    ),
    (
        "microsoft.network/vpnserverconfigurations",
        "virtual WANs are not modelled",
    ),
    (
        "microsoft.network/expressroutegateways",
        "virtual WANs are not modelled",
    ),
    (
        "microsoft.network/privatelinkservices",
        "Private Link services of your own are not modelled",
    ),
    (
        "microsoft.network/dnsresolvers",
        "DNS private resolvers are not modelled",
    ),
    (
        "microsoft.network/dnsforwardingrulesets",
        "DNS private resolvers are not modelled",
    ),
    ("microsoft.network/networkinterfaces", "it is no machine's"),
    (
        "microsoft.network/serviceendpointpolicies",
        "policies of service endpoints are not modelled",
    ),
    (
        "microsoft.network/applicationgatewaywebapplicationfirewallpolicies",
        "what is in a request is not modelled",
    ),
    (
        "microsoft.storage/",
        "a platform service is carried over where a private endpoint leads to it",
    ),
    (
        "microsoft.sql/",
        "a platform service is carried over where a private endpoint leads to it",
    ),
    (
        "microsoft.keyvault/",
        "a platform service is carried over where a private endpoint leads to it",
    ),
    (
        "microsoft.web/",
        "a platform service is carried over where a private endpoint leads to it",
    ),
];

/// Whether resources of a type (in lower case) change nothing in a network.
pub(super) fn is_harmless(kind: &str) -> bool {
    kind.ends_with("/diagnosticsettings")
        || kind.ends_with("/locks")
        || HARMLESS.split_whitespace().any(|known| starts(kind, known))
}

/// Why resources of a type (in lower case) are not carried over.
pub(super) fn refused(kind: &str) -> &'static str {
    let found = REFUSED.iter().find(|(known, _)| starts(kind, known));
    found.map_or("resources of this type are not modelled", |(_, reason)| {
        reason
    })
}

fn starts(kind: &str, known: &str) -> bool {
    let rest = kind.strip_prefix(known);
    rest.is_some_and(|rest| known.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}
