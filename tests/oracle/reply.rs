//! The way back: routed on its own, let through where the request was seen (routing §11, security 3.3).

use super::model::{Packet, Way};
use super::rules::{filter, verdict};
use super::walk::{End, Next, Walk, cross, egress, emits, step};

/// The resources that the reply passes, from the destination back to the source; or why it is lost.
pub fn walk(request: &Walk<'_>) -> Result<Vec<String>, String> {
    let mut reply = Reply {
        request,
        hops: Vec::new(),
        met: vec![false; request.passages.len()],
        arrivals: Vec::new(),
    };
    match request.end {
        Some(End::Nic(nic, packet)) => {
            reply.hops.push(request.model.machine(nic).name.clone());
            reply.leave(nic, packet.reply())?;
        }
        Some(End::Outside) => {
            reply.hops.extend(request.hops.last().cloned());
            reply.back_in()?;
        }
        None => return Err("the request does not arrive".to_owned()),
    }
    let mut passages = request.passages.iter().zip(&reply.met);
    if let Some((passage, _)) = passages.find(|(passage, met)| passage.stateful && !**met) {
        let name = &request.model.machines[passage.machine].name;
        return Err(format!("{name} does not see the reply"));
    }
    Ok(reply.hops)
}

struct Reply<'w, 'm> {
    request: &'w Walk<'m>,
    hops: Vec<String>,
    met: Vec<bool>,
    arrivals: Vec<(usize, Packet)>,
}

impl Reply<'_, '_> {
    /// From the Internet back to the NIC that sent the request there, or to the source outside.
    fn back_in(&mut self) -> Result<(), String> {
        match self.request.left {
            Some((nic, packet)) => self.arrive(nic, packet.reply()),
            None => {
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
        let next = step(model, nic, packet).map_err(|fault| format!("{fault:?}"))?;
        match next {
            Next::Nic(to) => {
                if let Some(fault) = cross(model, nic, to, packet) {
                    return Err(format!("{fault:?}"));
                }
                self.arrive(to, packet)
            }
            // 6.4: what came in by a public address goes back by it.
            Next::Internet if self.request.entered == Some((nic, packet.reply())) => self.back_in(),
            Next::Internet => Err("leaves by the Internet".to_owned()),
        }
    }

    fn arrive(&mut self, nic: usize, packet: Packet) -> Result<(), String> {
        let model = self.request.model;
        if self.arrivals.contains(&(nic, packet)) {
            return Err("loop".to_owned());
        }
        self.arrivals.push((nic, packet));
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
            .position(|p| p.machine == own.machine && p.after == packet.reply());
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
