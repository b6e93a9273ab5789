//! What is found in the real definitions of `../shared/inputs` (repository, path, commit and licence of each in
//! MANIFEST.json there), read as they are: how often each code, or which faults keep a file from being loaded. Where
//! they are not there the test says so and is skipped. `UPDATE_FINDINGS=1 cargo test --test lint_inputs`.

#![allow(clippy::unwrap_used, reason = "a test may end so")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use dryhop::diagnostic::Severity;
use dryhop::lint::lint;
use dryhop::load::load;
use dryhop::spec::read::Input;

const EXPECTED: &str = "tests/expected-input-findings.txt";

/// The definitions, each with the files that it takes: a template with its parameters, one machine's exports together.
fn inputs(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let mut all: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for format in ["arm", "az-cli", "az-rest", "bicep-snapshot", "terraform"] {
        let files = fs::read_dir(folder.join(format)).unwrap();
        let mut files: Vec<PathBuf> = files.map(|own| own.unwrap().path()).collect();
        files.sort();
        for path in files {
            let name = path.file_name().unwrap().to_str().unwrap();
            let name = match name.split_once('-') {
                Some(("batfish", _)) => "batfish-*.json".to_owned(),
                _ => name.replace(".parameters.json", ".json"),
            };
            all.entry(format!("{format}/{name}"))
                .or_default()
                .push(path);
        }
    }
    all
}

#[test]
fn every_input_has_the_findings_that_are_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("../shared/inputs");
    if !folder.is_dir() {
        eprintln!("skipped: {} is not there", folder.display());
        return;
    }
    let mut came = String::new();
    for (name, files) in inputs(&folder) {
        let files: Vec<Input> = files.into_iter().map(Input::Path).collect();
        let loaded = load(&files, &[]);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let errors = loaded.diagnostics.iter().map(|own| own.code);
        let errors = errors.filter(|code| code.severity() == Severity::Error);
        let kind = if loaded.is_sound() { "" } else { "faulty, " };
        let found = match loaded.is_sound() {
            true => lint(&loaded.network, &loaded.sources).found,
            false => Vec::new(),
        };
        for code in errors.chain(found.iter().map(|own| own.diagnostic.code)) {
            *counts.entry(code.name()).or_default() += 1;
        }
        let counts = counts.iter().map(|(code, count)| format!("{code} {count}"));
        let counts: Vec<String> = counts.collect();
        let counts = match counts.is_empty() {
            true => "nothing".to_owned(),
            false => counts.join(", "),
        };
        writeln!(came, "{name} | {kind}{counts}").unwrap();
    }
    let listed = root.join(EXPECTED);
    if std::env::var_os("UPDATE_FINDINGS").is_some() {
        fs::write(&listed, &came).unwrap();
    }
    let expected = fs::read_to_string(&listed).unwrap_or_default();
    let expected: Vec<&str> = expected.lines().collect();
    let came: Vec<&str> = came.lines().collect();
    assert_eq!(came, expected, "findings differ from {EXPECTED}");
}

/// One subscription's export names what others have: nothing follows from that it is not there.
#[test]
fn a_part_of_what_there_is_is_not_all_of_it() {
    const OWN: &str = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/app/providers/Microsoft.Network";
    const OTHER: &str = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/hub/providers/Microsoft.Network";
    let export = r#"[
{"id":"OWN/virtualNetworks/spoke","addressSpace":{"addressPrefixes":["10.1.0.0/16"]},"location":"westeurope","subnets":[
  {"name":"app","addressPrefix":"10.1.1.0/24","routeTable":{"id":"OWN/routeTables/rt"}},
  {"name":"db","addressPrefix":"10.1.2.0/24","routeTable":{"id":"OTHER/routeTables/rt"}}],
 "virtualNetworkPeerings":[{"name":"to-hub","peeringState":"Connected","allowForwardedTraffic":true,
  "remoteVirtualNetwork":{"id":"OTHER/virtualNetworks/hub"},"remoteAddressSpace":{"addressPrefixes":["10.0.0.0/16"]}}]},
{"id":"OWN/routeTables/rt","location":"westeurope","routes":[{"name":"default","addressPrefix":"0.0.0.0/0","nextHopType":"VirtualAppliance","nextHopIpAddress":"10.0.1.4"}]},
{"id":"OWN/routeTables/rt-vans","location":"westeurope","subnets":[{"id":"OTHER/virtualNetworks/vans/subnets/a"}],"routes":[]},
{"id":"OWN/networkSecurityGroups/nsg-old","location":"westeurope","securityRules":[],"subnets":null},
{"id":"OWN/publicIPAddresses/pip","location":"westeurope","ipAddress":"20.1.2.3","sku":{"name":"Standard"}},
{"id":"OWN/networkInterfaces/nic","location":"westeurope","networkSecurityGroup":{"id":"OTHER/networkSecurityGroups/nsg"},
 "virtualMachine":{"id":"COMPUTE/virtualMachines/db-1"},
 "ipConfigurations":[{"name":"a","privateIPAddress":"10.1.2.4","subnet":{"id":"OWN/virtualNetworks/spoke/subnets/db"},"publicIPAddress":{"id":"OWN/publicIPAddresses/pip"}}]},
{"id":"COMPUTE/virtualMachines/db-1","location":"westeurope","networkProfile":{"networkInterfaces":[{"id":"OWN/networkInterfaces/nic"}]}}]"#;
    let compute = OWN.replace("Network", "Compute");
    let text = export
        .replace("OWN", OWN)
        .replace("OTHER", OTHER)
        .replace("COMPUTE", &compute);
    let name = "export.json".to_owned();
    let loaded = load(&[Input::Text { name, text }], &[]);
    assert!(loaded.is_sound(), "{:?}", loaded.diagnostics);
    let found = lint(&loaded.network, &loaded.sources).found;
    let found: Vec<&str> = found.iter().map(|own| &*own.diagnostic.message).collect();
    assert_eq!(
        found,
        ["`nsg-old` filters nothing: no subnet and no NIC has it"]
    );
}
