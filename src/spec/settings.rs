//! Defaults, settings, service tags, latency: what concerns the whole topology.

use ipnet::IpNet;

use super::decode::{Names, record, words};

record! {
    /// What resources take where they do not say it.
    #[derive(Default)]
    Defaults {
        subscription: opt String, "subscription";
        resource_group: opt String, "resourceGroup";
        location: opt String, "location";
    }
}

words! {
    /// Whether direct mail to the Internet passes, which depends on the subscription's offer.
    OutboundSmtp { Allowed = "allowed", Blocked = "blocked", }
}

words! {
    /// Which reserved ranges have a route to None.
    ReservedRoutes { Documented = "documented", Observed = "observed", }
}

record! {
    /// What Azure leaves undocumented.
    Settings {
        internet_reaches_unlisted_addresses: def bool = true, "internetReachesUnlistedAddresses";
        outbound_smtp: def OutboundSmtp = OutboundSmtp::Allowed, "outboundSmtp";
        cpu_threshold: def f64 = 90.0, "cpuThreshold";
        memory_threshold: def f64 = 90.0, "memoryThreshold";
        reserved_routes: def ReservedRoutes = ReservedRoutes::Documented, "reservedRoutes";
        virtual_network_tag_takes_default_route: def bool = true, "virtualNetworkTagTakesDefaultRoute";
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            internet_reaches_unlisted_addresses: true,
            outbound_smtp: OutboundSmtp::Allowed,
            cpu_threshold: 90.0,
            memory_threshold: 90.0,
            reserved_routes: ReservedRoutes::Documented,
            virtual_network_tag_takes_default_route: true,
        }
    }
}

record! {
    /// Where the content of service tags comes from.
    #[derive(Default)]
    ServiceTags {
        file: opt String, "file";
        custom: def Names<Vec<IpNet>>, "custom";
    }
}

words! {
    /// Which percentile of a path's published latency is its floor.
    Conditions { Typical = "typical", Busy = "busy", }
}

record! {
    /// The latency model's inputs; times in milliseconds.
    #[derive(Default)]
    Latency {
        seed: opt u64, "seed";
        conditions: opt Conditions, "conditions";
        regions: def Names<f64>, "regions";
        zones: def Names<f64>, "zones";
        elements: def Names<LatencyElement>, "elements";
        probes: opt Probes, "probes";
        loss_rate: opt f64, "lossRate";
    }
}

record! {
    /// What is known of one element's latency; times in milliseconds, the rest as fractions.
    LatencyElement {
        load: opt f64, "load";
        floor: opt f64, "floorMs";
        excess: opt f64, "excessMs";
        sigma: opt f64, "sigma";
        loss: opt f64, "loss";
    }
}

record! {
    /// How many probes a check sends.
    Probes {
        reachable: def u16 = 66, "reachable";
        unreachable: def u16 = 30, "unreachable";
    }
}
