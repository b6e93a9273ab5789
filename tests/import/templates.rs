//! Templates with their parameters: given, beside, none, of another; linked ones; what is read directly; answers by
//! hand; nothing secret.

use std::path::PathBuf;
use std::process::{Command, Output};

use dryhop::diagnostic::{render, render_concise};

use super::support::{
    counts, errors, import, import_text, left, load_files, load_text, own, same, shared, text,
    written,
};

fn site(name: &str) -> PathBuf {
    own("site").join(name)
}

fn dryhop(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dryhop"));
    command.env("LC_ALL", "C.UTF-8").env("NO_COLOR", "1");
    command.args(arguments).output().unwrap()
}

/// Runs checks over files, and expects that all hold.
fn holds(files: &[PathBuf]) {
    let names: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
    let found = dryhop(&[&["test"], names.as_slice()].concat());
    let shown = String::from_utf8_lossy(&found.stdout);
    let faults = String::from_utf8_lossy(&found.stderr);
    assert_eq!(found.status.code(), Some(0), "{names:?}\n{shown}{faults}");
}

// Each file says what its answers are derived from.
#[test]
fn answers_by_hand_of_real_templates() {
    let cases: &[(&str, &[&str])] = &[
        ("03-dmz-nsg", &[]),
        ("05-userdefined-routes-appliance", &[]),
        ("08-2-vms-internal-load-balancer", &[]),
        ("11-private-endpoint-sql", &[]),
        ("16-azurefirewall-sandbox-linux", &[]),
        ("20-hub-and-spoke-sandbox", &[]),
        ("23-ipv6-in-vnet-stdlb", &[]),
        (
            "24-mspnp-azure-hub-spoke",
            &["24-mspnp-azure-hub-spoke.parameters.json"],
        ),
    ];
    for (name, parameters) in cases {
        let Some(template) = shared(&format!("arm/{name}.json")) else {
            return;
        };
        let checks = own("arm").join(format!("{name}.checks.yaml"));
        let parameters = parameters.iter().map(|name| own("arm").join(name));
        let files: Vec<PathBuf> = [template].into_iter().chain(parameters).collect();
        holds(&[files.clone(), vec![checks.clone()]].concat());
        // The written file gives the same answers.
        let converted = import(&files);
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let copy = folder.join(format!("{name}.yaml"));
        std::fs::write(&copy, written(&converted, &[])).unwrap();
        holds(&[copy, checks]);
    }
    for name in [
        "27a-bicep-hub-and-spoke",
        "27b-bicep-hub-and-spoke-symbolicnames",
    ] {
        let Some(template) = shared(&format!("arm/{name}.json")) else {
            return;
        };
        holds(&[
            template,
            own("arm").join("27-bicep-hub-and-spoke.checks.yaml"),
        ]);
    }
}

// Two subnets, one group with four rules, one route of two, a NIC: the route that is left out has no prefix.
#[test]
fn parameters_lie_beside_or_are_given() {
    let beside = same(&[site("site.json")]);
    assert!(beside.is_sound());
    assert_eq!(counts(&beside), [1, 2, 1, 4, 1, 1, 0]);
    holds(&[site("site.json"), site("site.checks.yaml")]);
    let given = import(&[site("site.json"), site("site.parameters.json")]);
    assert_eq!(given.tree, import(&[site("site.json")]).tree);
    // In any order.
    let other = import(&[site("site.parameters.json"), site("site.json")]);
    assert_eq!(given.tree, other.tree);
}

#[test]
fn what_a_template_says_is_written_as_azure_writes_it() {
    let converted = import(&[site("site.json")]);
    let rule = "networkSecurityGroups|nsg-web|securityRules|allow-office";
    for (key, expected) in [
        ("direction", "Inbound"),
        ("access", "Allow"),
        ("protocol", "Tcp"),
        ("sourceAddressPrefix", "10.0.0.0/8"),
        ("destinationPortRange", "443"),
    ] {
        assert_eq!(text(&converted.tree, &format!("{rule}|{key}")), expected);
    }
    // `"false"` is no.
    let out = written(&converted, &[site("site.json")]);
    assert!(
        out.contains("nic-web: { subnet: vnet-office/web, enableAcceleratedNetworking: false }"),
        "{out}"
    );
    assert!(
        out.contains("# /resources/1; predicted: nextHopIpAddress\n  rt-web:"),
        "{out}"
    );
    assert!(
        out.contains("# /resources/4; predicted: privateIPAddress\n  fw:"),
        "{out}"
    );
    let listed = left(&converted);
    let route = "without it the rule or route would be about more, so it is left out";
    assert!(
        listed
            .iter()
            .any(|one| one.contains("routes.1") && one.ends_with(route)),
        "{listed:#?}"
    );
}

