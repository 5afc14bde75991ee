//! Commands, claims and envelopes.

use super::{Canonical, Reader, fields, variants};
use crate::{
    AuctionClaim, Claim, Command, ConversionClaim, Energy, Envelope, NodeClaim, PairClaim, Price, Refused,
    Rejection, Side, Signature, StorageClaim, Witness, signing,
};
use alloc::vec::Vec;

variants!(Command {
    0 => Found(community),
    1 => Tick { time },
    2 => RegisterAccount { address },
    3 => RegisterMeter { terms, nonce },
    4 => Delegate { account, delegate, nonce },
    5 => Revoke { account, address, nonce },
    6 => Deposit { account, amount, nonce },
    7 => Withdraw { account, amount, nonce },
    8 => Place(order),
    9 => Cancel { account, order, nonce },
    10 => PublishPrices { tariff, start, prices },
    11 => Close { carrier, interval },
    12 => Clear { carrier, interval, claim },
    13 => Read(reading),
    14 => Settle { carrier, interval },
    15 => Checkpoint { root },
    16 => PlaceWith { order, attributes, steps },
    17 => Locate { meter, location, nonce },
    18 => Convert(conversion),
    19 => Store(storage),
    20 => Agree { terms, nonce },
    21 => Reprice { tariff, version, nonce },
    22 => Equip { meter, equipment, nonce },
    23 => ReadRegister(reading),
    24 => Correct(reading),
    25 => Resettle { carrier, interval },
    26 => Transfer { from, to, amount, nonce },
});

variants!(Claim {
    0 => Nothing,
    1 => UniformPrice { equilibrium, price },
    2 => PayAsBid { equilibrium, bids, offers },
    3 => Metered,
    4 => TradeReduction { equilibrium },
    5 => Vcg { equilibrium, without },
    6 => Continuous,
    7 => Pipeline { auctions },
    8 => Bilateral { trades, bid_prices, offer_prices },
    9 => Blocks { intervals, refused },
    10 => Coupled { nodes, conversions, storages },
});

fields!(NodeClaim { price: Price, between: bool, margin: [Energy; 2], short: [Energy; 2] });

fields!(ConversionClaim { input: Energy, outputs: Vec<Energy> });

fields!(StorageClaim { flows: Vec<Energy>, values: Vec<Price> });

variants!(Witness {
    0 => NoTrade,
    1 => Equilibrium(price),
});

fields!(AuctionClaim { witness: Witness, dropped_local: u32, dropped_green: u32 });

fields!(PairClaim { bid: u32, offer: u32, energy: Energy });

fields!(Refused { interval: u16, side: Side, position: u32 });

fields!(Envelope { command: Command, signature: Option<Signature> });

/// 0 for none; 1, then the signature, which must be the one canonical form of itself.
impl Canonical for Option<Signature> {
    const LEAST: usize = 1;

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(signature) => {
                out.push(1);
                signature.write(out);
            }
        }
    }

    #[inline]
    fn read(reader: &mut Reader<'_>) -> Result<Self, Rejection> {
        let [kind] = reader.take()?;
        match kind {
            0 => Ok(None),
            1 => {
                let signature = reader.take()?;
                signing::is_canonical(&signature).then_some(Some(signature)).ok_or(Rejection::Malformed)
            }
            _ => Err(Rejection::Malformed),
        }
    }
}
