//! Azure Firewall, its policies, IP groups.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Ref;
use super::decode::{Names, Priority, record, words};
use crate::net::PortRange;

record! {
    /// An Azure Firewall.
    resource AzureFirewall {
        subnet: opt Ref, "subnet";
        private_ip_address: opt IpAddr, "privateIPAddress";
        public_ip_addresses: many Ref, "publicIPAddress" / "publicIPAddresses";
        sku: def FirewallSku = FirewallSku::Standard, "sku";
        firewall_policy: opt Ref, "firewallPolicy";
        provisioning_state: def FirewallState = FirewallState::Succeeded, "provisioningState";
        management_subnet: opt Ref, "managementSubnet";
        management_public_ip_address: opt Ref, "managementPublicIPAddress";
    }
}

words! {
    /// Whether a firewall runs.
    FirewallState { Succeeded = "Succeeded", Stopped = "Stopped", Failed = "Failed", Updating = "Updating", }
}

words! {
    /// The SKU of a firewall.
    FirewallSku { Basic = "Basic", Standard = "Standard", Premium = "Premium", }
}

record! {
    /// A firewall policy.
    resource FirewallPolicy {
        base_policy: opt Ref, "basePolicy";
        threat_intel_mode: opt ThreatIntelMode, "threatIntelMode";
        threat_intel_addresses: def Vec<IpNet>, "threatIntelAddresses";
        private_ranges: opt Vec<IpNet>, "privateRanges";
        rule_collection_groups: def Names<RuleCollectionGroup>, "ruleCollectionGroups";
        dns_proxy: opt bool, "dnsProxy";
        sku: opt FirewallSku, "sku";
    }
}

words! {
    /// What threat intelligence does.
    ThreatIntelMode { Off = "Off", Alert = "Alert", Deny = "Deny", }
}

record! {
    /// A group of rule collections (`firewall/rule-processing`).
    RuleCollectionGroup {
        priority: req Priority<100, 65000>, "priority";
        rule_collections: def Names<RuleCollection>, "ruleCollections";
    }
}

record! {
    /// A rule collection.
    RuleCollection {
        kind: req CollectionType, "type";
        priority: req Priority<100, 65000>, "priority";
        action: req CollectionAction, "action";
        rules: def Names<FirewallRule>, "rules";
    }
}

words! {
    /// What a collection's rules are.
    CollectionType { Network = "Network", Application = "Application", Nat = "Nat", }
}

words! {
    /// What a collection does.
    CollectionAction { Allow = "Allow", Deny = "Deny", Dnat = "Dnat" | "DNAT", }
}

record! {
    /// A rule of any type; which members it may have depends on its collection.
    FirewallRule {
        protocols: def Vec<String>, "protocols";
        source_addresses: many String, "sourceAddress" / "sourceAddresses";
        source_ip_groups: def Vec<Ref>, "sourceIpGroups";
        destination_addresses: many String, "destinationAddress" / "destinationAddresses";
        destination_ip_groups: def Vec<Ref>, "destinationIpGroups";
        destination_fqdns: def Vec<String>, "destinationFqdns";
        destination_ports: many PortRange, "destinationPort" / "destinationPorts";
        target_fqdns: def Vec<String>, "targetFqdns";
        fqdn_tags: def Vec<String>, "fqdnTags";
        target_urls: def Vec<String>, "targetUrls";
        web_categories: def Vec<String>, "webCategories";
        terminate_tls: def bool, "terminateTLS";
        translated_address: opt IpAddr, "translatedAddress";
        translated_fqdn: opt String, "translatedFqdn";
        translated_port: opt u16, "translatedPort";
    }
}
