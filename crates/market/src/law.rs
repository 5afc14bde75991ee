//! The laws by number. Property tests, the audit and every rejection quote them.

/// What must always hold: C = clearing, D = no double sale, S = settlement, A = authenticity and history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Law {
    /// No order is filled beyond its energy, and none below nothing.
    C1,
    /// Energy bought equals energy sold, per carrier and interval.
    C2,
    /// No one pays more than the limit or gets less than it.
    C3,
    /// What buyers pay is what sellers receive, any surplus booked to a named account.
    C4,
    /// No unfilled buyer and unfilled seller could still trade with each other.
    C5,
    /// An equilibrium price separates filled from unfilled orders, and the margin shares exactly.
    C6,
    /// The allocation has the greatest possible welfare.
    C7,
    /// With limits inside the tariffs and exact delivery, nobody is worse off than without the market.
    C8,
    /// The same commands give the same state and root everywhere.
    C9,
    /// Orders that cannot trade change nothing, and splitting an order gains nothing.
    C10,
    /// No account trades with itself.
    C11,
    /// What was accepted is in the book, what was refused is not.
    C12,
    /// Energy sold to peers and to the grid is the energy metered.
    D1,
    /// Exactly one reading is in force per meter and interval.
    D2,
    /// A nonce is used once, and a trade settles at most once.
    D3,
    /// A meter's energy belongs to one ledger.
    D4,
    /// Metered energy is energy traded plus energy exchanged with the supplier.
    S1,
    /// Deviations and the supplier's balance cancel, in energy and in money.
    S2,
    /// Every entry has two sides, and money is only moved.
    S3,
    /// Fees and levies are exactly what the tariff says.
    S4,
    /// An invoice rounds to cents once, and the remainder is carried.
    S5,
    /// No balance is negative, and holds are covered.
    S6,
    /// Applying a command twice is applying it once.
    S7,
    /// A settled interval is never rewritten.
    S8,
    /// A conversion's output is its ratio times its input.
    S9,
    /// Storage keeps its energy balance and its bounds.
    S10,
    /// Every command is signed by whoever may give it.
    A1,
    /// A meter's readings are in unbroken sequence.
    A2,
    /// Every record follows the one before it by hash.
    A3,
    /// The committed roots are those of the replayed state.
    A4,
    /// Every receipt's command is in the log.
    A5,
    /// Sealed orders are revealed or penalised.
    A6,
    /// No personal data is in a public record.
    A7,
    /// Two conflicting signatures are evidence.
    A8,
}

impl Law {
    /// Every law, in order.
    pub const ALL: [Self; 34] = [
        Self::C1,
        Self::C2,
        Self::C3,
        Self::C4,
        Self::C5,
        Self::C6,
        Self::C7,
        Self::C8,
        Self::C9,
        Self::C10,
        Self::C11,
        Self::C12,
        Self::D1,
        Self::D2,
        Self::D3,
        Self::D4,
        Self::S1,
        Self::S2,
        Self::S3,
        Self::S4,
        Self::S5,
        Self::S6,
        Self::S7,
        Self::S8,
        Self::S9,
        Self::S10,
        Self::A1,
        Self::A2,
        Self::A3,
        Self::A4,
        Self::A5,
        Self::A6,
        Self::A7,
        Self::A8,
    ];

    /// Its number, as quoted everywhere.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::C1 => "C1",
            Self::C2 => "C2",
            Self::C3 => "C3",
            Self::C4 => "C4",
            Self::C5 => "C5",
            Self::C6 => "C6",
            Self::C7 => "C7",
            Self::C8 => "C8",
            Self::C9 => "C9",
            Self::C10 => "C10",
            Self::C11 => "C11",
            Self::C12 => "C12",
            Self::D1 => "D1",
            Self::D2 => "D2",
            Self::D3 => "D3",
            Self::D4 => "D4",
            Self::S1 => "S1",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::S4 => "S4",
            Self::S5 => "S5",
            Self::S6 => "S6",
            Self::S7 => "S7",
            Self::S8 => "S8",
            Self::S9 => "S9",
            Self::S10 => "S10",
            Self::A1 => "A1",
            Self::A2 => "A2",
            Self::A3 => "A3",
            Self::A4 => "A4",
            Self::A5 => "A5",
            Self::A6 => "A6",
            Self::A7 => "A7",
            Self::A8 => "A8",
        }
    }

    /// What it says, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::C1 => "no order is filled beyond its energy, and none below nothing",
            Self::C2 => "energy bought equals energy sold, per carrier and interval",
            Self::C3 => "no one pays more than the limit or gets less than it",
            Self::C4 => "what buyers pay is what sellers receive, any surplus booked to a named account",
            Self::C5 => "no unfilled buyer and unfilled seller could still trade with each other",
            Self::C6 => {
                "an equilibrium price separates filled from unfilled orders, and the margin shares exactly"
            }
            Self::C7 => "the allocation has the greatest possible welfare",
            Self::C8 => {
                "with limits inside the tariffs and exact delivery, nobody is worse off than without the market"
            }
            Self::C9 => "the same commands give the same state and root everywhere",
            Self::C10 => "orders that cannot trade change nothing, and splitting an order gains nothing",
            Self::C11 => "no account trades with itself",
            Self::C12 => "what was accepted is in the book, what was refused is not",
            Self::D1 => "energy sold to peers and to the grid is the energy metered",
            Self::D2 => "exactly one reading is in force per meter and interval",
            Self::D3 => "a nonce is used once, and a trade settles at most once",
            Self::D4 => "a meter's energy belongs to one ledger",
            Self::S1 => "metered energy is energy traded plus energy exchanged with the supplier",
            Self::S2 => "deviations and the supplier's balance cancel, in energy and in money",
            Self::S3 => "every entry has two sides, and money is only moved",
            Self::S4 => "fees and levies are exactly what the tariff says",
            Self::S5 => "an invoice rounds to cents once, and the remainder is carried",
            Self::S6 => "no balance is negative, and holds are covered",
            Self::S7 => "applying a command twice is applying it once",
            Self::S8 => "a settled interval is never rewritten",
            Self::S9 => "a conversion's output is its ratio times its input",
            Self::S10 => "storage keeps its energy balance and its bounds",
            Self::A1 => "every command is signed by whoever may give it",
            Self::A2 => "a meter's readings are in unbroken sequence",
            Self::A3 => "every record follows the one before it by hash",
            Self::A4 => "the committed roots are those of the replayed state",
            Self::A5 => "every receipt's command is in the log",
            Self::A6 => "sealed orders are revealed or penalised",
            Self::A7 => "no personal data is in a public record",
            Self::A8 => "two conflicting signatures are evidence",
        }
    }
}
