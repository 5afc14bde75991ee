//! The outcome of an order file: somebody searches ([`clearing::clear`]), the market checks
//! ([`market::rule::check`]), and only what passed the check is shown.

use super::continuous;
use super::design::Design;
use super::entry::{COLLAR, Entered, Round};
use crate::failure::Failure;
use crate::orders::OrderFile;
use market::rule::{Clearing, Metered, RuleKind};
use market::{Book, Claim, Energy, Fraction, Money, Price, Rejection, Rule, Side};

/// A checked outcome.
pub(super) struct Outcome {
    /// What was claimed.
    pub(super) claim: Claim,
    /// What each round of [`Entered`] makes of it.
    pub(super) clearings: Vec<Clearing>,
    /// What all buyers pay and all sellers receive on average, the supplier's part included, n€/Wh, rounded down;
    /// for a rule on metered energy.
    pub(super) effective: Option<[Option<Price>; 2]>,
    /// From the book as the state holds it to a claim that the market accepts, ns.
    pub(super) clear_ns: u64,
}

impl Outcome {
    /// Searches and has it checked.
    pub(super) fn of(design: &Design, file: &OrderFile, entered: &Entered) -> Result<Self, Failure> {
        if !design.rule.takes_orders() {
            return metered(design, file, &entered.rounds[0]);
        }
        if design.rule.kind() == RuleKind::Continuous {
            return traded_on_arrival(design, &entered.rounds[0]);
        }
        if let Rule::UniformPriceBlocks { k } = design.rule {
            return blocks(k, &entered.rounds);
        }
        let mut workspace = clearing::Workspace::default();
        let mut clearing = Clearing::default();
        let book = &entered.rounds[0].book;
        let (clear_ns, (claim, checked)) = timed(|| {
            let claim = clearing::clear(&design.rule, book, COLLAR, &mut workspace);
            let checked = market::rule::check(&design.rule, book, &claim, COLLAR, &mut clearing);
            (claim, checked)
        });
        checked.map_err(refused)?;
        Ok(Self { claim, clearings: vec![clearing], effective: None, clear_ns })
    }

    /// Energy traded, Wh.
    pub(super) fn volume(&self) -> Energy {
        self.clearings.iter().map(|clearing| clearing.volume).sum()
    }

    /// The price for all, where there is one, n€/Wh.
    pub(super) fn price(&self) -> Option<Price> {
        match (&self.clearings[..], self.effective) {
            (_, Some([buyers, sellers])) => buyers.filter(|_| buyers == sellers),
            ([clearing], None) => clearing.price,
            _ => None,
        }
    }

    /// What every buyer pays and every seller receives, where that is one price each, n€/Wh.
    pub(super) fn side_prices(&self) -> [Option<Price>; 2] {
        match (&self.clearings[..], self.effective) {
            (_, Some(effective)) => effective,
            ([Clearing { side_prices: Some((buyers, sellers)), .. }], None) => {
                [Some(*buyers), Some(*sellers)]
            }
            _ => [self.price(); 2],
        }
    }

    /// The equilibrium prices, or what lies between the sides where nothing is traded, n€/Wh; none where auctions or
    /// pairs have prices of their own.
    pub(super) fn range(&self, kind: RuleKind) -> Option<(Price, Price)> {
        let [clearing] = &self.clearings[..] else { return None };
        let several = matches!(kind, RuleKind::Pipeline | RuleKind::Bilateral);
        let none = several && clearing.equilibrium.is_none() && !clearing.volume.is_zero();
        (!none).then_some(clearing.range)
    }

    /// What each order of the file traded, and for how much: of a curve or a block, all its parts together.
    pub(super) fn filled(&self, file: &OrderFile, entered: &Entered) -> Vec<(Energy, Money)> {
        let mut filled = vec![(Energy::ZERO, Money::ZERO); file.orders.len()];
        for (round, clearing) in entered.rounds.iter().zip(&self.clearings) {
            for side in Side::ALL {
                let money = clearing.money(side);
                for (position, (fill, place)) in
                    clearing.fills(side).iter().zip(&round.places[side as usize]).enumerate()
                {
                    let (energy, sum) = &mut filled[*place as usize];
                    *energy += *fill;
                    *sum += Money(money.of(position, *fill).into());
                }
            }
        }
        filled
    }
}

/// The market does not believe what was found: a bug of ours, not of the file.
fn refused(rejection: Rejection) -> Failure {
    Failure::World(format!("the market refused the outcome: {rejection}"))
}

/// What a search and its check take, ns, and their result.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (u64, T) {
    #[expect(clippy::disallowed_methods, reason = "the application may measure what it shows")]
    let start = std::time::Instant::now();
    let result = work();
    (u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX), result)
}

