//! What Azure has retired: Basic public addresses and load balancers (2025-09-30, `public-ip-addresses`,
//! `load-balancer/skus`), application gateways of the first generation (2026-04-28,
//! `application-gateway/v1-retirement`).

use super::Findings;
use super::subjects::at;
use super::survey::Survey;
use crate::diagnostic::{Code, Diagnostic};
use crate::network::{FixtureKind, Identity, PublicOwner};
use crate::spec::AddressSku;

const CLOSED: &str = "Standard, which is closed until a security group allows";

pub(super) fn find(survey: &Survey<'_, '_>, findings: &mut Findings) {
    let network = survey.network();
    let addresses = network
        .public_ips
        .iter()
        .filter(|(_, own)| own.sku == AddressSku::Basic);
    let addresses = addresses.map(|(_, own)| {
        // What a service has is open or closed by that service's own.
        let service = match network.public_owners.get(own.address) {
            Some(PublicOwner::Fixture(id, ..)) => {
                !matches!(network.fixtures[id].kind, FixtureKind::LoadBalancer(..))
            }
            _ => false,
        };
        let instead = if service { "Standard" } else { CLOSED };
        let what = "Basic public addresses on 2025-09-30";
        (&own.identity, what, instead)
    });
    let balancers = network
        .load_balancers
        .iter()
        .filter(|(_, own)| own.sku == AddressSku::Basic);
    let balancers =
        balancers.map(|(_, own)| (&own.identity, "Basic load balancers on 2025-09-30", CLOSED));
    let gateways = network
        .application_gateways
        .iter()
        .filter(|(_, own)| !own.v2);
    let gateways = gateways.map(|(_, own)| {
        (
            &own.identity,
            "application gateways v1 on 2026-04-28",
            "`Standard_v2` or `WAF_v2`",
        )
    });
    let all: Vec<(&Identity, &str, &str)> = addresses.chain(balancers).chain(gateways).collect();
    for (identity, what, instead) in all {
        let message = format!("`{}` has a SKU that Azure retires: {what}", identity.name);
        let finding = Diagnostic::new(Code::RetiredSku, message)
            .at(at(identity).key("sku"))
            .help(format!("move to {instead}"));
        findings.add(&*identity.name, finding);
    }
}
