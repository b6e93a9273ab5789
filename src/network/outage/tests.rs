//! Outages of the network that the tests of names use.

use super::*;
use crate::network::names::tests::sample;

fn down(names: &[&str]) -> Result<Network, Vec<OutageFault>> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    sample().with_down(&names)
}

fn stopped(network: &Network) -> Vec<&str> {
    let machines = network.machines.iter();
    let stopped = machines.filter(|(_, machine)| machine.power == PowerState::Stopped);
    stopped
        .map(|(_, machine)| &*machine.identity.name)
        .collect()
}

#[test]
fn machines_instances_and_sets_stop() {
    assert_eq!(
        stopped(&down(&["web-1", "api_1"]).unwrap()),
        ["web-1", "api_1"]
    );
    assert_eq!(stopped(&down(&["api"]).unwrap()), ["api_0", "api_1"]);
    let mut network = sample();
    network.machines[Id::new(0)].power = PowerState::Deallocated;
    let network = network.with_down(&["web-1".to_owned()]).unwrap();
    assert_eq!(network.machines[Id::new(0)].power, PowerState::Deallocated);
}

#[test]
fn a_peering_goes_down_on_both_sides() {
    let network = down(&["HUB/to-spoke"]).unwrap();
    let [here, there] = [Id::new(0), Id::new(1)].map(|id: Id<Peering>| &network.peerings[id]);
    assert_eq!(here.state, PeeringState::Disconnected);
    assert_eq!(there.state, PeeringState::Connected);
    assert!(!here.connected && !there.connected);
}

#[test]
fn zones_and_regions_go_down_whole() {
    assert_eq!(stopped(&down(&["zone/1"]).unwrap()).len(), 7);
    assert_eq!(stopped(&down(&["zone/West Europe/1"]).unwrap()).len(), 7);
    assert_eq!(stopped(&down(&["zone/2"]).unwrap()).len(), 0);
    let network = down(&["region/westeurope"]).unwrap();
    assert_eq!(stopped(&network).len(), 7);
    assert!(network.fixtures.iter().all(|(_, fixture)| fixture.down));
    assert!(network.gateways.iter().all(|(_, gateway)| gateway.down));
}

#[test]
fn platform_resources_circuits_and_hosts_go_down() {
    let network = down(&["vpngw", "er-1/primary", "hq", "www.bing.com", "nsg-web"]).unwrap();
    assert!(network.gateways[Id::new(0)].down && network.fixtures[Id::new(3)].down);
    let circuit = &network.circuits[Id::new(0)];
    assert!(!circuit.primary_up && circuit.secondary_up);
    assert_eq!(network.site_hosts[Id::new(0)].power, PowerState::Stopped);
    assert!(network.internet_hosts[Id::new(0)].down);
    assert!(!down(&["er-1"]).unwrap().circuits[Id::new(0)].up());
}

#[test]
fn every_name_that_is_nothing_is_reported() {
    let unknown = |name: &str, close: Option<&str>| {
        OutageFault::Unknown(name.to_owned(), close.map(str::to_owned))
    };
    assert_eq!(
        down(&[
            "web-2",
            "hub/to-spok",
            "er-1/primry",
            "region/westeurop",
            "zone/9",
            "shared"
        ])
        .err(),
        Some(vec![
            unknown("web-2", Some("web-1")),
            unknown("hub/to-spok", Some("hub/to-spoke")),
            unknown("er-1/primry", Some("er-1/primary")),
            unknown("region/westeurop", Some("region/westeurope")),
            unknown("zone/9", None),
            OutageFault::Ambiguous(
                "shared".to_owned(),
                vec![
                    "loadBalancers/shared".to_owned(),
                    "virtualMachines/shared".to_owned()
                ],
            ),
        ])
    );
}

#[test]
fn every_loss_is_named_as_it_is_put_out_of_order() {
    let network = sample();
    let found = network.outages();
    let names: Vec<&str> = found.iter().map(|own| &*own.name).collect();
    assert!(names.contains(&"hub/to-spoke") && names.contains(&"er-1/primary"));
    assert!(names.contains(&"zone/1") && names.contains(&"region/westeurope"));
    for own in &found {
        let after = network.with_down(std::slice::from_ref(&own.name));
        assert!(after.is_ok(), "{own:?}");
    }
}

#[test]
fn an_active_active_gateway_has_two_instances() {
    // vpn-gateway/highlyavailable: either carries on without the other.
    let mut network = sample();
    assert!(network.with_down(&["vpngw/IN_0".to_owned()]).is_err());
    network.gateways[Id::new(0)].active_active = true;
    let one = network.with_down(&["vpngw/in_0".to_owned()]).unwrap();
    assert!(!one.gateways[Id::new(0)].down);
    let both = one.with_down(&["vpngw/IN_1".to_owned()]).unwrap();
    assert!(both.gateways[Id::new(0)].down);
    let close = network.with_down(&["vpngw/IN_3".to_owned()]).err();
    assert_eq!(
        close,
        Some(vec![OutageFault::Unknown(
            "vpngw/IN_3".to_owned(),
            Some("vpngw/IN_0".to_owned())
        )])
    );
}