/// Consecutive intervals together.
fn blocks(k: Fraction, rounds: &[Round]) -> Result<Outcome, Failure> {
    let books: Vec<&Book> = rounds.iter().map(|round| &round.book).collect();
    let mut workspace = clearing::Workspace::default();
    let mut clearings = vec![Clearing::default(); books.len()];
    let (clear_ns, (claim, checked)) = timed(|| {
        let claim = clearing::clear_blocks(k, &books, COLLAR, &mut workspace);
        let Claim::Blocks { intervals, refused } = &claim else { return (claim, Err(Rejection::WrongClaim)) };
        let checked = market::rule::blocks::check(k, &books, (intervals, refused), COLLAR, &mut clearings);
        (claim, checked)
    });
    checked.map_err(refused)?;
    Ok(Outcome { claim, clearings, effective: None, clear_ns })
}

/// Everything was traded on arrival; what is left in the book is cleared, which finds nothing to trade.
fn traded_on_arrival(design: &Design, round: &Round) -> Result<Outcome, Failure> {
    let (clear_ns, mut clearing, rest) = continuous::replay(round);
    let claim = clearing::clear(&design.rule, &rest, COLLAR, &mut clearing::Workspace::default());
    let mut nothing = Clearing::default();
    market::rule::check(&design.rule, &rest, &claim, COLLAR, &mut nothing).map_err(refused)?;
    clearing.range = nothing.range;
    clearing.indicative_price = nothing.indicative_price.filter(|_| clearing.volume.is_zero());
    Ok(Outcome { claim, clearings: vec![clearing], effective: None, clear_ns })
}

/// Every order as if it had been metered: bids as consumption, offers as production, whatever their limits.
fn metered(design: &Design, file: &OrderFile, round: &Round) -> Result<Outcome, Failure> {
    let sides = [&round.book.bids, &round.book.offers];
    let members = round.arrivals();
    let meters: Vec<Metered> = members
        .iter()
        .map(|(side, position)| {
            let energy = sides[*side as usize][*position].energy;
            match side {
                Side::Buy => Metered { import: energy, ..Metered::default() },
                Side::Sell => Metered { export: energy, ..Metered::default() },
            }
        })
        .collect();
    let interval = file.intervals.map_or(0, |intervals| intervals.first.number());
    let mut shared = Vec::new();
    let (clear_ns, checked) =
        timed(|| market::rule::metered(&design.rule, &meters, design.supplier, interval, &mut shared));
    checked.map_err(refused)?;

    let mut clearing = Clearing::default();
    clearing.bid_fills.resize(sides[0].len(), Energy::ZERO);
    clearing.offer_fills.resize(sides[1].len(), Energy::ZERO);
    let mut amounts = sides.map(|orders| vec![0; orders.len()]);
    for ((side, position), part) in members.iter().zip(&shared) {
        let (fill, money) = match side {
            Side::Buy => (&mut clearing.bid_fills[*position], part.paid),
            Side::Sell => (&mut clearing.offer_fills[*position], part.received),
        };
        *fill = part.bought + part.sold;
        amounts[*side as usize][*position] =
            i64::try_from(money.0).expect("an order's money fits, as its bounds say");
    }
    clearing.volume = clearing.bid_fills.iter().copied().sum();
    let worth = |side: Side| -> Money {
        let fills = sides[side as usize].iter().zip(clearing.fills(side));
        fills.map(|(order, fill)| *fill * order.limit).sum()
    };
    clearing.welfare = worth(Side::Buy) - worth(Side::Sell);
    let prices = design.supplier;
    clearing.range = (prices.export, prices.import);
    // The pairs are canonical and no part of the rule; they carry the price between peers, rounded down.
    let mean = |money: i128, energy: Energy| {
        (!energy.is_zero()).then(|| Price(money.div_euclid(energy.0.into()) as i64))
    };
    let between_peers = |side: usize| amounts[side].iter().map(|part| i128::from(*part)).sum::<i128>();
    clearing.price = mean(between_peers(0), clearing.volume);
    let mut trades = Vec::new();
    market::rule::pair(&round.book, &clearing, &mut trades);
    (clearing.trades, clearing.price) = (trades, None);
    let effective = [(0, prices.import), (1, prices.export)].map(|(side, price)| {
        let total: Energy = sides[side].iter().map(|order| order.energy).sum();
        mean(between_peers(side) + ((total - clearing.volume) * price).0, total)
    });
    clearing.amounts = amounts;
    Ok(Outcome { claim: Claim::Metered, clearings: vec![clearing], effective: Some(effective), clear_ns })
}
