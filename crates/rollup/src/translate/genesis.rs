//! The secondary chain of a community, before anything but its founding.

use crate::step::leaf::{Account, Market as MarketLeaf, Tariff as TariffLeaf, kind, rule};
use crate::step::{Head, Packed, Place, State, Store};
use market::signing::Domain;
use market::{
    AccountId, Address, Authentication, Community, PriceConvention, Rejection, Rule, SharingKey, TariffKind,
};

/// The addresses of the parties outside: what they are paid goes there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outside {
    /// The supplier.
    pub supplier: Address,
    /// The grid operator.
    pub grid_operator: Address,
    /// Who takes the levies.
    pub levies: Address,
}

/// Largest absolute price that a record can carry, n€/Wh.
pub(super) const MOST_PRICE: i64 = 8_388_607;

/// The secondary chain of a community, before anything but its founding.
///
/// # Errors
/// [`Rejection::NotOnThisLedger`] where a rule, a key or a price limit is beyond what it accepts.
pub fn genesis(community: &Community, outside: &Outside) -> Result<State, Rejection> {
    let head = Head {
        accounts: AccountId::FIRST_MEMBER.0,
        duration: community.interval_duration,
        gate_closure: community.gate_closure,
        horizon: community.horizon,
        signatures: u8::from(community.authentication == Authentication::Signature),
        domain: *Domain::of(community).separator(),
        ..Head::default()
    };
    let mut state = State::new(head);
    let mut put = |place, words| state.set_words(place, words).map_err(|_| Rejection::TooMany);
    for market in &community.markets {
        put(Place::market(market.carrier as u8), market_leaf(market)?.pack())?;
    }
    for (number, tariff) in (0_u16..).zip(&community.tariffs) {
        let narrow = |price: market::Price| i32::try_from(price.0).map_err(|_| Rejection::NotOnThisLedger);
        let (kind, import, export) = match &tariff.kind {
            TariffKind::Flat(prices) => (kind::FLAT, narrow(prices.import)?, narrow(prices.export)?),
            // What follows the clock is published per interval like what follows a market.
            TariffKind::TimeOfUse(_) | TariffKind::Dynamic => (kind::PUBLISHED, 0, 0),
        };
        let leaf = TariffLeaf {
            import,
            export,
            grid_fee: narrow(tariff.grid_fee)?,
            peer_grid_fee: narrow(tariff.peer_grid_fee)?,
            levy: narrow(tariff.levy)?,
            peer_levy: narrow(tariff.peer_levy)?,
            kind,
        };
        put(Place::tariff(number), leaf.pack())?;
    }
    let parties = [
        (AccountId::SUPPLIER, outside.supplier),
        (AccountId::GRID_OPERATOR, outside.grid_operator),
        (AccountId::LEVIES, outside.levies),
        // The community's and the guarantor's funds are theirs who founded it, should everybody have to leave.
        (AccountId::COMMUNITY, community.operator),
        (AccountId::GUARANTOR, community.operator),
    ];
    for (id, address) in parties {
        let account = Account { address, ..Account::default() };
        put(Place::account(id.0), account.pack())?;
    }
    state.forget();
    Ok(state)
}

fn market_leaf(market: &market::Market) -> Result<MarketLeaf, Rejection> {
    let within = |price: market::Price| {
        let price = i32::try_from(price.0).ok().filter(|price| i64::from(*price).abs() <= MOST_PRICE);
        price.ok_or(Rejection::NotOnThisLedger)
    };
    let (rule, k, price) = match market.rule {
        Rule::UniformPrice { convention: PriceConvention::Equilibrium, k } => (rule::EQUILIBRIUM, k, None),
        Rule::UniformPrice { convention: PriceConvention::LastPair, k } => (rule::LAST_PAIR, k, None),
        Rule::PayAsBid { k } => (rule::PAY_AS_BID, k, None),
        Rule::Sharing { key: SharingKey::Static, price } => {
            (rule::STATIC, market::Fraction::ZERO, Some(price))
        }
        Rule::Sharing { key: SharingKey::Dynamic, price } => {
            (rule::DYNAMIC, market::Fraction::ZERO, Some(price))
        }
        _ => return Err(Rejection::NotOnThisLedger),
    };
    Ok(MarketLeaf {
        rule,
        numerator: k.numerator(),
        denominator: k.denominator(),
        floor: within(market.floor)?,
        cap: within(market.cap)?,
        price: price.map_or(Ok(0), |price| i32::try_from(price.0).map_err(|_| Rejection::NotOnThisLedger))?,
        ..MarketLeaf::default()
    })
}
