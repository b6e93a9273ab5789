//! What is stated of latency: regions, zones and resources must exist, and numbers mean something
//! (topology-format, `latency`).

use std::collections::HashSet;

use super::spot::Spot;
use super::{Resolver, fold};
use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::net::regions;
use crate::network::{ElementOverride, LatencySettings, region_name};
use crate::spec::Conditions;

/// Connection troubleshoot sends no more (the response table of its overview).
const MOST_PROBES: u16 = 100;

impl<'a> Resolver<'a> {
    /// The thresholds of CPU and memory are percentages.
    pub(super) fn thresholds(&mut self) {
        let settings = &self.topology.settings;
        let at = Spot::of("settings");
        self.within(settings.cpu_threshold, 100.0, at.key("cpuThreshold"));
        self.within(settings.memory_threshold, 100.0, at.key("memoryThreshold"));
    }

    /// The inputs of the latency model.
    pub(super) fn latency(&mut self) {
        let written = &self.topology.latency;
        let section = Spot::of("latency");
        let usual = LatencySettings::default();
        let mut made = LatencySettings {
            seed: written.seed.unwrap_or_default(),
            busy: written.conditions == Some(Conditions::Busy),
            probes: written.probes.as_ref().map_or(usual.probes, |probes| {
                (probes.reachable, probes.unreachable)
            }),
            ..usual
        };
        for (key, count) in [("reachable", made.probes.0), ("unreachable", made.probes.1)] {
            if !(1..=MOST_PROBES).contains(&count) {
                let message = format!("`{count}` is not a number from 1 to {MOST_PROBES}");
                let at = section.key("probes").key(key).path();
                self.faults
                    .push(Diagnostic::new(Code::WrongType, message).at(at));
            }
        }
        if let Some(loss) = written.loss_rate {
            made.loss_rate = self.within(loss, 1.0, section.key("lossRate"));
        }
        for (key, ms) in written.regions.iter() {
            let at = section.key("regions").key(key);
            let ms = self.within(*ms, f64::MAX, at);
            let pair = key
                .split_once('/')
                .map(|(from, to)| (region_name(from), region_name(to)));
            let Some((from, to)) = pair else {
                self.shape(key, "two regions as in `westeurope/northeurope`", at);
                continue;
            };
            if self.region(&from, at) && self.region(&to, at) {
                made.regions.insert((from, to), ms);
            }
        }
        for (key, ms) in written.zones.iter() {
            let at = section.key("zones").key(key);
            let ms = self.within(*ms, f64::MAX, at);
            let parts: Vec<&str> = key.split('/').collect();
            let [region, a, b] = parts.as_slice() else {
                self.shape(
                    key,
                    "a region and two of its zones as in `westeurope/1/3`",
                    at,
                );
                continue;
            };
            let region = region_name(region);
            if self.region(&region, at) {
                let (a, b) = if a <= b { (a, b) } else { (b, a) };
                made.zones
                    .insert((region, (*a).to_owned(), (*b).to_owned()), ms);
            }
        }
        let known = self.with_latency();
        for (key, element) in written.elements.iter() {
            let at = section.key("elements").key(key);
            if !known.contains(&fold(key)) {
                let fault = Diagnostic::new(
                    Code::UnresolvedReference,
                    format!("nothing that `{key}` names has a latency"),
                );
                let fault = fault.at_key(at.path());
                self.faults
                    .push(match suggest(key, known.iter().map(String::as_str)) {
                        Some(name) => fault.help(format!("did you mean `{name}`?")),
                        None => fault,
                    });
                continue;
            }
            let mut number = |value: Option<f64>, most: f64, name: &'static str| {
                value.map(|value| self.within(value, most, at.key(name)))
            };
            let stated = ElementOverride {
                load: number(element.load, f64::MAX, "load"),
                floor_ms: number(element.floor, f64::MAX, "floorMs"),
                excess_ms: number(element.excess, f64::MAX, "excessMs"),
                sigma: number(element.sigma, 10.0, "sigma"),
                loss: number(element.loss, 1.0, "loss"),
            };
            made.elements.insert(fold(key), stated);
        }
        self.network.latency = made;
    }

    /// The names of what may stand on a path, in lower case.
    fn with_latency(&self) -> HashSet<String> {
        let network = &self.network;
        let machines = network
            .machines
            .iter()
            .map(|(_, machine)| &machine.identity.name);
        let fixtures = network
            .fixtures
            .iter()
            .map(|(_, fixture)| &fixture.identity.name);
        let services = network
            .services
            .iter()
            .map(|(_, service)| &service.identity.name);
        let sites = network.sites.iter().map(|(_, site)| &site.name);
        let hosts = network.internet_hosts.iter().map(|(_, host)| &host.name);
        let all = machines
            .chain(fixtures)
            .chain(services)
            .chain(sites)
            .chain(hosts);
        all.map(|name| fold(name)).collect()
    }

    fn region(&mut self, region: &str, at: Spot<'a>) -> bool {
        let known = regions::names();
        if known.contains(&region) {
            return true;
        }
        let fault = Diagnostic::new(Code::UnknownWord, format!("`{region}` is not a region"))
            .at_key(at.path());
        self.faults
            .push(match suggest(region, known.iter().copied()) {
                Some(name) => fault.help(format!("did you mean `{name}`?")),
                None => fault,
            });
        false
    }

    fn shape(&mut self, key: &str, wanted: &str, at: Spot<'a>) {
        let fault = Diagnostic::new(Code::UnknownWord, format!("`{key}` is not {wanted}"));
        self.faults.push(fault.at_key(at.path()));
    }

    /// A number from 0 to `most`; 0 with a fault where it is not.
    pub(super) fn within(&mut self, number: f64, most: f64, at: Spot<'a>) -> f64 {
        if (0.0..=most).contains(&number) {
            return number;
        }
        let range = if most < f64::MAX {
            format!("a number from 0 to {most}")
        } else {
            "0 or more".to_owned()
        };
        let fault = Diagnostic::new(Code::WrongType, format!("`{number}` is not {range}"));
        self.faults.push(fault.at(at.path()));
        0.0
    }
}
