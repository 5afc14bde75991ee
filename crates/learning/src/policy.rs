//! What was learned, as a [`Scheduler`] and as bytes that know the home they are for.

use crate::agent::{Agents, Credit, Head, Networks, Options, OptionsError, Scalarisation, Sight};
use crate::environment::{FeatureSet, Features, Outlook, Shape};
use crate::file::{FileError, Reader, Writer};
use crate::home::{Appliance, Home, Scales, Usage};
use crate::network::{Network, Scratch};
use crate::schedule::{Moment, Scheduler};

const TITLE: &str = "wattle policy 2";

/// Agents that have learned to run a home, for every preference.
#[derive(Clone, Debug)]
pub struct Policy {
    home: Home,
    scales: Scales,
    set: FeatureSet,
    agents: Agents,
    features: Features,
    outlook: Outlook,
    state: Vec<f32>,
    scratch: Scratch,
}

impl Policy {
    /// Agents that learned on this home, with these scales and features.
    ///
    /// # Errors
    /// Where they were made for other sizes, or weigh otherwise than by a sum: a home's loss is one.
    pub fn new(agents: Agents, home: Home, scales: Scales, set: FeatureSet) -> Result<Self, OptionsError> {
        let features = Features::new(&home, set);
        let sight = &agents.sight;
        if sight.scalarisation != Scalarisation::Linear {
            return Err(OptionsError("the loss of a home is a sum: choose the linear scalarisation"));
        }
        let shape = shape(&home, &features);
        if (sight.features, sight.actions, sight.objectives)
            != (shape.features, shape.actions, shape.objectives)
            || agents.networks.len() != agents.options.networks(&shape)
        {
            return Err(OptionsError("the agents learned on another home or from other features"));
        }
        let (state, scratch) = (vec![0.0; features.count()], Scratch::default());
        Ok(Self { home, scales, set, agents, features, outlook: Outlook::default(), state, scratch })
    }

    /// The home it is for.
    #[must_use]
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// The scales it learned with; it should be asked with them.
    #[must_use]
    pub fn scales(&self) -> &Scales {
        &self.scales
    }

    /// The policy as bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(TITLE);
        let Home { appliances, slots, hours, begins } = &self.home;
        writer.number(*slots as u64);
        writer.float(*hours);
        writer.float(*begins);
        writer.number(appliances.len() as u64);
        for Appliance { name, power, duration, usage } in appliances {
            writer.bytes(name.as_bytes());
            writer.float(*power);
            writer.number(*duration as u64);
            writer.float(usage.probability);
            let (requested, patience) = (usage.requested, usage.patience);
            [requested.0, requested.1, patience.0, patience.1]
                .into_iter()
                .for_each(|slot| writer.number(slot as u64));
        }
        let scales = [self.scales.cost, self.scales.peak, self.scales.delay];
        scales.into_iter().for_each(|scale| writer.float(scale));
        writer.number(self.set.bits().into());
        let Options { networks, head, residual, doubts, trust, knots, hidden, dueling, .. } =
            &self.agents.options;
        let choices = [*networks == Networks::Shared, *head == Head::Vector, *residual, *dueling];
        choices.into_iter().for_each(|choice| writer.number(choice.into()));
        writer.number(doubts.len() as u64);
        writer.floats(doubts);
        // Without a limit it is infinite, which is no number to write.
        writer.float(f64::from(trust.min(f32::MAX)));
        writer.number(*knots as u64);
        writer.number(hidden.len() as u64);
        hidden.iter().for_each(|units| writer.number(*units as u64));
        self.agents.networks.iter().for_each(|network| writer.floats(&network.weights));
        writer.finish()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    ///
    /// # Errors
    /// Where the bytes are no policy, or a damaged one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FileError> {
        let mut reader = Reader::new(TITLE, bytes)?;
        let slots = reader.count("the slots of a day")?;
        let (hours, begins) = (reader.float("the length of a slot")?, reader.float("the begin of a day")?);
        let mut appliances = Vec::new();
        for _ in 0..reader.count("the count of appliances")? {
            appliances.push(Appliance {
                name: reader.text("a name")?.into(),
                power: reader.float("a power")?,
                duration: reader.count("a duration")?,
                usage: Usage {
                    probability: reader.float("a probability")?,
                    requested: (reader.count("a first request")?, reader.count("a last request")?),
                    patience: (reader.count("a least patience")?, reader.count("a most patience")?),
                },
            });
        }
        let home = Home { appliances, slots, hours, begins };
        home.check().map_err(|_| FileError::Content("the home"))?;
        let mut scale = || reader.float("a scale").ok().filter(|scale| *scale > 0.0);
        let scales = [scale(), scale(), scale()];
        let [Some(cost), Some(peak), Some(delay)] = scales else { return Err(FileError::Content("a scale")) };
        let set = u16::try_from(reader.number("the features")?).ok().and_then(FeatureSet::from_bits);
        let set = set.ok_or(FileError::Content("the features"))?;
        let mut choice = || match reader.number("a choice")? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(FileError::Content("a choice")),
        };
        let [shared, vector, residual, dueling] = [choice()?, choice()?, choice()?, choice()?];
        let doubts = reader.count("the count of doubts")?;
        let doubts = reader.floats(doubts, "the doubts")?;
        let trust = reader.float("the trust")? as f32;
        let knots = reader.count("the knots")?;
        let mut hidden = Vec::new();
        for _ in 0..reader.count("the count of layers")? {
            hidden.push(reader.count("the units of a layer")?);
        }
        let options = Options {
            networks: if shared { Networks::Shared } else { Networks::Independent },
            // Of no account to one who has learned, but it must go with the rest.
            credit: if shared { Credit::Joint } else { Credit::Team },
            relabel: !residual,
            head: if vector { Head::Vector } else { Head::Scalar },
            residual,
            doubts,
            trust,
            knots,
            dueling,
            hidden,
            ..Options::default()
        };
        let shape = shape(&home, &Features::new(&home, set));
        options.check(&shape).map_err(|_| FileError::Content("the choices"))?;
        let sight = Sight::new(&options, &shape);
        let layout = sight.layout(&options);
        let mut networks = Vec::new();
        for _ in 0..options.networks(&shape) {
            let weights = reader.floats(layout.weights(), "the weights of a network")?;
            networks.push(Network { layout: layout.clone(), weights });
        }
        reader.finish()?;
        let agents = Agents { options, sight, networks };
        Self::new(agents, home, Scales { cost, peak, delay }, set)
            .map_err(|_| FileError::Content("the agents"))
    }
}

