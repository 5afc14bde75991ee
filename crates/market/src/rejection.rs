//! Why a command was refused. A refusal changes nothing.
//!
//! Checks run in the order of the numbers wherever more than one applies, so every party gives the same number. A claim
//! is refused at the first of its rule's conditions that fails; later ones mean something only where earlier ones hold.

use crate::Law;
use core::fmt;

/// A refusal, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u16)]
pub enum Rejection {
    /// The bytes are not a command in canonical encoding.
    Malformed = 1,
    /// The ledger has no community yet.
    NotFounded = 2,
    /// The community exists already.
    AlreadyFounded = 3,
    /// The community's terms contradict themselves.
    BadTerms = 4,
    /// There is no such account.
    UnknownAccount = 10,
    /// There is no such metering point.
    UnknownMeter = 11,
    /// The signature is missing, invalid, or not by a key that may give this command.
    BadSignature = 12,
    /// The nonce is not larger than the account's last.
    StaleNonce = 13,
    /// The metering point does not belong to this account.
    ForeignMeter = 14,
    /// Another account has this address.
    AddressTaken = 15,
    /// A table is full.
    TooMany = 16,
    /// The time is before the ledger's.
    TimeRunsBackwards = 20,
    /// The delivery interval is not on the community's grid.
    BadInterval = 21,
    /// The carrier is not traded here.
    NotTraded = 22,
    /// There is no such tariff.
    UnknownTariff = 23,
    /// The amount is not positive or is beyond its bound.
    BadAmount = 24,
    /// The available balance does not suffice.
    InsufficientFunds = 25,
    /// The guarantor's fund does not suffice for the loan.
    GuarantorExhausted = 26,
    /// The interval is beyond the trading horizon, or not over yet.
    TooEarly = 30,
    /// The gate of this interval is closed.
    GateClosed = 31,
    /// The book is frozen until its clearing.
    BookFrozen = 32,
    /// The energy is not positive or is beyond its bound.
    BadEnergy = 33,
    /// The limit is outside the market's floor and cap.
    OutsideCollar = 34,
    /// The sum of open orders and trades exceeds the metering point's capacity.
    BeyondCapacity = 35,
    /// The order would trade with the account's own, or the account pay itself.
    SelfTrade = 36,
    /// The rule does not take such orders.
    NotForThisRule = 37,
    /// There is no such open order.
    UnknownOrder = 38,
    /// A step curve does not get strictly worse from step to step, or a wish contradicts its order.
    BadWish = 39,
    /// The book must be closed before it is cleared.
    NotFrozen = 40,
    /// The claim is not of the rule's kind.
    WrongClaim = 41,
    /// A bid and an offer that cross are left unfilled.
    TradeLeft = 42,
    /// The claimed price does not separate filled from unfilled orders.
    NotEquilibrium = 43,
    /// The price paid is not the one the rule's convention gives.
    WrongPrice = 44,
    /// The merit order is incomplete, repeated or not monotone.
    MeritOrder = 45,
    /// Energy bought is not energy sold.
    Unbalanced = 46,
    /// The claimed trades or prices do not meet the conditions of the optimum.
    NotOptimal = 47,
    /// The claimed prices do not prove what the others would gain without an account.
    WrongPayment = 48,
    /// The stages of the pipeline or the refused orders are not those that the procedure gives.
    WrongStage = 49,
    /// The reading is negative, beyond the metering point's capacity, or of a point without a meter.
    BadReading = 50,
    /// The reading's sequence number is not the meter's next, nor a later one where readings may be missing.
    ReadingOutOfSequence = 51,
    /// The interval has a reading of this meter already.
    ReadingTwice = 52,
    /// A metering point has no reading for the interval yet.
    ReadingMissing = 53,
    /// The interval's book has not been cleared.
    NotCleared = 54,
    /// The interval is settled, or before the last settled one.
    AlreadySettled = 55,
    /// The tariff's dynamic price for this interval was not published.
    PriceUnknown = 56,
    /// A price for this interval was published before.
    PricePublished = 57,
    /// An earlier interval of the carrier is not settled yet.
    OutOfOrder = 58,
    /// No correction waits for the interval, or it is shared and not settled yet, or the meter was not there then.
    NothingToCorrect = 59,
    /// The root is not that of the state.
    WrongRoot = 60,
    /// A conversion or storage gives more than physics allows, has no output, or two of one carrier.
    BadConversion = 61,
    /// The register shows less than before without having rolled over, or more than its digits hold; or the meter
    /// reports in another way.
    BadRegister = 62,
    /// The correction window of the interval is over.
    CorrectionTooLate = 63,
    /// The terms or the tariff would hold from before what is settled, or before an earlier version.
    Retroactive = 64,
    /// A metering point would be behind itself, behind one of another carrier, or shared out beyond the whole; or
    /// something hangs already on how it is metered.
    BadArrangement = 65,
    /// The ledger does not carry this command or rule, though the market does: a contract that judges commands takes
    /// fewer of them.
    NotOnThisLedger = 66,
}

