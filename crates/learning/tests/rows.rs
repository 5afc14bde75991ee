//! What agents are shown is the same to the last bit, however it comes to be computed.

use agents::Random;
use learning::home::tariff;
use learning::{Environment, FeatureSet, Home, Homes, Records, Scales, Series, Tariff};
use market::Keccak256;

/// The hash of all rows of two episodes of the default home, with panels, a load that is not as expected and a tariff
/// of events; some machines hurry, others wait.
fn hash(slots_per_hour: usize) -> String {
    let home = Home::standard(slots_per_hour);
    let prices = Tariff::London.prices(&home, 8, 3);
    let mut random = Random::of(3, "rows");
    let mut flow = || -> Vec<f64> { prices.iter().map(|_| 3e3 * random.unit() - 1e3).collect() };
    let (net, expected) = (flow(), flow());
    let feed_in = tariff::feed_in(&prices);
    let series = Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected };
    let records = Records::new(home.slots, series).unwrap();
    let scales = Scales::of(&home, &records, 1).unwrap();
    let mut homes = Homes::new(home, records, scales, FeatureSet::ALL, 32).unwrap();
    let mut hash = Keccak256::new();
    for eager in [0.3, 0.02] {
        homes.reset(&mut random);
        while let Some(turn) = homes.turn() {
            let bytes: Vec<u8> = turn.states.iter().flat_map(|value| value.to_le_bytes()).collect();
            hash.update(&bytes);
            let actions: Vec<u8> = turn.lanes.iter().map(|_| u8::from(random.unit() < eager)).collect();
            homes.act(&actions);
        }
    }
    hash.finish().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Recorded from the first implementation, which worked every number out from its definition, one after another.
#[test]
fn rows_are_those_of_the_definition_bit_by_bit() {
    assert_eq!(hash(1), "7f4451d94d5da8dd479f2bc17f0ab960627d1246b9fcf7c1c640f566fdc180b1");
    assert_eq!(hash(4), "095dfc4224828fc51b627519fc0094706c65fac58ef0aee90137c22cc43ae7e9");
}
