//! Files that were cut, damaged or made up are refused in words; nothing in them makes the program fall over.

use agents::Random;
use learning::environment::deep_sea::DeepSea;
use learning::{
    Appliance, FeatureSet, Home, Homes, Options, Policy, Preference, Records, Scales, Series, Trainer,
    home::Usage, play,
};
use market::keccak256;

const SCALES: Scales = Scales { cost: 1.0, peak: 2e3, delay: 6.0 };
/// Length of the hash at the end of a file.
const HASH: usize = 32;

/// What stands in for eight bytes of a made-up file: none, one, many, no number, endless, and the least of all.
const ABSURD: [u64; 8] = [
    0,
    1,
    u64::MAX,
    i64::MAX as u64,
    1 << 40,
    f64::NAN.to_bits(),
    f64::INFINITY.to_bits(),
    f64::MIN_POSITIVE.to_bits(),
];

fn home() -> Home {
    let machine = |name: &str, power, duration, probability| Appliance {
        name: name.into(),
        power,
        duration,
        usage: Usage { probability, requested: (0, 2), patience: (1, 3) },
    };
    Home {
        appliances: vec![machine("heater", 1e3, 2, 1.0), machine("washer", 500.0, 1, 0.5)],
        slots: 8,
        hours: 1.0,
        begins: 6.0,
    }
}

fn records(slots: usize) -> Records {
    let mut random = Random::of(1, "days");
    let mut flow = |most: f64| -> Vec<f64> { (0..3 * slots).map(|_| most * random.unit()).collect() };
    let (prices, net, expected) = (flow(0.4), flow(2e3), flow(2e3));
    let feed_in = vec![0.0; 3 * slots];
    Records::new(slots, Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected })
        .unwrap()
}

fn small(residual: bool) -> Options {
    let doubts = if residual { vec![0.0, 1.0, 0.0] } else { vec![] };
    Options {
        residual,
        doubts,
        relabel: !residual,
        hidden: vec![4],
        rounds: 3,
        updates: 2,
        batch: 8,
        ..Options::default()
    }
}

/// A policy's bytes.
fn policy(residual: bool) -> Vec<u8> {
    let homes = Homes::new(home(), records(8), SCALES, FeatureSet::ALL, 4).unwrap();
    let mut trainer = Trainer::new(homes, small(residual), 1).unwrap();
    while !trainer.is_finished() {
        trainer.advance(1);
    }
    Policy::new(trainer.agents(), home(), SCALES, FeatureSet::ALL).unwrap().to_bytes()
}

/// A checkpoint's bytes; `read` takes it up again.
fn checkpoint() -> Vec<u8> {
    let mut trainer = Trainer::new(DeepSea::new(3, 6), small(false), 1).unwrap();
    for _ in 0..2 {
        trainer.advance(1);
    }
    trainer.checkpoint()
}

/// Takes it up and goes on; what it said otherwise.
fn resume(bytes: &[u8]) -> Result<(), String> {
    let trainer = Trainer::resume(DeepSea::new(3, 6), small(false), 1, bytes);
    let mut trainer = trainer.map_err(|error| error.to_string())?;
    while !trainer.is_finished() {
        trainer.advance(1);
    }
    Ok(())
}

/// Reads it and lives a day by it; what it said otherwise.
fn live(bytes: &[u8]) -> Result<(), String> {
    let mut policy = Policy::from_bytes(bytes).map_err(|error| error.to_string())?;
    let (home, scales) = (policy.home().clone(), *policy.scales());
    if home.slots <= 100 {
        let day = records(home.slots).draw(0, &home, &mut Random::of(1, "requests"));
        for preference in Preference::grid(2) {
            play(&home, &day, preference, &scales, &mut policy);
        }
    }
    Ok(())
}

/// How a file is read.
type Read = fn(&[u8]) -> Result<(), String>;

fn files() -> [(Vec<u8>, Read); 3] {
    [(policy(false), live), (policy(true), live), (checkpoint(), resume)]
}

#[test]
fn a_file_that_was_cut_anywhere_or_has_a_wrong_bit_is_refused_in_words() {
    let mut random = Random::of(1, "bits");
    for (bytes, read) in files() {
        assert_eq!(read(&bytes), Ok(()));
        let refused = |bytes: &[u8], what: &str, place: usize| {
            let said = read(bytes).expect_err(what);
            let words = ["is damaged", "does not begin with"];
            assert!(words.iter().any(|words| said.contains(words)), "{what} {place}: {said}");
        };
        for length in 0..bytes.len() {
            refused(&bytes[..length], "cut at", length);
        }
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1 << random.between(0, 7);
            refused(&flipped, "byte", place);
        }
        let longer = [&bytes[..], &[0]].concat();
        refused(&longer, "longer", longer.len());
    }
}

#[test]
fn a_file_that_was_made_up_is_refused_or_does_no_harm() {
    let mut random = Random::of(1, "absurd");
    for (bytes, read) in files() {
        let title = 1 + bytes.iter().position(|byte| *byte == b'\n').unwrap();
        let (content, end) = (&bytes[..bytes.len() - HASH], bytes.len() - HASH);
        let mut refused = 0;
        let mut attempt = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut made = content.to_vec();
            change(&mut made);
            made.extend(keccak256(&made));
            refused += usize::from(read(&made).is_err());
        };
        for place in title..end {
            let bit = 1 << random.between(0, 7);
            attempt(&|made| made[place] ^= bit);
            attempt(&|made| made.truncate(place));
        }
        for place in title..end - 8 {
            for value in ABSURD {
                attempt(&|made| made[place..place + 8].copy_from_slice(&value.to_le_bytes()));
            }
        }
        assert!(refused > end - title, "{refused} of all that was made up");
    }
}
