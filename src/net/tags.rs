//! Service tags: which there are, and what little of their content is known without Microsoft's download.
//!
//! Source: `virtual-network/service-tags-overview`; the sample prefixes hold the addresses that are
//! published as examples of ServiceTags_Public (2025-01-27).

use ipnet::IpNet;

use super::addresses::AddressSet;
use super::{METADATA, PROBE_V6, Protocol, ProtocolMatch, WIRE_SERVER, parse_prefix, regions};

/// Tags whose content Azure computes or defines itself, and which no download lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PlatformTag {
    /// The NIC's own world: its VNet, peers, what gateways and user routes add.
    VirtualNetwork,
    /// The source of health probes.
    AzureLoadBalancer,
    /// Public addresses outside the VNet.
    Internet,
    /// Azure's DNS.
    AzurePlatformDns,
    /// The metadata service.
    AzurePlatformImds,
    /// Windows licensing.
    AzurePlatformLkm,
}

impl PlatformTag {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        let mut known = PLATFORM.iter();
        known
            .find(|(_, tag)| *tag == self)
            .map_or("", |(name, _)| name)
    }

    /// Whether only rules for this very tag reach what it holds: Azure's own traffic.
    #[must_use]
    pub const fn is_platforms_own(self) -> bool {
        matches!(
            self,
            Self::AzurePlatformDns | Self::AzurePlatformImds | Self::AzurePlatformLkm
        )
    }

    /// The service that a platform's own tag is for, by protocol and port: what else its addresses serve,
    /// no rule for it is about.
    #[must_use]
    pub const fn service(self) -> Option<(ProtocolMatch, u16)> {
        match self {
            Self::AzurePlatformDns => Some((ProtocolMatch::Any, 53)),
            Self::AzurePlatformImds => Some((ProtocolMatch::Only(Protocol::Tcp), 80)),
            Self::AzurePlatformLkm => Some((ProtocolMatch::Only(Protocol::Tcp), 1688)),
            Self::VirtualNetwork | Self::AzureLoadBalancer | Self::Internet => None,
        }
    }
}

const PLATFORM: &[(&str, PlatformTag)] = &[
    ("VirtualNetwork", PlatformTag::VirtualNetwork),
    ("VIRTUAL_NETWORK", PlatformTag::VirtualNetwork),
    ("AzureLoadBalancer", PlatformTag::AzureLoadBalancer),
    ("AZURE_LOADBALANCER", PlatformTag::AzureLoadBalancer),
    ("Internet", PlatformTag::Internet),
    ("AzurePlatformDNS", PlatformTag::AzurePlatformDns),
    ("AzurePlatformIMDS", PlatformTag::AzurePlatformImds),
    ("AzurePlatformLKM", PlatformTag::AzurePlatformLkm),
];

/// The services that have a tag, without regions.
const SERVICES: &[&str] = &[
    "ActionGroup",
    "ApiManagement",
    "AppConfiguration",
    "ApplicationInsightsAvailability",
    "AppService",
    "AppServiceManagement",
    "AutonomousDevelopmentPlatform",
    "AzureActiveDirectory",
    "AzureActiveDirectoryDomainServices",
    "AzureAdvancedThreatProtection",
    "AzureAPIForFHIR",
    "AzureArcInfrastructure",
    "AzureAttestation",
    "AzureAutomation",
    "AzureBackup",
    "AzureBotService",
    "AzureCloud",
    "AzureCognitiveSearch",
    "AzureConnectors",
    "AzureContainerAppsService",
    "AzureContainerRegistry",
    "AzureCosmosDB",
    "AzureDatabricks",
    "AzureDataExplorerManagement",
    "AzureDataLake",
    "AzureDeviceUpdate",
    "AzureDevOps",
    "AzureDevSpaces",
    "AzureDigitalTwins",
    "AzureEventGrid",
    "AzureFrontDoor",
    "AzureFrontDoor.Backend",
    "AzureFrontDoor.FirstParty",
    "AzureFrontDoor.Frontend",
    "AzureFrontDoor.MicrosoftSecurity",
    "AzureHealthcareAPIs",
    "AzureInformationProtection",
    "AzureIoTHub",
    "AzureKeyVault",
    "AzureLoadTestingInstanceManagement",
    "AzureMachineLearning",
    "AzureMachineLearningInference",
    "AzureManagedGrafana",
    "AzureMonitor",
    "AzureMonitorForSAP",
    "AzureOpenDatasets",
    "AzureOpsManagement",
    "AzureOracle",
    "AzurePortal",
    "AzureResourceManager",
    "AzureSecurityCenter",
    "AzureSentinel",
    "AzureSignalR",
    "AzureSiteRecovery",
    "AzureSphere",
    "AzureSphereSecureService_Prod",
    "AzureSpringCloud",
    "AzureStack",
    "AzureTrafficManager",
    "AzureUpdateDelivery",
    "AzureVideoIndexer",
    "AzureVirtualDesktop",
    "AzureWebPubSub",
    "BatchNodeManagement",
    "ChaosStudio",
    "CognitiveServicesFrontend",
    "CognitiveServicesManagement",
    "DataFactory",
    "DataFactoryManagement",
    "Dynamics365BusinessCentral",
    "Dynamics365ForMarketingEmail",
    "EOPExternalPublishedIPs",
    "EventHub",
    "GatewayManager",
    "GenevaActions",
    "Grafana",
    "GuestAndHybridManagement",
    "HDInsight",
    "KustoAnalytics",
    "LogicApps",
    "LogicAppsManagement",
    "M365ManagementActivityApi",
    "M365ManagementActivityApiWebhook",
    "Marketplace",
    "MicrosoftAzureFluidRelay",
    "MicrosoftCloudAppSecurity",
    "MicrosoftContainerRegistry",
    "MicrosoftDefenderForEndpoint",
    "MicrosoftPurviewPolicyDistribution",
    "OfficeEXOExternalPublishedIPs",
    "Office365.Common",
    "Office365.Exchange",
    "Office365.SharePoint",
    "Office365.Skype",
    "OneDsCollector",
    "PowerBI",
    "PowerPlatformInfra",
    "PowerPlatformPlex",
    "PowerQueryOnline",
    "Scuba",
    "SecurityCopilot",
    "SerialConsole",
    "ServiceBus",
    "ServiceFabric",
    "Sql",
    "SqlManagement",
    "Storage",
    "StorageMover",
    "StorageSyncService",
    "TrafficManager",
    "VideoIndexer",
    "WindowsAdminCenter",
    "WindowsVirtualDesktop",
];