#[test]
fn predicted_addresses_are_assumed() {
    let loaded = load_files(&[site("site.json")]);
    let shown = render_concise(&loaded.diagnostics, &loaded.sources);
    assert!(shown.contains("assumed-address"), "{shown}");
    assert!(shown.contains("`rt-web`, `fw`"), "{shown}");
    // The place of the route table, behind comments and trailing commas.
    assert!(shown.contains("site.json:37:84"), "{shown}");
}

// Without parameters names still link, and what would be an address, a port or a prefix is left out and listed.
#[test]
fn placeholders_make_no_faults() {
    let template = std::fs::read_to_string(site("site.json")).unwrap();
    let converted = import_text(&template);
    let topology = written(&converted, &[PathBuf::from("input.json")]);
    let loaded = load_text(&topology);
    assert!(loaded.is_sound(), "{topology}");
    // The firewall's subnet is all that is known of the network; of the rules `by-key` and `deny-rest` are.
    assert_eq!(counts(&loaded), [1, 1, 1, 2, 1, 0, 0], "{topology}");
    assert_eq!(
        text(
            &converted.tree,
            "virtualNetworks|vnet-siteName|addressSpace"
        ),
        "10.0.9.0/26"
    );
    let listed = left(&converted);
    for expected in [
        "parameter `webPrefix`: it has no value and no default: `webPrefix` stands for it",
        "properties.subnets.0.properties.addressPrefix",
        "of `allow-office`, it rests on a parameter that has no value",
        "of `allow-ssh`, it rests on a parameter that has no value",
    ] {
        assert!(
            listed.iter().any(|one| one.contains(expected)),
            "{expected} in {listed:#?}"
        );
    }
    let direct = load_text(&template);
    assert_eq!(direct.topology, loaded.topology);
    assert!(direct.left > 0);
}

#[test]
fn every_real_template_loads_without_its_parameters() {
    for entry in shared("arm")
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
    {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".parameters.json") {
            continue;
        }
        let loaded = load_text(&std::fs::read_to_string(&path).unwrap());
        let bastion = path.to_string_lossy().contains("22-bastion");
        let expected: &[&str] = if bastion {
            &["special-subnet-rule"]
        } else {
            &[]
        };
        assert_eq!(errors(&loaded), expected, "{}", path.display());
    }
}

// All at once: each parameter file goes to the template that it is called after, whatever others it would fit.
#[test]
fn parameter_files_go_by_their_names() {
    let Some(folder) = shared("arm") else { return };
    let two = ["03-dmz-nsg", "23-ipv6-in-vnet-stdlb"];
    let files = two.iter().flat_map(|name| {
        let end = [".json", ".parameters.json"];
        end.map(|end| folder.join(format!("{name}{end}")))
    });
    let together = import(&files.collect::<Vec<_>>());
    assert!(together.left.is_empty(), "{:#?}", left(&together));
    assert_eq!(text(&together.tree, "virtualNetworks"), "VNet01 VNET");
}

#[test]
fn a_parameter_file_that_no_template_takes_is_a_fault() {
    let cases = [
        (
            vec!["site.json", "nobodys.parameters.json"],
            "the template `",
            "` has no parameter `sitePassword`",
        ),
        (
            vec!["nobodys.parameters.json"],
            "these are parameters, and no template is given",
            "",
        ),
    ];
    for (names, start, end) in cases {
        let files: Vec<PathBuf> = names.into_iter().map(site).collect();
        let loaded = load_files(&files);
        let shown = render(&loaded.diagnostics, &loaded.sources, false);
        assert!(!loaded.is_sound());
        assert!(shown.contains(start) && shown.contains(end), "{shown}");
        assert!(!shown.contains("canary"), "{shown}");
    }
}

#[test]
fn a_later_parameter_file_wins_and_that_is_listed() {
    let files = [
        site("site.json"),
        site("site.parameters.json"),
        site("other.parameters.json"),
    ];
    // `other` is called after no template, and fits.
    let converted = import(&files);
    assert_eq!(
        text(
            &converted.tree,
            "virtualNetworks|vnet-plant|subnets|web|addressPrefix"
        ),
        "10.0.2.0/24"
    );
    let listed = left(&converted);
    let said = listed
        .iter()
        .filter(|one| one.contains("gives another value, which is used"));
    assert_eq!(said.count(), 2, "{listed:#?}");
}

