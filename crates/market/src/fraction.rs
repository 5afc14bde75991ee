//! Exact fractions for k, shares and percentages; parsed without floats.

/// A fraction in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fraction {
    numerator: u32,
    denominator: u32,
}

impl Fraction {
    /// 0
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };
    /// ½
    pub const HALF: Self = Self { numerator: 1, denominator: 2 };
    /// 1
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// `numerator / denominator`; `None` unless it lies in [0, 1].
    #[must_use]
    pub const fn new(numerator: u32, denominator: u32) -> Option<Self> {
        if denominator > 0 && numerator <= denominator { Some(Self { numerator, denominator }) } else { None }
    }

    /// An exact decimal such as `0.5` or `1`, at most nine places; `None` if it is anything else or outside [0, 1].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, places) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || places.len() > 9 || !digits(whole) || !digits(places) {
            return None;
        }
        let denominator = 10_u32.pow(places.len() as u32);
        let whole: u32 = whole.parse().ok()?;
        let places: u32 = if places.is_empty() { 0 } else { places.parse().ok()? };
        Self::new(whole.checked_mul(denominator)?.checked_add(places)?, denominator)
    }

    /// How many parts of `whole` it is; `None` where it is not a whole number of them.
    #[must_use]
    pub fn in_parts_of(self, whole: u64) -> Option<u64> {
        let product = u128::from(whole) * u128::from(self.numerator);
        let denominator = u128::from(self.denominator);
        product.is_multiple_of(denominator).then_some((product / denominator) as u64)
    }

    /// The number above the line.
    #[must_use]
    pub const fn numerator(self) -> u32 {
        self.numerator
    }

    /// The number below the line; never 0.
    #[must_use]
    pub const fn denominator(self) -> u32 {
        self.denominator
    }

    /// ⌊self · amount⌋, rounding toward −∞.
    #[must_use]
    pub fn of(self, amount: i64) -> i64 {
        match amount.checked_mul(i64::from(self.numerator)) {
            Some(product) => product.div_euclid(i64::from(self.denominator)), // the common case, several times faster
            None => {
                let product = i128::from(amount) * i128::from(self.numerator);
                product.div_euclid(i128::from(self.denominator)) as i64
            }
        }
    }
}
