//! What is known of properties that a topology has no place for: those without influence on the network are let
//! go, those with influence are reported with the reason. What is in neither table is reported as unknown.

use serde_json::Value;

/// Members of any resource that say nothing of the network.
const ALWAYS: &str = "id name type etag tags location resourcegroup subscriptionid tenantid \
     provisioningstate resourceguid apiversion kind systemdata identity managedby plan \
     comments metadata description displayname zones condition dependson scope";

/// Members without influence, by type.
const NO_EFFECT: &[(&str, &str)] = &[
    (
        "virtualnetworks",
        "enableDdosProtection ddosProtectionPlan enableVmProtection \
         privateEndpointVNetPolicies flowLogs ipAllocations summary subnets \
         virtualNetworkPeerings",
    ),
    (
        "virtualnetworks/subnets",
        "ipConfigurations ipConfigurationProfiles resourceNavigationLinks \
         serviceAssociationLinks privateEndpoints purpose ipAllocations \
         applicationGatewayIPConfigurations sharingScope",
    ),
    (
        "virtualnetworks/virtualnetworkpeerings",
        "peeringSyncLevel remoteVirtualNetworkAddressSpace remoteAddressSpace \
         localAddressSpace localVirtualNetworkAddressSpace remoteBgpCommunities \
         remoteVirtualNetworkEncryption doNotVerifyRemoteGateways remoteGateways",
    ),
    ("routetables", "subnets routes"),
    ("routetables/routes", "hasBgpOverride"),
    (
        "networksecuritygroups",
        "securityRules defaultSecurityRules flowLogs",
    ),
    (
        "publicipaddresses",
        "idleTimeoutInMinutes ipTags ipConfiguration ddosSettings publicIPPrefix \
         natGateway deleteOption dnsSettings",
    ),
    (
        "publicipprefixes",
        "ipTags prefixLength publicIPAddressVersion publicIPAddresses \
         loadBalancerFrontendIpConfiguration natGateway",
    ),
    ("natgateways", "subnets"),
    (
        "networkinterfaces",
        "ipConfigurations macAddress vnetEncryptionSupported hostedWorkloads \
         tapConfigurations nicType defaultOutboundConnectivityEnabled \
         virtualMachine privateEndpoint migrationPhase workloadType dscpConfiguration \
         applicationSecurityGroups auxiliaryMode auxiliarySku deleteOption primary",
    ),
    (
        "networkinterfaces/ipconfigurations",
        "privateIPAllocationMethod provisioningState privateLinkConnectionProperties \
         primary loadBalancerBackendAddressPools loadBalancerInboundNatRules \
         applicationGatewayBackendAddressPools privateIPAddressVersion",
    ),
    (
        "virtualmachines",
        "availabilitySet storageProfile osProfile diagnosticsProfile securityProfile \
         additionalCapabilities licenseType vmId timeCreated priority evictionPolicy \
         billingProfile host hostGroup extensionsTimeBudget platformFaultDomain \
         scheduledEventsProfile scheduledEventsPolicy userData capacityReservation \
         applicationProfile instanceView resources virtualMachineScaleSet extended \
         managedBy fqdns macAddresses privateIps publicIps hardwareProfile placement",
    ),
    (
        "virtualmachinescalesets",
        "singlePlacementGroup upgradePolicy overprovision \
         doNotRunExtensionsOnOverprovisionedVMs platformFaultDomainCount uniqueId \
         timeCreated zoneBalance scaleInPolicy automaticRepairsPolicy \
         additionalCapabilities hostGroup constrainedMaximumCapacity spotRestorePolicy \
         priorityMixPolicy resiliencyPolicy skuProfile provisioningState",
    ),
    ("loadbalancers", "inboundNatPools"),
    (
        "loadbalancers/frontendipconfigurations",
        "privateIPAllocationMethod privateIPAddressVersion inboundNatRules \
         inboundNatPools outboundRules loadBalancingRules provisioningState",
    ),
    (
        "loadbalancers/backendaddresspools",
        "loadBalancingRules outboundRule outboundRules inboundNatRules location \
         drainPeriodInSeconds syncMode virtualNetwork backendIPConfigurations",
    ),
    (
        "loadbalancers/loadbalancingrules",
        "enableConnectionTracking",
    ),
    ("loadbalancers/probes", "loadBalancingRules probeThreshold "),
    (
        "loadbalancers/inboundnatrules",
        "idleTimeoutInMinutes enableTcpReset",
    ),
    (
        "loadbalancers/outboundrules",
        "idleTimeoutInMinutes enableTcpReset",
    ),
    ("azurefirewalls", "ipGroups autoscaleConfiguration"),
    (
        "firewallpolicies",
        "ruleCollectionGroups ruleGroups childPolicies firewalls insights \
         transportSecurity size",
    ),
    ("firewallpolicies/rulecollectiongroups", "size"),
    ("ipgroups", "firewalls firewallPolicies"),
    (
        "applicationgateways",
        "operationalState sslCertificates trustedRootCertificates \
         trustedClientCertificates authenticationCertificates sslProfiles sslPolicy \
         enableHttp2 enableFips customErrorConfigurations privateEndpointConnections \
         frontendPorts frontendIPConfigurations backendHttpSettingsCollection urlPathMaps \
         httpListeners requestRoutingRules backendAddressPools globalConfiguration \
         defaultPredefinedSslPolicy loadDistributionPolicies resourceNavigationLinks \
         entraJWTValidationConfigs",
    ),
    (
        "bastionhosts",
        "dnsName scaleUnits disableCopyPaste enableFileCopy enableTunneling \
         enableShareableLink enableKerberos enableSessionRecording",
    ),
    (
        "virtualnetworkgateways",
        "vpnGatewayGeneration inboundDnsForwardingEndpoint enableDnsForwarding \
         packetCaptureDiagnosticState disableIPSecReplayProtection \
         vNetExtendedLocationResourceId enableHighBandwidthVpnGateway \
         resiliencyModel \
         autoScaleConfiguration virtualNetworkGatewayPolicyGroups \
         virtualNetworkGatewayMigrationStatus",
    ),
    (
        "expressroutecircuits",
        "circuitProvisioningState authorizations \
         authorizationKey authorizationStatus serviceKey serviceProviderNotes \
         gatewayManagerEtag allowClassicOperations \
         enableDirectPortRateLimit stag sku",
    ),
    (
        "connections",
        "sharedKey authorizationKey ipsecPolicies connectionProtocol dpdTimeoutSeconds \
         connectionMode tunnelConnectionStatus egressBytesTransferred \
         ingressBytesTransferred tunnelProperties packetCaptureDiagnosticState \
         authenticationType certificateAuthentication useLocalAzureIpAddress \
         gatewayCustomBgpIpAddresses",
    ),
    (
        "virtualhubs",
        "virtualRouterAsn virtualRouterIps routeTable virtualHubRouteTableV2s \
         routingState ipConfigurations bgpConnections virtualRouterAutoScaleConfiguration \
         preferredRoutingGateway routeMaps",
    ),
    (
        "virtualhubs/bgpconnections",
        "connectionState hubVirtualNetworkConnection",
    ),
    (
        "privateendpoints",
        "networkInterfaces customNetworkInterfaceName customDnsConfigs ipVersionType",
    ),
    (
        "privatednszones",
        "maxNumberOfRecordSets maxNumberOfVirtualNetworkLinks \
         maxNumberOfVirtualNetworkLinksWithRegistration numberOfRecordSets \
         numberOfVirtualNetworkLinks numberOfVirtualNetworkLinksWithRegistration \
         internalId",
    ),
    (
        "privatednszones/virtualnetworklinks",
        "virtualNetworkLinkState",
    ),
    (
        "dnszones",
        "maxNumberOfRecordSets maxNumberOfRecordsPerRecordSet numberOfRecordSets \
         nameServers zoneType registrationVirtualNetworks resolutionVirtualNetworks \
         signingKeys",
    ),
    ("networkmanagers", "networkManagerScopeAccesses"),
    (
        "networkmanagers/securityadminconfigurations",
        "networkGroupAddressSpaceAggregationOption",
    ),
    (
        "networkmanagers/securityadminconfigurations/rulecollections/rules",
        "flag",
    ),
];

