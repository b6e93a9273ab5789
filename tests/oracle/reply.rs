//! The way back: routed on its own, let through where the request was seen (routing §11, security 3.3).

use super::appliance::{egress, emits};
use super::balance;
use super::choice::Choices;
use super::model::{Hop, Model, Packet, Way};
use super::routes::{Owner, neighbour_at};
use super::rules::{filter, verdict};
use super::sites::{self, Onward};
use super::walk::{Device, End, Next, Walk, cross, shut_to_firewall, step};
use std::net::Ipv4Addr;

/// The resources that the reply passes, from the destination back to the source; or why it is lost. And
/// the choices that were made on its way.
pub fn walk(request: &Walk<'_>, choices: Choices) -> (Result<Vec<String>, String>, Choices) {
    let mut reply = Reply {
        choices,
        request,
        hops: Vec::new(),
        met: vec![false; request.passages.len()],
        arrivals: Vec::new(),
    };
    let outcome = reply.all();
    (outcome.map(|()| reply.hops), reply.choices)
}

struct Reply<'w, 'm> {
    choices: Choices,
    request: &'w Walk<'m>,
    hops: Vec<String>,
    met: Vec<bool>,
    arrivals: Vec<(Owner, Packet)>,
}

impl Reply<'_, '_> {
    fn all(&mut self) -> Result<(), String> {
        let request = self.request;
        match request.end {
            Some(End::Nic(nic, packet)) => {
                self.hops.push(request.model.machine(nic).name.clone());
                self.leave(nic, packet.reply())?;
            }
            Some(End::Site(host, packet)) => {
                self.hops.push(request.model.site_hosts[host].name.clone());
                self.site_answers(request.model.site_hosts[host].site, packet.reply())?;
            }
            Some(End::Endpoint(id, packet)) => {
                self.hops.push(request.model.endpoints[id].name.clone());
                return self.endpoint_answers(id, packet.reply());
            }
            Some(End::Outside) => {
                self.hops.extend(request.hops.last().cloned());
                self.back_in()?;
            }
            None => return Err("the request does not arrive".to_owned()),
        }
        self.all_met()
    }

    /// 9.4: an endpoint answers directly what is in its VNet or in a direct peer; what else there is gets its
    /// reply by what gave the endpoint the request: by an appliance or a firewall, else by the gateway from
    /// which its VNet learns it, no matter the subnet's table.
    fn endpoint_answers(&mut self, id: usize, packet: Packet) -> Result<(), String> {
        let model = self.request.model;
        let endpoint = &model.endpoints[id];
        let near = (0..model.vnets.len())
            .filter(|vnet| *vnet == endpoint.vnet || model.peering(endpoint.vnet, *vnet).is_some())
            .any(|vnet| model.in_space(vnet, packet.destination));
        if !near {
            let hops = &self.request.hops;
            let before = hops.len().checked_sub(2).and_then(|at| hops.get(at));
            let by_gateway = self.request.gateways.last();
            let by_gateway = by_gateway.filter(|(id, _)| before == Some(&model.gateways[*id].name));
            match (by_gateway, self.request.giver) {
                (None, Some(Owner::Nic(nic))) => self.arrive(nic, packet)?,
                (None, Some(Owner::Firewall(id))) => self.at_firewall(id, packet, false)?,
                (None, _) => return Err("the request came by nothing".to_owned()),
                (Some((last, _)), _) => {
                    let best = best_gateway(model, endpoint.vnet, packet.destination);
                    self.at_gateway(best.unwrap_or(*last), packet, false)?;
                }
            }
            return self.all_met();
        }
        match neighbour_at(model, endpoint.vnet, packet.destination) {
            Some(Owner::Nic(nic)) => {
                let there = model.peering(model.nics[nic].vnet, endpoint.vnet);
                if there.is_some_and(|side| !side.access || side.subnets.is_some()) {
                    self.request.unsure.set(true);
                }
                self.arrive(nic, packet)?;
            }
            Some(Owner::Firewall(id)) => self.at_firewall(id, packet, false)?,
            _ => {
                self.request.unsure.set(true);
                return Err("nobody there".to_owned());
            }
        }
        self.all_met()
    }

    fn all_met(&self) -> Result<(), String> {
        let request = self.request;
        let mut passages = request.passages.iter().zip(&self.met);
        let missed = passages.find(|(passage, met)| passage.stateful && !**met);
        missed.map_or(Ok(()), |(passage, _)| {
            let name = match passage.by {
                Device::Machine(machine) => &request.model.machines[machine].name,
                Device::Firewall(id) => &request.model.firewalls[id].name,
            };
            Err(format!("{name} does not see the reply"))
        })
    }

    /// From the Internet back to what sent the request there, or to the source outside.
    fn back_in(&mut self) -> Result<(), String> {
        match self.request.left {
            Some((Owner::Firewall(id), packet)) => self.at_firewall(id, packet.reply(), true),
            Some((Owner::Nic(nic), packet)) => self.arrive(nic, packet.reply()),
            _ => {
                self.hops.extend(self.request.hops.first().cloned());
                Ok(())
            }
        }
    }