/// Prefixes published as examples: never the whole of a tag.
const SAMPLE: &[(&str, &[&str])] = &[
    ("Storage", &["20.60.0.0/24", "52.239.160.0/24"]),
    ("Storage.EastUS", &["20.60.0.0/24"]),
    ("Storage.WestUS", &["52.239.160.0/24"]),
    ("Sql", &["40.78.225.0/24"]),
    ("Sql.EastUS", &["40.78.225.0/24"]),
    (
        "AzureCloud",
        &[
            "20.60.0.0/24",
            "52.239.160.0/24",
            "40.78.225.0/24",
            "13.89.0.0/24",
        ],
    ),
    ("AzureCloud.eastus", &["20.60.0.0/24", "40.78.225.0/24"]),
    ("AzureCloud.westus", &["52.239.160.0/24"]),
    ("AzureCloud.centralus", &["13.89.0.0/24"]),
    (
        "AzureFrontDoor.FirstParty",
        &["13.107.21.200/32", "204.79.197.200/32", "150.171.30.10/32"],
    ),
];

/// The tag of the platform that `name` spells, without case.
#[must_use]
pub fn platform(name: &str) -> Option<PlatformTag> {
    PLATFORM
        .iter()
        .find(|(tag, _)| tag.eq_ignore_ascii_case(name))
        .map(|(_, tag)| *tag)
}

/// Whether Azure has a tag of this name, with or without a region.
#[must_use]
pub fn is_known(name: &str) -> bool {
    let service = |text: &str| SERVICES.iter().any(|tag| tag.eq_ignore_ascii_case(text));
    platform(name).is_some()
        || service(name)
        || name
            .rsplit_once('.')
            .is_some_and(|(base, region)| service(base) && regions::in_tags(region))
}

/// Every tag without regions, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    PLATFORM
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !name.contains('_'))
        .chain(SERVICES.iter().copied())
}

/// What is known of a published tag's content without a download; never all of it.
#[must_use]
pub fn sample(name: &str) -> AddressSet {
    let found = SAMPLE
        .iter()
        .find(|(tag, _)| tag.eq_ignore_ascii_case(name));
    found.map(|(_, prefixes)| set(prefixes)).unwrap_or_default()
}

/// The content of a platform tag that is the same for every NIC; `None` for the two that are not.
#[must_use]
pub fn fixed(tag: PlatformTag) -> Option<AddressSet> {
    match tag {
        PlatformTag::VirtualNetwork | PlatformTag::Internet => None,
        PlatformTag::AzureLoadBalancer => Some(AddressSet::of_addresses([WIRE_SERVER, PROBE_V6])),
        PlatformTag::AzurePlatformDns => Some(AddressSet::of_addresses([WIRE_SERVER])),
        PlatformTag::AzurePlatformImds => Some(AddressSet::of_addresses([METADATA])),
        PlatformTag::AzurePlatformLkm => Some(set(&[
            "20.118.99.224/32",
            "40.83.235.53/32",
            "23.102.135.246/32",
        ])),
    }
}

/// The addresses of the public Internet: the `Internet` tag before a VNet's own ranges are taken out.
/// Its exact list is not published; `service-tags-overview` gives what its excerpts imply.
#[must_use]
pub fn internet() -> AddressSet {
    let unicast = set(&[
        "1.0.0.0/8",
        "2.0.0.0/7",
        "4.0.0.0/6",
        "8.0.0.0/5",
        "16.0.0.0/4",
        "32.0.0.0/3",
        "64.0.0.0/2",
        "128.0.0.0/2",
        "192.0.0.0/3",
        "2000::/3",
    ]);
    let out = set(&[
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "168.63.129.16/32",
    ]);
    unicast.difference(&out)
}

fn set(prefixes: &[&str]) -> AddressSet {
    prefixes
        .iter()
        .filter_map(|text| parse_prefix(text).ok())
        .collect::<Vec<IpNet>>()
        .into_iter()
        .collect()
}