/// Members with an influence that a topology cannot express, by type: the value at which they have none, and why
/// they cannot be carried over.
const UNSUPPORTED: &[(&str, &str, &str, &str)] = &[
    (
        "networkinterfaces",
        "allowPort25Out",
        "true",
        "whether mail may be sent directly is said by `settings.outboundSmtp`",
    ),
    (
        "expressroutecircuits",
        "globalReachEnabled",
        "false",
        "connections between circuits are not modelled",
    ),
    (
        "expressroutecircuits",
        "serviceProviderProvisioningState",
        "Provisioned",
        "a circuit that is not provisioned is put out of order by `--down`",
    ),
    (
        "virtualnetworkgateways",
        "adminState",
        "Enabled",
        "a gateway that is disabled is put out of order by `--down`",
    ),
    (
        "virtualnetworkgateways",
        "allowVirtualWanTraffic",
        "false",
        "virtual WANs are not modelled",
    ),
    (
        "virtualnetworkgateways",
        "allowRemoteVnetTraffic",
        "false",
        "connections between circuits are not modelled",
    ),
    (
        "loadbalancers/probes",
        "noHealthyBackendsBehavior",
        "AllProbedDown",
        "what a probe does where nothing is healthy is not modelled",
    ),
    (
        "virtualnetworks",
        "bgpCommunities",
        "",
        "communities of BGP are not modelled",
    ),
    (
        "virtualnetworks",
        "encryption",
        "enabled=false",
        "encryption between machines is not modelled",
    ),
    (
        "virtualnetworks/subnets",
        "serviceEndpointPolicies",
        "",
        "policies of service endpoints are not modelled",
    ),
    (
        "virtualnetworks/subnets",
        "serviceGateway",
        "",
        "service gateways are not modelled",
    ),
    (
        "networkinterfaces",
        "disableTcpStateTracking",
        "false",
        "NICs without state are not modelled",
    ),
    (
        "networkinterfaces/ipconfigurations",
        "gatewayLoadBalancer",
        "",
        "gateway load balancers are not modelled",
    ),
    (
        "networkinterfaces/ipconfigurations",
        "virtualNetworkTaps",
        "",
        "taps are not modelled",
    ),
    (
        "networkinterfaces/ipconfigurations",
        "privateIPAddressPrefixLength",
        "",
        "prefixes on a NIC are not modelled",
    ),
    (
        "networkinterfaces/ipconfigurations",
        "publicIPAddressConfiguration",
        "",
        "public addresses of a scale set's instances are not modelled",
    ),
    (
        "networkinterfaces/ipconfigurations",
        "loadBalancerInboundNatPools",
        "",
        "pools of NAT rules are not modelled",
    ),
    (
        "virtualmachinescalesets",
        "networkProfile",
        "",
        "it is not of a shape that is known",
    ),
    (
        "loadbalancers/backendaddresspools",
        "tunnelInterfaces",
        "",
        "gateway load balancers are not modelled",
    ),
    (
        "loadbalancers/frontendipconfigurations",
        "gatewayLoadBalancer",
        "",
        "gateway load balancers are not modelled",
    ),
    (
        "firewallpolicies",
        "threatIntelWhitelist",
        "",
        "exceptions from threat intelligence are not modelled",
    ),
    (
        "firewallpolicies",
        "intrusionDetection",
        "mode=Off",
        "intrusion detection is not modelled",
    ),
    (
        "firewallpolicies",
        "explicitProxy",
        "enableExplicitProxy=false",
        "explicit proxies are not modelled",
    ),
    (
        "firewallpolicies",
        "sql",
        "allowSqlRedirect=false",
        "redirects of SQL are not modelled",
    ),
    (
        "applicationgateways",
        "webApplicationFirewallConfiguration",
        "enabled=false",
        "what is in a request is not modelled",
    ),
    (
        "applicationgateways",
        "firewallPolicy",
        "",
        "what is in a request is not modelled",
    ),
    (
        "applicationgateways",
        "forceFirewallPolicyAssociation",
        "false",
        "what is in a request is not modelled",
    ),
    (
        "applicationgateways",
        "probes",
        "",
        "health probes of application gateways are not modelled",
    ),
    (
        "applicationgateways",
        "rewriteRuleSets",
        "",
        "rewriting of requests is not modelled",
    ),
    (
        "applicationgateways",
        "redirectConfigurations",
        "",
        "redirects are not modelled",
    ),
    (
        "applicationgateways",
        "privateLinkConfigurations",
        "",
        "Private Link to application gateways is not modelled",
    ),
    (
        "applicationgateways",
        "listeners",
        "",
        "listeners of layer 4 are not modelled",
    ),
    (
        "applicationgateways",
        "routingRules",
        "",
        "rules of layer 4 are not modelled",
    ),
    (
        "applicationgateways",
        "backendSettingsCollection",
        "",
        "rules of layer 4 are not modelled",
    ),
    (
        "bastionhosts",
        "networkAcls",
        "",
        "who may use a Bastion host is not modelled",
    ),
    (
        "bastionhosts",
        "enableIpConnect",
        "false",
        "Bastion to addresses is not modelled",
    ),
    (
        "bastionhosts",
        "enablePrivateOnlyBastion",
        "false",
        "private Bastion hosts are not modelled",
    ),
    (
        "virtualnetworkgateways",
        "customRoutes",
        "",
        "custom routes of point-to-site clients are not modelled",
    ),
    (
        "virtualnetworkgateways",
        "natRules",
        "",
        "translation at a gateway is not modelled",
    ),
    (
        "virtualnetworkgateways",
        "enableBgpRouteTranslationForNat",
        "false",
        "translation at a gateway is not modelled",
    ),
    (
        "virtualnetworkgateways",
        "enablePrivateIpAddress",
        "false",
        "private addresses of VPN gateways are not modelled",
    ),
    (
        "connections",
        "usePolicyBasedTrafficSelectors",
        "false",
        "traffic selectors are not modelled",
    ),
    (
        "connections",
        "trafficSelectorPolicies",
        "",
        "traffic selectors are not modelled",
    ),
    (
        "connections",
        "ingressNatRules",
        "",
        "translation at a gateway is not modelled",
    ),
    (
        "connections",
        "egressNatRules",
        "",
        "translation at a gateway is not modelled",
    ),
    (
        "connections",
        "expressRouteGatewayBypass",
        "false",
        "FastPath is stated at the gateway, as `fastPath`",
    ),
    (
        "connections",
        "enablePrivateLinkFastPath",
        "false",
        "FastPath is stated at the gateway, as `fastPath`",
    ),
    (
        "expressroutecircuits",
        "peerings",
        "",
        "what a circuit advertises is in no export; state it as `advertisedPrefixes`",
    ),
    (
        "privatednszones/virtualnetworklinks",
        "resolutionPolicy",
        "Default",
        "a fallback to the public DNS is not modelled",
    ),
];

