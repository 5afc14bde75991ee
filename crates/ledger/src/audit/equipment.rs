//! Whose energy a meter counts (D4), point by point from its definition.

use super::books::{Books, OwnMeter, Readings};
use super::tally::Tally;
use market::{Arrangement, DeliveryInterval, Energy, Equipment, Event, Law, MAX_ENERGY, MeterId, Register};

/// Parts of a whole.
const WHOLE: i128 = 1_000_000;

impl Books {
    /// Nothing hangs on how the point was metered before, and no point is behind itself or shared out beyond the whole.
    pub(super) fn equip(
        &mut self,
        meter: MeterId,
        equipment: &Equipment,
        events: &[Event],
        tally: &mut Tally,
    ) {
        tally.check(Law::S7, events.is_empty(), || "more happened than an arrangement".into());
        let front = front(equipment);
        let known = |meter: MeterId| self.meters.get(meter.0 as usize);
        let (Some(own), Some(before)) = (known(meter), known(front.unwrap_or(meter))) else {
            tally.check(Law::A1, false, || "an arrangement of a metering point that is not there".into());
            return;
        };
        let carrier = own.terms.carrier;
        tally.check(Law::D4, before.terms.carrier == carrier, || {
            format!("meter {} is put behind one of another carrier", meter.0)
        });
        let shared =
            self.deliveries.iter().any(|((other, _), delivery)| *other == carrier && delivery.shared);
        let billed =
            self.settled.iter().any(|((other, _), kept)| *other == carrier && kept.meters.contains(&meter));
        tally.check(Law::D4, own.sequence == 0 && !shared && !billed, || {
            format!("meter {} is arranged after it has counted", meter.0)
        });
        let kept = equipment.register == Register::Interval || !is_virtual(equipment);
        let digits = equipment.register != Register::Cumulative { modulus: 0 };
        tally.check(Law::A2, kept && digits, || format!("meter {} has no such register", meter.0));
        self.meters[meter.0 as usize].equipment = *equipment;
        let bounded = self.meters.iter().zip(0..).all(|(own, id)| {
            let id = MeterId(id);
            let shares: u64 = self.sharers(id).map(|(_, share)| u64::from(share)).sum();
            let subs = || self.subs(id).filter_map(|sub| self.meters.get(sub.0 as usize));
            let flow: Energy = subs().map(reach).sum::<Energy>() + reach(own);
            let through = subs().next().is_none() || (!is_virtual(&own.equipment) && flow <= MAX_ENERGY);
            self.leads_out(id) && shares <= WHOLE as u64 && through
        });
        tally.check(Law::D4, bounded, || {
            format!("with meter {} a point is behind itself, or more than all of one is behind it", meter.0)
        });
    }

    /// Whether the point has a meter.
    pub(super) fn is_metered(&self, meter: MeterId) -> bool {
        self.meters.get(meter.0 as usize).is_some_and(|own| !is_virtual(&own.equipment))
    }

    /// What each point is billed for, from what the meters counted.
    pub(super) fn effective(
        &self,
        interval: DeliveryInterval,
        meters: &[MeterId],
        counted: &Readings,
    ) -> Readings {
        let view = View { books: self, meters, counted, interval };
        let all = meters.iter().filter_map(|meter| Some((*meter, view.own(*meter)?)));
        all.map(|(meter, [import, export])| (meter, (import, export))).collect()
    }

    /// From here one comes to the grid.
    fn leads_out(&self, meter: MeterId) -> bool {
        let mut at = Some(meter);
        for _ in 0..=8 {
            let Some(own) = at.and_then(|at| self.meters.get(at.0 as usize)) else { return true };
            at = front(&own.equipment);
        }
        at.is_none()
    }

    /// The sub-meters of a main meter.
    pub(super) fn subs(&self, main: MeterId) -> impl Iterator<Item = MeterId> {
        let all = self.meters.iter().zip(0..);
        all.filter(move |(own, _)| own.equipment.arrangement == Arrangement::Sub { main })
            .map(|(_, id)| MeterId(id))
    }

    /// The points that have a share of a source, and how much.
    pub(super) fn sharers(&self, of: MeterId) -> impl Iterator<Item = (MeterId, u32)> {
        self.meters.iter().zip(0..).filter_map(move |(own, id)| match own.equipment.arrangement {
            Arrangement::Virtual { source, share } if source == of => Some((MeterId(id), share)),
            _ => None,
        })
    }
}

/// The points of a carrier in one interval.
struct View<'a> {
    books: &'a Books,
    meters: &'a [MeterId],
    counted: &'a Readings,
    interval: DeliveryInterval,
}

impl View<'_> {
    /// What a point is billed for: all of it less what others have of it.
    fn own(&self, meter: MeterId) -> Option<[Energy; 2]> {
        let [mut import, mut export] = self.whole(meter)?;
        for (sharer, _) in self.sharers(meter) {
            let [taken, given] = self.whole(sharer)?;
            import -= taken;
            export -= given;
        }
        Some([import, export])
    }

    /// What a point has before others get their shares of it.
    fn whole(&self, meter: MeterId) -> Option<[Energy; 2]> {
        let own = self.books.meters.get(meter.0 as usize)?;
        if let Arrangement::Virtual { source, .. } = own.equipment.arrangement {
            let all = self.whole(source)?;
            let row = self.sharers(source);
            let turn = (self.interval.number() % row.len() as u64) as usize;
            let in_turn = row[turn..].iter().chain(&row[..turn]);
            let mut until = 0;
            for (sharer, share) in in_turn {
                let from = until;
                until += i128::from(*share);
                if *sharer == meter {
                    let upto = |energy: Energy, parts: i128| i128::from(energy.0) * parts / WHOLE;
                    return Some(all.map(|energy| Energy((upto(energy, until) - upto(energy, from)) as i64)));
                }
            }
            return None;
        }
        let (import, export) = self.counted.get(&meter).copied()?;
        let mut net = import - export;
        let mut alone = true;
        for sub in self.books.subs(meter).filter(|sub| self.meters.contains(sub)) {
            let (taken, given) = self.counted.get(&sub).copied()?;
            net -= taken - given;
            alone = false;
        }
        Some(if alone { [import, export] } else { [net.max(Energy::ZERO), (-net).max(Energy::ZERO)] })
    }

    fn sharers(&self, source: MeterId) -> Vec<(MeterId, u32)> {
        self.books.sharers(source).filter(|(sharer, _)| self.meters.contains(sharer)).collect()
    }
}

/// What a point is behind.
pub(super) const fn front(equipment: &Equipment) -> Option<MeterId> {
    match equipment.arrangement {
        Arrangement::Direct => None,
        Arrangement::Sub { main } => Some(main),
        Arrangement::Virtual { source, .. } => Some(source),
    }
}

const fn is_virtual(equipment: &Equipment) -> bool {
    matches!(equipment.arrangement, Arrangement::Virtual { .. })
}

/// Most that flows through a point, either way.
fn reach(own: &OwnMeter) -> Energy {
    own.terms.import_capacity.max(own.terms.export_capacity)
}
