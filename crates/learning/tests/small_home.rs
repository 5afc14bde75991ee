//! A small home where nothing is left to chance: what agents learn is what dynamic programming says.

use agents::Random;
use learning::agent::{Agents, Target};
use learning::exact::{Dynamic, Noise};
use learning::home::Usage;
use learning::network::Scratch;
use learning::{
    Appliance, Day, FeatureSet, Features, Home, Homes, Moment, Options, Preference, Records, Scales,
    Scheduler, Series, Trainer, play,
};

const SCALES: Scales = Scales { cost: 1.0, peak: 2e3, delay: 6.0 };

/// Steps of the grid of preferences.
const STEPS: usize = 5;

/// Two machines that are asked for at known times, six slots.
fn home() -> Home {
    let machine = |name: &str, power, duration, requested, patience| Appliance {
        name: name.into(),
        power,
        duration,
        usage: Usage { probability: 1.0, requested: (requested, requested), patience: (patience, patience) },
    };
    let appliances = vec![machine("heater", 1e3, 2, 0, 3), machine("washer", 500.0, 1, 1, 3)];
    Home { appliances, slots: 6, hours: 1.0, begins: 0.0 }
}

const PRICES: [f64; 6] = [0.4, 0.3, 0.5, 0.2, 0.1, 0.3];
const NET: [f64; 6] = [300.0, 200.0, 100.0, 800.0, 600.0, 200.0];

fn records() -> Records {
    Records::new(6, Series { prices: &PRICES, feed_in: &[0.0; 6], net: &NET, expected: &NET }).unwrap()
}

/// Acts by a coin, so that every state is met, and notes how far the agents' values are from dynamic programming.
struct Compare {
    agents: Agents,
    features: Features,
    dynamic: Dynamic,
    scratch: Scratch,
    coin: Random,
    errors: Vec<f64>,
}

impl Scheduler for Compare {
    fn name(&self) -> &str {
        "comparison"
    }

    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        let mut state = vec![0.0; self.features.count()];
        self.features.write(moment, &mut state);
        let preference = [moment.preference.cost, moment.preference.peak, moment.preference.delay];
        let preference = preference.map(|weight| weight as f32);
        let agent = moment.appliance;
        let learned = self.agents.values(agent, &state, &[0.0; 3], &preference, &[], &mut self.scratch);
        let values = self.dynamic.values(moment);
        let losses = [values.wait, values.start].map(|outcome| moment.preference.loss(&outcome, &SCALES));
        let errors = learned.iter().zip(losses).map(|(learned, loss)| (f64::from(*learned) + loss).abs());
        self.errors.extend(errors);
        self.coin.unit() < 0.5
    }
}

#[test]
fn values_are_those_of_dynamic_programming_at_every_preference_of_the_grid() {
    let homes = Homes::new(home(), records(), SCALES, FeatureSet::ALL, 32).unwrap();
    // Many small steps: what is rarely met has to be right as well.
    let options = Options {
        knots: STEPS,
        only_knots: true,
        dueling: false,
        rounds: 300,
        updates: 300,
        batch: 64,
        exploration: (1.0, 1.0),
        rate: (2e-3, 2e-6),
        target: Target::Soft(0.1),
        memory: 40,
        ..Options::default()
    };
    let mut trainer = Trainer::new(homes, options, 1).unwrap();
    while !trainer.is_finished() {
        trainer.advance(2);
    }
    let mut compare = Compare {
        agents: trainer.agents(),
        features: Features::new(&home(), FeatureSet::ALL),
        dynamic: Dynamic::new(home(), Noise::none()),
        scratch: Scratch::default(),
        coin: Random::of(1, "way"),
        errors: Vec::new(),
    };
    let grid = Preference::grid(STEPS);
    for preference in &grid {
        for _ in 0..12 {
            let day: Day = records().draw(0, &home(), &mut Random::of(1, "day"));
            play(&home(), &day, *preference, &SCALES, &mut compare);
        }
    }
    let largest = compare.errors.iter().copied().fold(0.0, f64::max);
    assert!(grid.len() == 21 && compare.errors.len() > 1_500, "{} values", compare.errors.len());
    assert!(largest < 1e-3, "an error of {largest}");
}
