//! Service tags: their content by the topology, by Microsoft's download, or by the little that is
//! published as an example (`virtual-network/service-tags-overview`).

use std::collections::HashMap;
use std::path::Path as Folder;

use ipnet::IpNet;
use serde::Deserialize;

use super::spot::Spot;
use super::{Resolver, fold};
use crate::diagnostic::{Code, Diagnostic};
use crate::net::{AddressSet, regions, tags};
use crate::network::{Id, ServiceTag};
use crate::spec;

/// Microsoft's download, as far as it is read.
#[derive(Deserialize)]
struct Download {
    values: Vec<Published>,
}

#[derive(Deserialize)]
struct Published {
    name: String,
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Properties {
    address_prefixes: Vec<String>,
}

/// The tags of a download, by folded name.
#[derive(Debug, Default)]
pub(super) struct Downloaded(HashMap<String, (String, Vec<IpNet>)>);

impl<'a> Resolver<'a> {
    /// Reads the download and takes in the topology's own tags.
    pub(super) fn service_tags(&mut self) {
        if let Some(file) = &self.topology.service_tags.file {
            self.read_download(file);
        }
        for (name, prefixes) in self.topology.service_tags.custom.iter() {
            if tags::platform(name).is_some() {
                let message = format!(
                    "the content of the service tag `{name}` is the platform's own and cannot be replaced"
                );
                let spot = Spot::of("serviceTags").key("custom").key(name);
                self.faults.push(
                    Diagnostic::new(Code::BadName, message)
                        .at_key(spot.path())
                        .help("leave it out, and write the prefixes that are meant in the rules"),
                );
                continue;
            }
            let id = self.network.tags.push(ServiceTag {
                name: name.into(),
                addresses: AddressSet::of(prefixes),
                prefixes: prefixes.clone(),
                complete: true,
            });
            self.tags_by_name.insert(fold(name), id);
        }
    }

    fn read_download(&mut self, file: &str) {
        let spot = Spot::of("serviceTags").key("file");
        let path = self.base.unwrap_or(Folder::new("")).join(file);
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                let fault = Diagnostic::new(
                    Code::Unreadable,
                    format!("`{file}` cannot be read: {}", reason(&error)),
                );
                self.faults.push(fault.at(spot.path()));
                return;
            }
        };
        let download: Download = match serde_json::from_str(&text) {
            Ok(download) => download,
            Err(error) => {
                let fault = Diagnostic::new(
                    Code::Syntax,
                    format!("`{file}` is not a list of service tags: {error}"),
                );
                let help = "Microsoft publishes one each week as `ServiceTags_Public_….json`";
                self.faults.push(fault.at(spot.path()).help(help));
                return;
            }
        };
        for published in download.values {
            let prefixes: Result<Vec<IpNet>, _> = (published.properties.address_prefixes.iter())
                .map(|text| text.parse::<IpNet>().map_err(|_| text))
                .collect();
            match prefixes {
                Ok(prefixes) => {
                    let entry = (published.name.clone(), prefixes);
                    self.downloaded.0.insert(fold(&published.name), entry);
                }
                Err(text) => {
                    let message = format!(
                        "`{text}` of `{}` in `{file}` is not an address prefix",
                        published.name
                    );
                    let fault = Diagnostic::new(Code::BadPrefix, message);
                    self.faults.push(fault.at(spot.path()));
                }
            }
        }
    }

    /// The published tag of this name; `None` where there is none.
    pub(super) fn known_tag(&mut self, name: &str) -> Option<Id<ServiceTag>> {
        let folded = fold(name);
        if let Some(id) = self.tags_by_name.get(&folded) {
            return Some(*id);
        }
        let tag = if let Some((name, prefixes)) = self.downloaded.0.get(&folded) {
            ServiceTag {
                name: name.as_str().into(),
                addresses: AddressSet::of(prefixes),
                prefixes: prefixes.clone(),
                complete: true,
            }
        } else if tags::is_known(name) {
            let addresses = tags::sample(name);
            ServiceTag {
                name: spelled(name).into(),
                prefixes: addresses.prefixes(),
                addresses,
                complete: false,
            }
        } else {
            return None;
        };
        let id = self.network.tags.push(tag);
        self.tags_by_name.insert(folded, id);
        Some(id)
    }

    /// The published tag that a text names; a fault where there is none.
    pub(super) fn tag(&mut self, name: &str, spot: Spot<'a>) -> Option<Id<ServiceTag>> {
        let tag = self.known_tag(name);
        if tag.is_none() {
            self.faults.push(unknown(name).at(spot.path()));
        }
        tag
    }

    /// Takes in the tags of a subnet's service endpoints, whose prefixes its routes have: the service's
    /// own and that of the region, where there is one.
    pub(super) fn name_endpoint_tags(&mut self, subnet: &spec::Subnet, region: Option<&str>) {
        for endpoint in &subnet.service_endpoints {
            let Some((_, tag)) = ENDPOINTS
                .iter()
                .find(|(service, _)| service.eq_ignore_ascii_case(endpoint))
            else {
                continue;
            };
            self.known_tag(tag);
            if let Some(region) = region {
                let region: String = region.split_whitespace().collect();
                self.known_tag(&format!("{tag}.{region}"));
            }
        }
    }
}

/// The tags of the services that have endpoints (`virtual-network-service-endpoints-overview`).
const ENDPOINTS: &[(&str, &str)] = &[
    ("Microsoft.Storage", "Storage"),
    ("Microsoft.Storage.Global", "Storage"),
    ("Microsoft.Sql", "Sql"),
    ("Microsoft.AzureCosmosDB", "AzureCosmosDB"),
    ("Microsoft.KeyVault", "AzureKeyVault"),
    ("Microsoft.ServiceBus", "ServiceBus"),
    ("Microsoft.EventHub", "EventHub"),
    ("Microsoft.Web", "AppService"),
    ("Microsoft.ContainerRegistry", "AzureContainerRegistry"),
    ("Microsoft.CognitiveServices", "CognitiveServicesFrontend"),
    ("Microsoft.AzureActiveDirectory", "AzureActiveDirectory"),
];

/// What is wrong with a name that is no tag: all of it, or the region only.
fn unknown(name: &str) -> Diagnostic {
    match name.rsplit_once('.') {
        Some((tag, region)) if tags::is_known(tag) => {
            let message = format!("`{region}` is not a region of the service tag `{tag}`");
            let hint = spec::decode::one_of(region, regions::names());
            let fault = Diagnostic::new(Code::UnknownServiceTag, message);
            if hint.starts_with("did you mean") {
                fault.help(hint)
            } else {
                fault.help("a region is written as in `Storage.WestEurope`")
            }
        }
        _ => spec::unknown_tag(name),
    }
}

/// A tag's name as Azure spells it; a region stays as written.
fn spelled(name: &str) -> String {
    let canonical = |text: &str| tags::names().find(|tag| tag.eq_ignore_ascii_case(text));
    if let Some(tag) = canonical(name) {
        return tag.to_owned();
    }
    match name.rsplit_once('.') {
        Some((tag, region)) => format!("{}.{region}", canonical(tag).unwrap_or(tag)),
        None => name.to_owned(),
    }
}

fn reason(error: &std::io::Error) -> &'static str {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file",
        std::io::ErrorKind::PermissionDenied => "it may not be read",
        std::io::ErrorKind::InvalidData => "it is not UTF-8 text",
        _ => "reading failed",
    }
}