/// The sizes of a home's decisions, one day at a time.
fn shape(home: &Home, features: &Features) -> Shape {
    let (agents, features) = (home.appliances.len(), features.count());
    Shape { lanes: 1, agents, features, actions: 2, objectives: 3 }
}

impl Scheduler for Policy {
    fn name(&self) -> &str {
        "learned"
    }

    /// # Panics
    /// Where the moment is one of another home.
    fn starts(&mut self, moment: &Moment<'_>) -> bool {
        assert_eq!(moment.home, &self.home, "a policy runs the home that it learned on");
        self.features.write(moment, &mut self.state);
        let preference = [moment.preference.cost, moment.preference.peak, moment.preference.delay];
        let preference = preference.map(|weight| weight as f32);
        let losses = if self.agents.sight.residual { self.outlook.losses(moment) } else { [0.0; 2] };
        let expected = losses.map(|loss| -loss as f32);
        if let Some(only) = self.agents.sight.only(&preference, &expected) {
            return only == 1;
        }
        let Self { agents, state, scratch, .. } = self;
        agents.act(moment.appliance, state, &[0.0; 3], &preference, &expected, scratch) == 1
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::environment::Homes;
    use crate::example;
    use crate::home::{Preference, Records, Series};
    use crate::schedule::play;
    use crate::train::Trainer;
    use agents::Random;

    pub(crate) fn learned(residual: bool, networks: Networks) -> (Policy, Vec<crate::home::Day>) {
        let home = example::home();
        let mut random = Random::of(3, "policy");
        let days: Vec<_> = (0..8).map(|_| example::day(&home, 0.0, &mut random)).collect();
        let column =
            |of: fn(&crate::home::Day) -> &Vec<f64>| days.iter().flat_map(of).copied().collect::<Vec<_>>();
        let (prices, feed_in) = (column(|day| &day.prices), column(|day| &day.feed_in));
        let (net, expected) = (column(|day| &day.net), column(|day| &day.expected));
        let series = Series { prices: &prices, feed_in: &feed_in, net: &net, expected: &expected };
        let records = Records::new(home.slots, series).unwrap();
        let homes = Homes::new(home.clone(), records, example::SCALES, FeatureSet::ALL, 16).unwrap();
        let credit = Credit::Team;
        let options = Options {
            networks,
            credit,
            residual,
            relabel: !residual,
            rounds: 8,
            updates: 4,
            hidden: vec![8],
            ..Options::default()
        };
        let mut trainer = Trainer::new(homes, options, 1).unwrap();
        while !trainer.is_finished() {
            trainer.advance(1);
        }
        (Policy::new(trainer.agents(), home, example::SCALES, FeatureSet::ALL).unwrap(), days)
    }

    #[test]
    fn a_policy_that_was_written_decides_like_the_one_that_learned() {
        for (residual, networks) in [(false, Networks::Shared), (true, Networks::Independent)] {
            let (mut policy, days) = learned(residual, networks);
            let bytes = policy.to_bytes();
            let mut read = Policy::from_bytes(&bytes).unwrap();
            assert_eq!((read.home(), read.scales()), (policy.home(), policy.scales()));
            assert!(read.to_bytes() == bytes);
            for day in &days {
                for preference in Preference::grid(2) {
                    let starts = |policy| play(&example::home(), day, preference, &example::SCALES, policy).0;
                    assert_eq!(starts(&mut read), starts(&mut policy));
                }
            }
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        let bytes = learned(false, Networks::Shared).0.to_bytes();
        let mut damaged = bytes.clone();
        damaged[100] ^= 1;
        assert_eq!(Policy::from_bytes(&damaged).err(), Some(FileError::Damaged(bytes.len())));
        assert_eq!(Policy::from_bytes(b"PK").err(), Some(FileError::Title(TITLE)));
        let mut writer = Writer::new(TITLE);
        writer.number(0);
        assert_eq!(
            Policy::from_bytes(&writer.finish()).err(),
            Some(FileError::Content("the length of a slot"))
        );
    }
}
