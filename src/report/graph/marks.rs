//! Marks of a comparison or of a failure: their ends are found by name, those between the same ends are one.

use super::build::Builder;
use super::scene::{Mark, PlacedMark};
use crate::network::{Endpoint, Place};

/// Adds marks. An end that is nothing that is drawn gets a node of its own.
pub(super) fn draw(builder: &mut Builder<'_>, marks: &[Mark]) {
    for mark in marks {
        let from = end(builder, &mark.from);
        let to = mark.to.as_ref().map(|name| end(builder, name));
        let placed = &mut builder.scene.marks;
        let same =
            |own: &&mut PlacedMark| own.kind == mark.kind && own.from == from && own.to == to;
        if let Some(known) = placed.iter_mut().find(same) {
            if !mark.label.is_empty() {
                known.label = format!("{}, {}", known.label, mark.label);
            }
            builder.scene.numbers.push(known.number);
            continue;
        }
        placed.push(PlacedMark {
            number: placed.len() + 1,
            kind: mark.kind,
            from,
            to,
            label: mark.label.clone(),
        });
        builder.scene.numbers.push(builder.scene.marks.len());
    }
}

fn end(builder: &mut Builder<'_>, name: &str) -> String {
    let network = builder.network;
    let known = match network.endpoint(name) {
        Ok(Endpoint::Nic(id)) => builder.nics.get(&id),
        Ok(Endpoint::ScaleSet(id)) => {
            let first = network.scale_sets[id].instances.first();
            first.and_then(|first| builder.nics.get(&network.machines[*first].primary_nic))
        }
        Ok(Endpoint::Fixture(id)) => builder.fixtures.get(&id),
        Ok(Endpoint::SiteHost(id)) => builder.site_hosts.get(&id),
        Ok(Endpoint::Site(id)) => builder.sites.get(&id),
        Ok(Endpoint::InternetHost(id)) => builder.hosts.get(&Place::InternetHost(id)),
        Ok(Endpoint::Service(id)) => builder.services.get(&id),
        Ok(Endpoint::VpnClient(gateway, address)) => builder.clients.get(&(gateway, address)),
        Ok(Endpoint::Internet) => return builder.internet(),
        Ok(Endpoint::Address(_) | Endpoint::Fqdn(_) | Endpoint::Uri { .. }) | Err(_) => None,
    };
    let known = known.cloned();
    let known = known.or_else(|| builder.scene.find(name).map(str::to_owned));
    known.unwrap_or_else(|| builder.stranger(name, ""))
}
