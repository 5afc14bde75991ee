//! What this ledger carries, of all that the market does.

use market::{Attributes, Command, TariffKind};

/// Whether the ledger carries commands of this kind. What they name may still be beyond its limits.
#[must_use]
pub fn carries(command: &Command) -> bool {
    match command {
        Command::PlaceWith { attributes, steps, .. } => {
            *attributes == Attributes::default() && steps.is_empty()
        }
        // The hours of a tariff are not on the chain, so what the operator says of them could not be checked.
        Command::Found(terms) => {
            terms.tariffs.iter().all(|tariff| !matches!(tariff.kind, TariffKind::TimeOfUse(_)))
        }
        Command::Tick { .. }
        | Command::RegisterAccount { .. }
        | Command::RegisterMeter { .. }
        | Command::Deposit { .. }
        | Command::Withdraw { .. }
        | Command::Transfer { .. }
        | Command::Place(_)
        | Command::Cancel { .. }
        | Command::PublishPrices { .. }
        | Command::Close { .. }
        | Command::Clear { .. }
        | Command::Read(_)
        | Command::Settle { .. }
        | Command::Checkpoint { .. } => true,
        Command::Delegate { .. }
        | Command::Revoke { .. }
        | Command::Locate { .. }
        | Command::Convert(_)
        | Command::Store(_)
        | Command::Agree { .. }
        | Command::Reprice { .. }
        | Command::Equip { .. }
        | Command::ReadRegister(_)
        | Command::Correct(_)
        | Command::Resettle { .. } => false,
    }
}