    /// A NIC that has seen the request lets its reply through; any other judges it as a new flow.
    fn judged(&self, nic: usize, way: Way, packet: Packet) -> Result<(), String> {
        let model = self.request.model;
        let known = self.request.seen.contains(&(nic, packet.reply()));
        if known || verdict(model, nic, way, packet).allow {
            Ok(())
        } else {
            Err(format!("denied {way:?} at {}", model.nics[nic].name))
        }
    }

    fn leave(&mut self, nic: usize, packet: Packet) -> Result<(), String> {
        let model = self.request.model;
        self.judged(nic, Way::Outbound, packet)?;
        let me = Owner::Nic(nic);
        let next = step(
            model,
            me,
            me.place(model),
            packet.destination,
            &mut self.choices,
        );
        let next = next.map_err(|fault| format!("{fault:?}"))?;
        if matches!(next, Next::Internet) {
            return self.out(me, packet);
        }
        // What a load balancer has translated goes back under the frontend's address.
        let mut translated = self.request.translated.iter();
        let before = translated.find(|(at, _, after)| *at == nic && *after == packet.reply());
        // Which member gets the reply of a flow that a frontend itself has taken is not said.
        if let (Some(_), Next::Owner(Owner::Frontend(..))) = (before, &next) {
            self.request.unsure.set(true);
        }
        let packet = before.map_or(packet, |(_, before, _)| before.reply());
        self.deliver(me, &next, packet)
    }

    /// 6.4: what came in by a public address goes back by it.
    fn out(&mut self, from: Owner, packet: Packet) -> Result<(), String> {
        let known = self.request.entered == Some((from, packet.reply()));
        let mut hosts = self.request.model.hosts.iter();
        let to_source = hosts.any(|host| host.address == packet.destination);
        match (known, to_source) {
            // What the request left by as well is no matter to who sent it in.
            (true, true) => {
                self.hops.extend(self.request.hops.first().cloned());
                Ok(())
            }
            (true, false) => self.back_in(),
            (false, _) => Err("leaves by the Internet".to_owned()),
        }
    }

    /// From a NIC or a firewall to what is next.
    fn deliver(&mut self, from: Owner, next: &Next, packet: Packet) -> Result<(), String> {
        let model = self.request.model;
        let mut to = match next {
            Next::Owner(to) => *to,
            Next::Internet => return self.out(from, packet),
        };
        match to {
            Owner::Gateway(gateway) => {
                sites::beside(self.request, from, gateway, packet);
                return self.at_gateway(gateway, packet, false);
            }
            Owner::Endpoint(_) => return Err("to an endpoint".to_owned()),
            Owner::Frontend(balancer, frontend) => {
                to = Owner::Nic(self.balanced(from, balancer, frontend, packet)?);
            }
            Owner::Nic(_) | Owner::Firewall(_) => {}
        }
        if shut_to_firewall(model, from, to) {
            self.request.unsure.set(true);
        }
        if let Some(fault) = cross(model, from, to, packet) {
            return Err(format!("{fault:?}"));
        }
        match to {
            Owner::Firewall(id) => self.at_firewall(id, packet, false),
            other => self.arrive(other.nic().unwrap_or_default(), packet),
        }
    }

    /// 8.7: a firewall knows the replies to what it let through, and takes nothing else that is one. What
    /// it sent under its public address comes back to that, from the Internet.
    fn at_firewall(&mut self, id: usize, packet: Packet, outside: bool) -> Result<(), String> {
        let request = self.request;
        let (firewall, me) = (&request.model.firewalls[id], Owner::Firewall(id));
        self.met_before(me, packet)?;
        self.hops.push(firewall.name.clone());
        let mut passages = request.passages.iter();
        let known = passages
            .position(|p| p.by == Device::Firewall(id) && p.after == packet.reply())
            .filter(|_| outside == (request.left == Some((me, packet.reply()))))
            .ok_or_else(|| format!("{} sees only the reply", firewall.name))?;
        self.met[known] = true;
        let onward = request.passages[known].before.reply();
        let next = step(
            request.model,
            me,
            (firewall.vnet, firewall.subnet),
            onward.destination,
            &mut self.choices,
        );
        let next = next.map_err(|fault| format!("{fault:?}"))?;
        self.deliver(me, &next, onward)
    }

    fn met_before(&mut self, at: Owner, packet: Packet) -> Result<(), String> {
        if self.arrivals.contains(&(at, packet)) {
            return Err("loop".to_owned());
        }
        self.arrivals.push((at, packet));
        Ok(())
    }

    /// From a site into Azure.
    fn site_answers(&mut self, site: usize, packet: Packet) -> Result<(), String> {
        let gateway = sites::site_sends(self.request.model, site, packet.destination)
            .map_err(|fault| format!("{fault:?}"))?;
        self.at_gateway(gateway, packet, true)
    }

