//! A small home where nothing is left to chance: what agents learn is what dynamic programming says.

use agents::Random;
use learning::agent::Agents;
use learning::exact::{Dynamic, Noise};
use learning::home::Usage;
use learning::network::Scratch;
use learning::{
    Appliance, Day, FeatureSet, Features, Home, Homes, Moment, Options, Preference, Records, Scales,
    Scheduler, Series, Trainer, play,
};

const SCALES: Scales = Scales { cost: 1.0, peak: 2e3, delay: 6.0 };

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

/// Acts by dynamic programming and notes how far the agents' values are from it.
struct Compare {
    agents: Agents,
    features: Features,
    dynamic: Dynamic,
    scratch: Scratch,
    decisions: usize,
    error: f64,
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
        for (learned, loss) in learned.iter().zip(losses) {
            self.error = self.error.max((f64::from(*learned) + loss).abs());
        }
        self.decisions += 1;
        losses[1] <= losses[0]
    }
}

#[test]
fn values_are_those_of_dynamic_programming() {
    let homes = Homes::new(home(), records(), SCALES, FeatureSet::ALL, 32).unwrap();
    let options = Options {
        rounds: 300,
        updates: 100,
        faces: 1.0,
        exploration: (1.0, 1.0),
        rate: (2e-3, 2e-6),
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
        decisions: 0,
        error: 0.0,
    };
    // The corners: in between, one network has to hold a function with kinks for every preference at once.
    for preference in Preference::grid(1) {
        let day: Day = records().draw(0, &home(), &mut Random::of(1, "day"));
        play(&home(), &day, preference, &SCALES, &mut compare);
    }
    let Compare { decisions, error, .. } = compare;
    assert!(decisions >= 12 && error < 1e-3, "{decisions} decisions, an error of {error}");
}
