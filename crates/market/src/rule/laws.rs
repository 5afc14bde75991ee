//! Which law binds which rule. Tests and the audit iterate over it.

use super::RuleKind;
use crate::Law;

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
        use Binding::{DoesNotApply, Holds, Weakened};
        match (law, self) {
            // An auction of limit orders keeps them all; so does every rule those that are not about clearing.
            (_, Self::UniformPrice | Self::PayAsBid) => Holds,
            (Law::C1, _) => {
                Weakened("no orders: nobody buys more than the import metered or sells more than the export")
            }
            (Law::C3, Self::MidMarketRate) => {
                Weakened("limits are not asked: no price is worse than the supplier's")
            }
            (Law::C3, _) => Weakened(
                "limits are not asked: no worse than the supplier where the agreed price lies between the tariffs",
            ),
            (Law::C5, Self::MidMarketRate) => Weakened(
                "no orders: not both import and export are left over, unless feed-in is above retail",
            ),
            (Law::C5, Self::Static) => {
                DoesNotApply("a share that its member does not use is not shared again")
            }
            (Law::C5, Self::Dynamic) => Weakened("no orders: not both import and export are left over"),
            (Law::C6, _) => {
                DoesNotApply("energy goes by consumption or by shares, not by what it is worth to whom")
            }
            (Law::C7, _) => DoesNotApply("energy goes to whoever takes it, not to whom it is worth most"),
            (Law::C8, Self::Static | Self::Dynamic) => {
                Weakened("where the agreed price lies between import and export tariff")
            }
            (Law::C10, Self::Static) => DoesNotApply(
                "shares belong to metering points: moving consumption between two changes what they get",
            ),
            (Law::C10, _) => Weakened("dividing a metering point moves remainders only, at most 2 Wh"),
            (Law::C11, _) => {
                Weakened("the pool knows no pairs: a point that takes and gives may get its own energy back")
            }
            (Law::C12, _) => Weakened("no orders: every reading takes part"),
            _ => Holds,
        }
    }
}