impl Rejection {
    /// Every refusal, by number.
    pub const ALL: [Self; 55] = [
        Self::Malformed,
        Self::NotFounded,
        Self::AlreadyFounded,
        Self::BadTerms,
        Self::UnknownAccount,
        Self::UnknownMeter,
        Self::BadSignature,
        Self::StaleNonce,
        Self::ForeignMeter,
        Self::AddressTaken,
        Self::TooMany,
        Self::TimeRunsBackwards,
        Self::BadInterval,
        Self::NotTraded,
        Self::UnknownTariff,
        Self::BadAmount,
        Self::InsufficientFunds,
        Self::GuarantorExhausted,
        Self::TooEarly,
        Self::GateClosed,
        Self::BookFrozen,
        Self::BadEnergy,
        Self::OutsideCollar,
        Self::BeyondCapacity,
        Self::SelfTrade,
        Self::NotForThisRule,
        Self::UnknownOrder,
        Self::BadWish,
        Self::NotFrozen,
        Self::WrongClaim,
        Self::TradeLeft,
        Self::NotEquilibrium,
        Self::WrongPrice,
        Self::MeritOrder,
        Self::Unbalanced,
        Self::NotOptimal,
        Self::WrongPayment,
        Self::WrongStage,
        Self::BadReading,
        Self::ReadingOutOfSequence,
        Self::ReadingTwice,
        Self::ReadingMissing,
        Self::NotCleared,
        Self::AlreadySettled,
        Self::PriceUnknown,
        Self::PricePublished,
        Self::OutOfOrder,
        Self::NothingToCorrect,
        Self::WrongRoot,
        Self::BadConversion,
        Self::BadRegister,
        Self::CorrectionTooLate,
        Self::Retroactive,
        Self::BadArrangement,
        Self::NotOnThisLedger,
    ];

    /// Its number.
    #[must_use]
    pub const fn code(self) -> u16 {
        self as u16
    }

    /// Whether it says, of a clearing, that its claim is wrong, not that it comes at a wrong time or place.
    #[must_use]
    pub const fn is_about_a_claim(self) -> bool {
        let code = self.code();
        (code >= Self::WrongClaim.code() && code <= Self::WrongStage.code())
            || matches!(self, Self::BadConversion)
    }

    /// The law that accepting the command would have broken.
    #[must_use]
    pub const fn law(self) -> Law {
        match self {
            Self::Malformed | Self::NotFounded | Self::BadTerms => Law::A3,
            Self::AlreadyFounded => Law::S7,
            Self::UnknownAccount
            | Self::UnknownMeter
            | Self::BadSignature
            | Self::ForeignMeter
            | Self::AddressTaken => Law::A1,
            Self::StaleNonce | Self::NotCleared => Law::D3,
            Self::TooMany
            | Self::NotTraded
            | Self::TooEarly
            | Self::GateClosed
            | Self::BookFrozen
            | Self::NotForThisRule
            | Self::UnknownOrder
            | Self::BadWish
            | Self::NotFrozen
            | Self::NotOnThisLedger => Law::C12,
            Self::TimeRunsBackwards => Law::C9,
            Self::BadInterval | Self::ReadingTwice | Self::ReadingMissing => Law::D2,
            Self::UnknownTariff | Self::PriceUnknown => Law::S4,
            Self::BadAmount => Law::S3,
            Self::InsufficientFunds | Self::GuarantorExhausted => Law::S6,
            Self::BadEnergy => Law::C1,
            Self::OutsideCollar => Law::C8,
            Self::BeyondCapacity | Self::BadReading => Law::D1,
            Self::SelfTrade => Law::C11,
            Self::WrongClaim
            | Self::NotEquilibrium
            | Self::WrongPrice
            | Self::MeritOrder
            | Self::WrongStage => Law::C6,
            Self::NotOptimal => Law::C7,
            Self::WrongPayment => Law::C4,
            Self::TradeLeft => Law::C5,
            Self::Unbalanced => Law::C2,
            Self::ReadingOutOfSequence | Self::BadRegister => Law::A2,
            Self::BadConversion => Law::S9,
            Self::CorrectionTooLate | Self::Retroactive | Self::NothingToCorrect => Law::S8,
            Self::BadArrangement => Law::D4,
            Self::AlreadySettled | Self::PricePublished | Self::OutOfOrder => Law::S8,
            Self::WrongRoot => Law::A4,
        }
    }