    fn at_gateway(&mut self, id: usize, packet: Packet, from_site: bool) -> Result<(), String> {
        let model = self.request.model;
        self.hops.push(model.gateways[id].name.clone());
        let onward = sites::onward(self.request, id, packet, from_site)
            .map_err(|fault| format!("{fault:?}"))?;
        match onward {
            Onward::Site(site) => {
                let source = self.request.site.map(|host| &model.site_hosts[host]);
                let home = source.filter(|host| host.site == site);
                let known = packet == self.request.origin.reply();
                let host = home
                    .filter(|_| known)
                    .ok_or("the site does not know the flow")?;
                self.hops.push(host.name.clone());
                Ok(())
            }
            Onward::Owner(Owner::Nic(nic)) => self.arrive(nic, packet),
            Onward::Owner(Owner::Frontend(balancer, frontend)) => {
                let member = self.balanced(Owner::Gateway(id), balancer, frontend, packet)?;
                self.arrive(member, packet)
            }
            Onward::Owner(Owner::Firewall(firewall)) => self.at_firewall(firewall, packet, false),
            Onward::Owner(Owner::Endpoint(_)) => Err("to an endpoint".to_owned()),
            Onward::Owner(Owner::Gateway(_)) => Err("from gateway to gateway".to_owned()),
        }
    }

    /// The member to which a load balancer on the way gives a reply: the one that has had the request
    /// (3.11), else any of them.
    fn balanced(
        &mut self,
        sender: Owner,
        balancer: usize,
        frontend: usize,
        packet: Packet,
    ) -> Result<usize, String> {
        let request = self.request;
        let (nic, (vnet, _)) = (sender.nic(), sender.place(request.model));
        let members = balance::as_next_hop(request, vnet, balancer, frontend, packet)
            .map_err(|fault| format!("{fault:?}"))?;
        let same = |of: Packet| of == packet.reply() || of == packet;
        let mut balanced = request.balanced.iter();
        if let Some((_, _, member)) = balanced.find(|(by, of, _)| *by == balancer && same(*of)) {
            return match Some(*member) == nic {
                true => Err("a member sends to itself".to_owned()),
                false => Ok(*member),
            };
        }
        if request.balanced.iter().any(|(by, _, _)| *by == balancer) {
            request.unsure.set(true);
        }
        let member = members[self.choices.pick(members.len())];
        if Some(member) == nic {
            return Err("a member sends to itself".to_owned());
        }
        Ok(member)
    }

    fn arrive(&mut self, nic: usize, packet: Packet) -> Result<(), String> {
        let model = self.request.model;
        self.met_before(Owner::Nic(nic), packet)?;
        let machine = model.machine(nic);
        self.hops.push(machine.name.clone());
        if !machine.running {
            return Err(format!("{} does not run", machine.name));
        }
        self.judged(nic, Way::Inbound, packet)?;
        let own = &model.nics[nic];
        let is_own = packet.destination == own.address;
        if is_own && packet == self.request.origin_at_source().reply() {
            return Ok(());
        }
        let mut nics = machine.nics.iter();
        if !is_own && nics.any(|nic| model.nics[*nic].address == packet.destination) {
            self.request.unsure.set(true);
        }
        if !is_own && !own.ip_forwarding {
            return Err(format!("{} does not take foreign packets", own.name));
        }
        let passages = &self.request.passages;
        let known = passages
            .iter()
            .position(|p| p.by == Device::Machine(own.machine) && p.after == packet.reply());
        let onward = if let Some(passage) = known {
            self.met[passage] = true;
            passages[passage].before.reply()
        } else if is_own {
            return Err(format!("{} knows no such flow", machine.name));
        } else {
            let forwarding = machine.forwarding.as_ref().filter(|f| f.enabled);
            let forwarding = forwarding.ok_or("the guest does not forward")?;
            if forwarding.stateful {
                return Err(format!("{} sees only the reply", machine.name));
            }
            packet
        };
        let forwarding = machine.forwarding.as_ref();
        if let Some(forwarding) = forwarding.filter(|forwarding| !forwarding.stateful)
            && !filter(&forwarding.filter, onward)
        {
            return Err(format!("{} filters the reply", machine.name));
        }
        let out = egress(model, nic, onward.destination);
        emits(model, out, onward).map_err(|fault| format!("{fault:?}"))?;
        self.leave(out, onward)
    }
}

impl Walk<'_> {
    /// The request as its source sent it; an outside source has no NIC, so that nothing matches.
    fn origin_at_source(&self) -> Packet {
        self.origin
    }
}

/// The gateway of the longest prefix that a VNet learns for an address.
fn best_gateway(model: &Model, vnet: usize, to: Ipv4Addr) -> Option<usize> {
    let learned = sites::learned(model, vnet);
    let holding = learned.iter().filter(|(prefix, _)| prefix.contains(&to));
    match holding.max_by_key(|(prefix, _)| prefix.prefix_len())? {
        (_, Hop::Tunnel(gateway, _)) => Some(*gateway),
        _ => None,
    }
}
