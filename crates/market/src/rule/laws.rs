//! Which law binds which rule. Tests and the audit iterate over it.

use super::RuleKind;
use crate::{Law, SharingKey};

/// How a law binds a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    /// As it stands.
    Holds,
    /// Only what the words say.
    Weakened(&'static str),
    /// Not at all, for this reason.
    DoesNotApply(&'static str),
}

impl RuleKind {
    /// How `law` binds this rule.
    #[must_use]
    pub const fn binding(self, law: Law) -> Binding {
        use Binding::Holds;
        match self {
            _ if !is_about_clearing(law) => Holds,
            Self::UniformPrice | Self::PayAsBid => Holds, // an auction of limit orders keeps them all
            Self::TradeReduction | Self::Vcg => truthful(self, law),
            Self::Continuous | Self::Pipeline | Self::UniformPriceBlocks | Self::Bilateral => {
                procedure(self, law)
            }
            Self::AuctionFirst => auction_first(law),
            Self::Coupled => coupled(law),
            Self::MidMarketRate
            | Self::SupplyDemandRatio
            | Self::BillSharing
            | Self::ExPost
            | Self::Key(_) => metered(self, law),
        }
    }
}

/// The others bind every rule alike: they are about bills, readings and records.
const fn is_about_clearing(law: Law) -> bool {
    use Law::{C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12};
    matches!(law, C1 | C2 | C3 | C4 | C5 | C6 | C7 | C8 | C9 | C10 | C11 | C12)
}

/// Auctions that give something up so that telling one's true limit is best.
const fn truthful(rule: RuleKind, law: Law) -> Binding {
    use Binding::{DoesNotApply, Holds, Weakened};
    match (law, rule) {
        (Law::C4, RuleKind::TradeReduction) => Weakened("the surplus is booked to the community account"),
        (Law::C4, _) => DoesNotApply("truthful buyers and sellers can receive more than they pay together"),
        (Law::C5, RuleKind::TradeReduction) => {
            DoesNotApply("the marginal pair stays out although it could trade")
        }
        (Law::C6, RuleKind::TradeReduction) => {
            DoesNotApply("no price separates a marginal order that stays out from those like it that trade")
        }
        (Law::C7, RuleKind::TradeReduction) => {
            DoesNotApply("the welfare of the marginal pair is given up for truthful prices")
        }
        (Law::C10, RuleKind::TradeReduction) => {
            DoesNotApply("the first order that cannot trade may set the price")
        }
        (Law::C10, _) => {
            DoesNotApply("an order that cannot trade is what a trader's presence costs the others")
        }
        _ => Holds,
    }
}

/// Rules that are a procedure rather than an optimum of limit orders.
const fn procedure(rule: RuleKind, law: Law) -> Binding {
    use Binding::{DoesNotApply, Holds, Weakened};
    match (law, rule) {
        (Law::C1, RuleKind::UniformPriceBlocks) => Holds, // with the minimum fill: 0 or at least that
        (Law::C3, RuleKind::Pipeline) => Weakened("a premium adds to the limit where the label is delivered"),
        (Law::C3, RuleKind::Bilateral) => Weakened("a premium adds to the limit where the partner is found"),
        (Law::C3, RuleKind::UniformPriceBlocks) => {
            Weakened("a block's limit holds on average over its intervals")
        }
        (Law::C4, RuleKind::Bilateral) => {
            Weakened("the network's charges are booked to the community account")
        }
        (Law::C5, RuleKind::Continuous) => Weakened("after every order: no bid in the book reaches an offer"),
        (Law::C5, RuleKind::Pipeline) => {
            DoesNotApply("a bid and an offer whose labels do not meet stay apart")
        }
        (Law::C5, RuleKind::UniformPriceBlocks) => {
            DoesNotApply("an order with a minimum, or a block, may be left out although its price is good")
        }
        (Law::C5, RuleKind::Bilateral) => {
            Weakened("no pair is left whose next Wh lie as far apart as its charge, less its premiums")
        }
        (Law::C6, RuleKind::Continuous) => {
            DoesNotApply("price, then time of arrival; each trade has its own price")
        }
        (Law::C6, RuleKind::Pipeline) => {
            DoesNotApply("each auction of each stage has an equilibrium price of its own")
        }
        (Law::C6, RuleKind::UniformPriceBlocks) => {
            Weakened("for orders without minimum or block, given those that were taken")
        }
        (Law::C6, RuleKind::Bilateral) => DoesNotApply("each bid and each offer has a price of its own"),
        (Law::C7, RuleKind::Continuous) => DoesNotApply("whoever comes first trades, not whoever gains most"),
        (Law::C7, RuleKind::Pipeline) => DoesNotApply("labels come before limits"),
        (Law::C7, RuleKind::UniformPriceBlocks) => {
            DoesNotApply("a stated procedure, not the best combination")
        }
        (Law::C7, RuleKind::Bilateral) => Weakened("limits that fall are counted in whole n€/Wh"),
        (Law::C8, RuleKind::Pipeline) => Weakened("with limit and premium together inside the tariffs"),
        (Law::C8, RuleKind::UniformPriceBlocks) => {
            Weakened("a block's prices keep to its limit on average over its intervals")
        }
        (Law::C10, RuleKind::Continuous) => DoesNotApply("what an order gets depends on when it arrives"),
        (Law::C10, RuleKind::Pipeline) => {
            DoesNotApply("a bid that cannot be wholly supplied with its label leaves, its parts may stay")
        }
        (Law::C10, RuleKind::UniformPriceBlocks) => {
            DoesNotApply("the parts of a divided order have minima of their own")
        }
        (Law::C10, RuleKind::Bilateral) => DoesNotApply("which pairs trade is not unique"),
        _ => Holds,
    }
}

/// The best outcome in fractions, in whole Wh and whole n€/Wh.
const fn coupled(law: Law) -> Binding {
    use Binding::{Holds, Weakened};
    match law {
        Law::C2 => {
            Weakened("with what conversions and storages give and take; a conversion loses its last Wh")
        }
        Law::C3 => Weakened(
            "for orders; a conversion or storage loses no more than whole Wh and whole n€/Wh cost it",
        ),
        Law::C4 => Weakened("what buyers pay beyond an exact price, and sellers lack, is the community's"),
        Law::C5 => {
            Weakened("but for the few Wh that better orders lack because conversions come in whole ones")
        }
        Law::C6 => Weakened("of the orders of a node, less what is short; of conversions, where equal"),
        Law::C7 => Weakened(
            "within the gap that the claim's prices prove; of the orders alone if offers are set aside",
        ),
        Law::C8 => Weakened("for orders; a price can lie beyond the collar, to their advantage"),
        Law::C10 => Weakened("of a book that no offer touches; elsewhere several prices can be optimal"),
        _ => Holds,
    }
}

/// An auction keeps its laws; the key shares what is left, as keys do.
const fn auction_first(law: Law) -> Binding {
    use Binding::{Holds, Weakened};
    match law {
        Law::C1 => Weakened("for orders; the key gives nobody more than was metered beyond them"),
        Law::C3 => Weakened("for orders; the key's price is agreed"),
        Law::C5 | Law::C6 | Law::C7 | Law::C10 | Law::C11 => Weakened("for orders"),
        Law::C8 => Weakened("where the agreed price lies between import and export tariff"),
        _ => Holds,
    }
}

/// Rules on metered energy: there are no limits to keep.
const fn metered(rule: RuleKind, law: Law) -> Binding {
    use Binding::{DoesNotApply, Holds, Weakened};
    use RuleKind::{BillSharing, ExPost, Key, MidMarketRate, SupplyDemandRatio};
    use SharingKey::{Equal, FullDynamic, Static};
    match (law, rule) {
        (Law::C1, _) => {
            Weakened("no orders: nobody buys more than the import metered or sells more than the export")
        }
        (Law::C3, MidMarketRate | SupplyDemandRatio | ExPost) => {
            Weakened("limits are not asked: no price is worse than the supplier's")
        }
        (Law::C3, BillSharing) => {
            DoesNotApply("whoever exports to a community that imports on balance receives nothing")
        }
        (Law::C3, _) => Weakened(
            "limits are not asked: no worse than the supplier where the agreed price lies between the tariffs",
        ),
        (Law::C5, MidMarketRate | SupplyDemandRatio | ExPost | BillSharing) => {
            Weakened("no orders: not both import and export are left over, unless feed-in is above retail")
        }
        (Law::C5, Key(Static | Equal | FullDynamic)) => {
            DoesNotApply("a share that its member does not use is not shared again")
        }
        (Law::C5, Key(SharingKey::Cascade)) => {
            Weakened("no orders: no member with a share lacks energy while some is left over")
        }
        (Law::C5, _) => Weakened("no orders: not both import and export are left over"),
        (Law::C6, _) => {
            DoesNotApply("energy goes by consumption or by shares, not by what it is worth to whom")
        }
        (Law::C7, _) => DoesNotApply("energy goes to whoever takes it, not to whom it is worth most"),
        (Law::C8, BillSharing) => {
            DoesNotApply("sellers pay for buyers: nothing bounds what sharing costs one member")
        }
        (Law::C8, Key(_)) => Weakened("where the agreed price lies between import and export tariff"),
        (
            Law::C10,
            Key(SharingKey::Dynamic | SharingKey::Incentive)
            | MidMarketRate
            | SupplyDemandRatio
            | ExPost
            | BillSharing,
        ) => Weakened("dividing a metering point moves remainders only, at most 2 Wh"),
        (Law::C10, _) => DoesNotApply(
            "shares and ranks belong to metering points: moving consumption between two changes what they get",
        ),
        (Law::C11, _) => {
            Weakened("the pool knows no pairs: a point that takes and gives may get its own energy back")
        }
        (Law::C12, _) => Weakened("no orders: every reading takes part"),
        _ => Holds,
    }
}