// The place is shown, and nothing of the line: the next thing on it may be a password.
#[test]
fn a_syntax_error_shows_its_place_only() {
    for (name, at) in [
        ("broken.json", "broken.json:4:97"),
        ("broken.parameters.json", "broken.parameters.json:4:66"),
    ] {
        let path = site(name);
        let imported = dryhop(&["import", path.to_str().unwrap()]);
        let loaded = load_files(&[path]);
        let shown = render(&loaded.diagnostics, &loaded.sources, false)
            + &render_concise(&loaded.diagnostics, &loaded.sources)
            + &String::from_utf8_lossy(&imported.stderr);
        assert_eq!(imported.status.code(), Some(2));
        assert!(
            shown.contains(at) && shown.contains("expected `,` or `}`"),
            "{shown}"
        );
        assert!(!shown.contains("canary"), "{shown}");
    }
    // One that lies beside is no less of a fault.
    let loaded = load_files(&[site("broken.json")]);
    let shown = render_concise(&loaded.diagnostics, &loaded.sources);
    assert!(
        shown.contains("the parameters beside it cannot be read"),
        "{shown}"
    );
}

#[test]
fn linked_templates_lie_beside() {
    let files = [site("regions.json")];
    let loaded = same(&files);
    assert_eq!(counts(&loaded), [1, 2, 0, 0, 0, 0, 0]);
    let out = written(&import(&files), &[site("regions.json")]);
    assert!(
        out.contains("linked/network.json /resources/0\n  linked:"),
        "{out}"
    );
    assert!(out.contains("s1: { addressPrefix: 10.7.1.0/24 }"), "{out}");
    assert!(
        out.contains("the linked template `absent.json` does not lie beside the file"),
        "{out}"
    );
    assert!(!out.contains("canary"), "{out}");
    // One that is given, too, is not deployed a second time.
    let all = [site("regions.json"), site("linked/network.json")];
    assert_eq!(import(&all).tree, import(&files).tree);
    // What a linked template leaves is told with the template that links it.
    assert!(loaded.left > 0);
}

#[test]
fn no_canary_of_a_template_gets_out() {
    let inputs: [&[&str]; 3] = [
        &["site.json"],
        &["site.json", "site.parameters.json", "other.parameters.json"],
        &["site.json", "nobodys.parameters.json"],
    ];
    for names in inputs {
        let files: Vec<PathBuf> = names.iter().map(|name| site(name)).collect();
        let converted = import(&files);
        let loaded = load_files(&files);
        let mut out = written(&converted, &[]);
        out.push_str(&format!("{converted:?}{:?}", loaded.topology));
        out.push_str(&render(&loaded.diagnostics, &loaded.sources, false));
        out.push_str(&render_concise(&loaded.diagnostics, &loaded.sources));
        let paths: Vec<&str> = files.iter().map(|path| path.to_str().unwrap()).collect();
        let question = [
            "--source",
            "web-1",
            "--destination",
            "198.51.100.7",
            "--port",
            "443",
        ];
        for format in ["text", "json"] {
            let end: &[&str] = &["--format", format];
            let found = dryhop(&[&["check"], paths.as_slice(), &question, end].concat());
            out.push_str(&String::from_utf8_lossy(&found.stdout));
            out.push_str(&String::from_utf8_lossy(&found.stderr));
        }
        assert!(!out.contains("canary"), "{names:?}: {out}");
        // A hidden value is no value of the topology either.
        assert!(!out.contains("***"), "{names:?}: {out}");
    }
}

#[test]
fn folders_and_standard_input() {
    let folder = own("site");
    let found = dryhop(&["import", folder.to_str().unwrap()]);
    let shown = String::from_utf8_lossy(&found.stderr);
    assert_eq!(found.status.code(), Some(2));
    assert!(
        shown.contains("is a folder") && shown.contains("site/*.json"),
        "{shown}"
    );
    let wrong = dryhop(&[
        "import",
        "--from",
        "az",
        site("site.json").to_str().unwrap(),
    ]);
    let shown = String::from_utf8_lossy(&wrong.stderr);
    assert!(
        shown.contains("is an ARM template (`--from arm`)"),
        "{shown}"
    );
    for from in [&["--from", "arm"][..], &[]] {
        let file = std::fs::File::open(site("site.json")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_dryhop"));
        let found = command
            .arg("import")
            .args(from)
            .arg("-")
            .stdin(file)
            .output()
            .unwrap();
        assert_eq!(found.status.code(), Some(0));
        // Nothing lies beside it.
        assert!(String::from_utf8_lossy(&found.stdout).contains("vnet-siteName:"));
    }
}