    /// What is wrong, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Malformed => "the bytes are not a command in canonical encoding",
            Self::NotFounded => "the ledger has no community yet",
            Self::AlreadyFounded => "the community exists already",
            Self::BadTerms => "the community's terms contradict themselves",
            Self::UnknownAccount => "there is no such account",
            Self::UnknownMeter => "there is no such metering point",
            Self::BadSignature => {
                "the signature is missing, invalid, or not by a key that may give this command"
            }
            Self::StaleNonce => "the nonce is not larger than the account's last",
            Self::ForeignMeter => "the metering point does not belong to this account",
            Self::AddressTaken => "another account has this address",
            Self::TooMany => "a table is full",
            Self::TimeRunsBackwards => "the time is before the ledger's",
            Self::BadInterval => "the delivery interval is not on the community's grid",
            Self::NotTraded => "the carrier is not traded here",
            Self::UnknownTariff => "there is no such tariff",
            Self::BadAmount => "the amount is not positive or is beyond its bound",
            Self::InsufficientFunds => "the available balance does not suffice",
            Self::GuarantorExhausted => "the guarantor's fund does not suffice for the loan",
            Self::TooEarly => "the interval is beyond the trading horizon, or not over yet",
            Self::GateClosed => "the gate of this interval is closed",
            Self::BookFrozen => "the book is frozen until its clearing",
            Self::BadEnergy => "the energy is not positive or is beyond its bound",
            Self::OutsideCollar => "the limit is outside the market's floor and cap",
            Self::BeyondCapacity => "the sum of open orders and trades exceeds the metering point's capacity",
            Self::SelfTrade => "the order would trade with the account's own, or the account pay itself",
            Self::NotForThisRule => "the rule does not take such orders",
            Self::UnknownOrder => "there is no such open order",
            Self::BadWish => {
                "the curve does not get strictly worse from step to step, or a wish contradicts its order"
            }
            Self::NotFrozen => "the book must be closed before it is cleared",
            Self::WrongClaim => "the claim is not of the rule's kind",
            Self::TradeLeft => "a bid and an offer that cross are left unfilled",
            Self::NotEquilibrium => "the claimed price does not separate filled from unfilled orders",
            Self::WrongPrice => "the price paid is not the one the rule's convention gives",
            Self::MeritOrder => "the merit order is incomplete, repeated or not monotone",
            Self::Unbalanced => "energy bought is not energy sold",
            Self::NotOptimal => "the claimed trades or prices do not meet the conditions of the optimum",
            Self::WrongPayment => {
                "the claimed prices do not prove what the others would gain without an account"
            }
            Self::WrongStage => "the stages or the refused orders are not those that the procedure gives",
            Self::BadReading => {
                "the reading is negative, beyond the metering point's capacity, or of a point without a meter"
            }
            Self::ReadingOutOfSequence => "the reading's sequence number is not the meter's next",
            Self::ReadingTwice => "the interval has a reading of this meter already",
            Self::ReadingMissing => "a metering point has no reading for the interval yet",
            Self::NotCleared => "the interval's book has not been cleared",
            Self::AlreadySettled => "the interval is settled, or before the last settled one",
            Self::PriceUnknown => "the tariff's dynamic price for this interval was not published",
            Self::PricePublished => "a price for this interval was published before",
            Self::OutOfOrder => "an earlier interval of the carrier is not settled yet",
            Self::NothingToCorrect => {
                "no correction waits for the interval, or it is shared and not settled yet"
            }
            Self::WrongRoot => "the root is not that of the state",
            Self::BadConversion => {
                "a conversion or storage gives more than physics allows, has no output, or two of one carrier"
            }
            Self::BadRegister => "the register shows less than before, more than its digits hold, or is none",
            Self::CorrectionTooLate => "the correction window of the interval is over",
            Self::Retroactive => {
                "the terms would hold from before what is settled, or from before an earlier version"
            }
            Self::BadArrangement => {
                "the metering point would be behind itself, of another carrier, shared out beyond the whole, or counts"
            }
            Self::NotOnThisLedger => "the ledger does not carry this command or rule",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (rejection {}, law {})", self.words(), self.code(), self.law().number())
    }
}

impl core::error::Error for Rejection {}
