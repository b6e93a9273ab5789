//! Coverage of small designs, and every change held against the same change made by an overlay.

use std::path::Path;

use serde_json::{Map, Value};

use super::mutate::{Fate, Trial};
use super::parts::{Edit, Part};
use super::{Asked, Written, judge};
use crate::check::{Options, Status};
use crate::load::{load, tree};
use crate::source::Segment;
use crate::spec::read::Input;

const DESIGN: &str = "
virtualNetworks:
  hub:
    addressSpace: 10.0.0.0/16
    subnets:
      web: { addressPrefix: 10.0.0.0/24, networkSecurityGroup: nsg-web, routeTable: rt }
      nva: { addressPrefix: 10.0.1.0/24 }
    peerings:
      to-spoke: { remoteVirtualNetwork: spoke, allowForwardedTraffic: true }
  spoke:
    addressSpace: 10.1.0.0/16
    subnets:
      db: { addressPrefix: 10.1.0.0/24 }
    peerings:
      to-hub: { remoteVirtualNetwork: hub, allowForwardedTraffic: true }
networkSecurityGroups:
  nsg-web:
    securityRules:
      allow-ssh: { priority: 100, direction: Inbound, access: Allow, protocol: Tcp, destinationPortRange: 22 }
      deny-telnet: { priority: 200, direction: Outbound, access: Deny, protocol: Tcp, destinationPortRange: 23 }
      never: { priority: 300, direction: Inbound, access: Deny, protocol: Udp }
routeTables:
  rt:
    routes:
      to-spoke: { addressPrefix: 10.1.0.0/16, nextHopType: VirtualAppliance, nextHopIpAddress: 10.0.1.4 }
      to-nowhere: { addressPrefix: 10.9.0.0/16, nextHopType: None }
virtualMachines:
  web: { networkInterface: { subnet: hub/web } }
  db: { networkInterface: { subnet: spoke/db } }
networkVirtualAppliances:
  fw:
    networkInterface: { subnet: hub/nva, privateIPAddress: 10.0.1.4, enableIPForwarding: true }
    forwarding:
      stateful: false
      defaultAction: Deny
      rules:
        sql: { action: Allow, protocol: Tcp, destinationPort: 1433 }
        dns: { action: Allow, protocol: Udp, destinationPort: 53 }
checks:
  sql: { source: web, destination: db, port: 1433, expect: Reachable }
  telnet: { source: web, destination: db, port: 23, expect: Unreachable }
ipFlows:
  ssh:
    { target: web, direction: Inbound, protocol: Tcp, local: \"10.0.0.4:22\", remote: \"10.0.1.4:50000\",
      expect: { access: Allow } }
";

const BOTH: Asked = Asked {
    coverage: true,
    mutation: true,
};

#[test]
fn what_no_check_comes_by_is_missed() {
    let inputs = [Input::Text {
        name: "design.yaml".to_owned(),
        text: DESIGN.to_owned(),
    }];
    let loaded = load(&inputs, &[]);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let written = Written {
        tree: &tree(&inputs, &[]),
        inputs: &inputs,
        down: &[],
    };
    let report = judge(&loaded, &Options::default(), &written, BOTH, &|_, _| {}).unwrap();
    assert!(report.holds());
    let coverage = report.coverage.as_ref().unwrap();
    let kinds = coverage.kinds.iter().map(|kind| {
        let missed = kind.missed.iter().map(|missed| &*missed.name);
        (kind.kind.word(), kind.total, missed.collect::<Vec<_>>())
    });
    // The reply comes back over the peering, past the appliance.
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            ("securityRule", 3, vec!["nsg-web/never"]),
            ("route", 2, vec!["rt/to-nowhere"]),
            ("peering", 2, vec![]),
            ("applianceRule", 2, vec!["fw/dns"]),
        ]
    );
    assert_eq!(coverage.total(), (6, 9));
    assert!(report.reaches(0) && !report.reaches(100));
    let mutation = report.mutation.unwrap();
    let survives = |name: &str, change: &str| {
        let mut all = mutation.survivors.iter();
        all.any(|own| own.name == name && own.change == change)
    };
    assert!(survives("nsg-web/never", "removed"));
    assert!(survives("nsg-web/never", "`access: Allow`"));
    assert!(survives("rt/to-nowhere", "removed"));
    // The appliance denies telnet as well, and the VNet's own rule allows ssh.
    assert!(survives("nsg-web/deny-telnet", "removed"));
    assert!(survives("nsg-web/allow-ssh", "removed"));
    assert!(!survives("nsg-web/allow-ssh", "`access: Deny`"));
    assert!(!survives("fw/sql", "removed"));
    assert!(!survives(
        "hub/to-spoke",
        "`allowVirtualNetworkAccess: false`"
    ));
    // No gateway is there whose transit a flag could allow.
    assert!(mutation.refused >= 2);
}

/// The overlay that makes a change.
fn overlay(part: &Part<'_>, edit: &Edit) -> String {
    let mut value = match edit {
        Edit::Remove => Value::Null,
        Edit::Set(key, word) => {
            let word = serde_json::from_str(word).unwrap_or_else(|_| Value::from(*word));
            Value::Object(Map::from_iter([((*key).to_owned(), word)]))
        }
    };
    for segment in part.path.segments().iter().rev() {
        if let Segment::Key(key) = segment {
            value = Value::Object(Map::from_iter([(key.to_string(), value)]));
        }
    }
    value.to_string()
}

/// Each change fares as it does where the files are loaded with it as an overlay, and all checks asked.
#[test]
fn a_change_is_an_overlay() {
    let mut fates = [0, 0, 0];
    for name in ["dmz", "two-regions", "nva-behind-lb", "hub-firewall"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("topologies")
            .join(name);
        let inputs = [Input::Path(folder)];
        let options = Options::default();
        let statuses = |overlays: &[Input]| -> Option<Vec<Status>> {
            let loaded = load(&inputs, overlays);
            if !loaded.is_sound() {
                return None;
            }
            let report = crate::check::judge(&loaded, &options).ok()?;
            Some(report.results.iter().map(|own| own.status).collect())
        };
        let before = statuses(&[]).unwrap();
        let loaded = load(&inputs, &[]);
        let tree = tree(&inputs, &[]);
        let written = Written {
            tree: &tree,
            inputs: &inputs,
            down: &[],
        };
        let trial = Trial {
            written: &written,
            options: &options,
            sources: &loaded.sources,
            exercised: &super::Exercised::default(),
            before: before.iter().map(|status| Some(*status)).collect(),
            progress: &|_, _| {},
        };
        for part in Part::all(&tree) {
            for edit in part.edits() {
                let text = overlay(&part, &edit);
                let after = statuses(&[Input::Text {
                    name: "overlay.json".to_owned(),
                    text: text.clone(),
                }]);
                let expected = match after {
                    None => Fate::Refused,
                    Some(after) if after == before => Fate::Survived,
                    Some(_) => Fate::Noticed,
                };
                fates[expected as usize] += 1;
                assert_eq!(trial.fate(&part, &edit), expected, "{name} {text}");
            }
        }
    }
    assert!(fates.iter().all(|count| *count > 3), "{fates:?}");
}