/// Why a member of an object that nobody asked for is to be reported; `None` where it need not be.
///
/// `kind` is the type without its provider, in lower case.
pub(super) fn reason(kind: &str, key: &str, value: &Value) -> Option<&'static str> {
    let folded = key.to_ascii_lowercase();
    if ALWAYS.split_whitespace().any(|known| known == folded) {
        return None;
    }
    let no_effect = NO_EFFECT.iter().find(|(known, _)| *known == kind);
    if no_effect.is_some_and(|(_, keys)| {
        keys.split_whitespace()
            .any(|known| known.eq_ignore_ascii_case(key))
    }) {
        return None;
    }
    let unsupported = UNSUPPORTED
        .iter()
        .find(|(of, known, ..)| *of == kind && known.eq_ignore_ascii_case(key));
    match unsupported {
        Some((_, _, harmless, _)) if is(value, harmless) => None,
        Some((.., reason)) => Some(reason),
        None => Some("it is not known what it does"),
    }
}

/// Whether a value is the one that has no influence: `false`, or `key=value` of an object.
fn is(value: &Value, harmless: &str) -> bool {
    let same = |value: &Value, text: &str| match value {
        Value::Bool(flag) => flag.to_string() == text,
        Value::String(other) => other.eq_ignore_ascii_case(text),
        _ => false,
    };
    match harmless.split_once('=') {
        Some((key, text)) => {
            let member = value
                .as_object()
                .and_then(|object| super::super::view::entry(object, key));
            member.is_some_and(|member| same(member, text))
        }
        None => same(value, harmless),
    }
}
