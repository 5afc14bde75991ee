//! Many days of one home at once: each lane plays a recorded day with requests of its own.
//!
//! Rewards: the cost of a run counts when it starts, as what it adds to the day's cost given the runs before
//! it; a slot of delay counts when it is waited; and the peak counts as what a start adds to the highest load
//! of the whole day, net load to come included. Each telescopes to the day's [`Outcome`].
//! That a reward knows the net load to come takes noise out of it and gives nothing away, because what has
//! been counted before a decision does not depend on it; but what was collected must not be shown to a policy
//! while the day lasts.

mod features;

pub use features::{FeatureSet, Features, Group};

mod outlook;

pub use outlook::Outlook;

use super::{Environment, Shape, Turn, View};
use crate::exact::{Enumeration, Run, Task, Weights};
use crate::home::{Home, Invalid, Outcome, Preference, Records, Request, Scales};
use crate::schedule::{Moment, Status};
use agents::Random;

/// Not asked for, or not started.
const NEVER: u16 = u16::MAX;

/// What lanes show as the preference of their moments; features do not look at it.
const ANY: Preference = Preference { cost: 1.0, peak: 0.0, delay: 0.0 };

/// Days of one home. Action 0 waits, 1 starts.
#[derive(Clone, Debug)]
pub struct Homes {
    home: Home,
    records: Records,
    scales: Scales,
    shape: Shape,
    /// Highest net load of each recorded day, W, ≥ 0.
    bases: Vec<f64>,

    /// The slot that is about to begin, and who decides next in it.
    slot: usize,
    next: usize,
    /// Lanes of the last turn.
    due: Vec<u32>,
    room: Room,
    /// What could still be done in hindsight.
    task: Task,
    enumeration: Enumeration,

    /// By lane: the recorded day.
    day: Vec<u32>,
    /// By lane: highest load of the day as things stand, W, ≥ 0.
    peak: Vec<f64>,
    /// By lane: highest load before a slot, W, ≥ 0, and that slot.
    past: Vec<(f64, u16)>,
    /// By lane and slot: power of the runs that have started, W.
    running: Vec<f64>,

    /// By agent and slot: lanes in which it is asked for then.
    asked: Vec<u32>,
    /// By agent: lanes in which it was asked for and has not started.
    waiting: Vec<u32>,
    /// By agent and lane: its request, and when it started.
    requested: Vec<u16>,
    latest: Vec<u16>,
    started: Vec<u16>,
    /// By agent and lane: what its run cost, €, and how long it has waited, slots.
    cost: Vec<f64>,
    waited: Vec<u16>,
}

/// What looks at moments, and room to work in.
#[derive(Clone, Debug, Default)]
struct Room {
    features: Features,
    outlook: Outlook,
    /// What agents see in the lanes of the last turn.
    states: Vec<f32>,
    /// Where the appliances of one lane stand.
    status: Vec<Status>,
}

impl Homes {
    /// `lanes` days at a time of one home, drawn evenly from its records.
    ///
    /// # Panics
    /// Where `lanes` is 0.
    pub fn new(
        home: Home,
        records: Records,
        scales: Scales,
        set: FeatureSet,
        lanes: usize,
    ) -> Result<Self, Invalid> {
        assert!(lanes > 0, "an environment has at least one lane");
        home.check()?;
        records.fits(&home)?;
        let features = Features::new(&home, set);
        let agents = home.appliances.len();
        let shape = Shape { lanes, agents, features: features.count(), actions: 2, objectives: 3 };
        let highest = |day| records.day(day).net.iter().fold(0.0, |highest: f64, net| highest.max(*net));
        Ok(Self {
            bases: (0..records.days()).map(highest).collect(),
            slot: home.slots,
            next: 0,
            due: Vec::with_capacity(lanes),
            day: vec![0; lanes],
            peak: vec![0.0; lanes],
            past: vec![(0.0, 0); lanes],
            running: vec![0.0; lanes * home.slots],
            asked: vec![0; agents * home.slots],
            waiting: vec![0; agents],
            requested: vec![NEVER; agents * lanes],
            latest: vec![NEVER; agents * lanes],
            started: vec![NEVER; agents * lanes],
            cost: vec![0.0; agents * lanes],
            waited: vec![0; agents * lanes],
            home,
            records,
            scales,
            room: Room { features, states: Vec::with_capacity(lanes * shape.features), ..Room::default() },
            task: Task::default(),
            enumeration: Enumeration::default(),
            shape,
        })
    }

    /// The slot of the last turn.
    #[must_use]
    pub fn slot(&self) -> usize {
        self.slot
    }

    /// The recorded day that a lane plays, from 0.
    #[must_use]
    pub fn recorded(&self, lane: usize) -> usize {
        self.day[lane] as usize
    }

    /// What is asked of an agent in a lane's day, now or later.
    #[must_use]
    pub fn request(&self, lane: usize, agent: usize) -> Option<Request> {
        let place = self.place(agent, lane);
        let (requested, latest) = (self.requested[place].into(), self.latest[place].into());
        (self.requested[place] != NEVER).then_some(Request { requested, latest })
    }

    /// When it started.
    #[must_use]
    pub fn started(&self, lane: usize, agent: usize) -> Option<usize> {
        let started = self.started[self.place(agent, lane)];
        (started != NEVER).then_some(started.into())
    }

    fn place(&self, agent: usize, lane: usize) -> usize {
        agent * self.shape.lanes + lane
    }

    /// Everybody's first look at a slot: who is asked for now.
    fn begin(&mut self) {
        for (agent, waiting) in self.waiting.iter_mut().enumerate() {
            *waiting += self.asked[agent * self.home.slots + self.slot];
        }
    }

    /// Starts an agent where it cannot wait any longer and notes where it must decide.
    fn gather(&mut self, agent: usize) {
        if self.waiting[agent] == 0 {
            return;
        }
        let slot = self.slot as u16;
        for lane in 0..self.shape.lanes {
            let place = self.place(agent, lane);
            if self.started[place] != NEVER || self.requested[place] > slot {
                continue;
            }
            if self.latest[place] == slot {
                self.start(agent, lane);
            } else {
                self.due.push(lane as u32);
            }
        }
    }

    fn start(&mut self, agent: usize, lane: usize) {
        let place = self.place(agent, lane);
        let appliance = &self.home.appliances[agent];
        let series = self.records.day(self.day[lane] as usize);
        let (from, to) = (self.slot, self.slot + appliance.duration);
        let running = &mut self.running[lane * self.home.slots..][from..to];
        let (mut cost, mut peak) = (0.0, self.peak[lane]);
        for (running, slot) in running.iter_mut().zip(from..to) {
            let without = series.net[slot] + *running;
            let load = without + appliance.power;
            cost += series.cost(&self.home, slot, load) - series.cost(&self.home, slot, without);
            peak = peak.max(load);
            *running += appliance.power;
        }
        self.cost[place] = cost;
        self.peak[lane] = peak;
        self.started[place] = self.slot as u16;
        self.waiting[agent] -= 1;
    }

    /// What is known in a lane when an agent decides. Writes `status`, which the moment shows.
    fn moment<'a>(
        &'a self,
        agent: usize,
        lane: usize,
        preference: Preference,
        status: &'a mut Vec<Status>,
    ) -> Moment<'a> {
        let request = |agent| {
            let place = self.place(agent, lane);
            Request { requested: self.requested[place].into(), latest: self.latest[place].into() }
        };
        status.clear();
        status.extend((0..self.shape.agents).map(|agent| match self.started[self.place(agent, lane)] {
            NEVER if request(agent).requested <= self.slot => Status::Waiting(request(agent)),
            NEVER => Status::Idle,
            started => Status::Started(started.into()),
        }));
        Moment {
            home: &self.home,
            preference,
            scales: &self.scales,
            slot: self.slot,
            appliance: agent,
            request: request(agent),
            status,
            running: &self.running[lane * self.home.slots..(lane + 1) * self.home.slots],
            peak: self.past[lane].0,
            series: self.records.day(self.day[lane] as usize),
        }
    }

    /// Writes what the agent sees in the lanes that are due.
    fn observe(&mut self, agent: usize) {
        let (slots, width) = (self.home.slots, self.shape.features);
        for lane in self.due.iter().map(|lane| *lane as usize) {
            let series = self.records.day(self.day[lane] as usize);
            let running = &self.running[lane * slots..(lane + 1) * slots];
            let (peak, until) = &mut self.past[lane];
            let past = usize::from(*until)..self.slot;
            for (net, running) in series.net[past.clone()].iter().zip(&running[past]) {
                *peak = peak.max(net + running);
            }
            *until = self.slot as u16;
        }
        let mut room = std::mem::take(&mut self.room);
        room.states.resize(self.due.len() * width, 0.0);
        for (lane, row) in self.due.iter().zip(room.states.chunks_exact_mut(width.max(1))) {
            room.features.write(&self.moment(agent, *lane as usize, ANY, &mut room.status), row);
        }
        self.room = room;
    }
}

impl Environment for Homes {
    fn shape(&self) -> Shape {
        self.shape
    }

    fn reset(&mut self, random: &mut Random) {
        let slots = self.home.slots;
        self.due.clear();
        self.running.fill(0.0);
        self.past.fill((0.0, 0));
        self.asked.fill(0);
        self.waiting.fill(0);
        self.started.fill(NEVER);
        self.cost.fill(0.0);
        self.waited.fill(0);
        for lane in 0..self.shape.lanes {
            let day = random.between(0, self.records.days() as i64 - 1) as usize;
            self.day[lane] = day as u32;
            self.peak[lane] = self.bases[day];
            for agent in 0..self.shape.agents {
                let request = self.home.appliances[agent].request(slots, random);
                let place = self.place(agent, lane);
                self.requested[place] = request.map_or(NEVER, |request| request.requested as u16);
                self.latest[place] = request.map_or(NEVER, |request| request.latest as u16);
                if let Some(request) = request {
                    self.asked[agent * slots + request.requested] += 1;
                }
            }
        }
        (self.slot, self.next) = (0, 0);
        self.begin();
    }

    fn turn(&mut self) -> Option<Turn<'_>> {
        assert!(self.due.is_empty(), "the last turn has to be acted upon first");
        while self.slot < self.home.slots {
            while self.next < self.shape.agents {
                let agent = self.next;
                self.next += 1;
                self.gather(agent);
                if !self.due.is_empty() {
                    self.observe(agent);
                    return Some(Turn { agent, lanes: &self.due, states: &self.room.states });
                }
            }
            (self.slot, self.next) = (self.slot + 1, 0);
            if self.slot < self.home.slots {
                self.begin();
            }
        }
        None
    }

    fn act(&mut self, actions: &[u8]) {
        assert_eq!(actions.len(), self.due.len(), "one action for each lane of the turn");
        let agent = self.next - 1;
        for (index, action) in actions.iter().enumerate() {
            let lane = self.due[index] as usize;
            match action {
                0 => {
                    let place = self.place(agent, lane);
                    self.waited[place] += 1;
                }
                1 => self.start(agent, lane),
                other => panic!("action {other} in lane {lane}: 0 waits and 1 starts"),
            }
        }
        self.due.clear();
    }

    fn collected(&self, lane: usize, view: View, into: &mut [f32]) {
        let own = |agent| {
            let place = self.place(agent, lane);
            (self.cost[place], f64::from(self.waited[place]))
        };
        let (cost, waited) = match view {
            View::Own(agent) => own(agent),
            View::Team => {
                (0..self.shape.agents).map(own).fold((0.0, 0.0), |sum, own| (sum.0 + own.0, sum.1 + own.1))
            }
        };
        into[0] = (-cost / self.scales.cost) as f32;
        into[1] = (-self.peak[lane] / self.scales.peak) as f32;
        into[2] = (-waited * self.home.hours / self.scales.delay) as f32;
    }

    fn expected(&mut self, lane: usize, preference: &[f32], into: &mut [f32]) {
        let mut room = std::mem::take(&mut self.room);
        let moment = self.moment(self.next - 1, lane, weights(preference), &mut room.status);
        let losses = room.outlook.losses(&moment);
        self.room = room;
        into.iter_mut().zip(losses).for_each(|(value, loss)| *value = -loss as f32);
    }

    fn hindsight(&mut self, lane: usize, preference: &[f32]) -> f32 {
        let preference = weights(preference);
        let mut task = std::mem::take(&mut self.task);
        let series = self.records.day(self.day[lane] as usize);
        task.hours = self.home.hours;
        task.weights = Weights::new(&preference, &self.scales);
        task.prices.clear();
        task.prices.extend_from_slice(series.prices);
        task.feed_in.clear();
        task.feed_in.extend_from_slice(series.feed_in);
        let running = &self.running[lane * self.home.slots..(lane + 1) * self.home.slots];
        task.load.clear();
        task.load.extend(series.net.iter().zip(running).map(|(net, running)| net + running));
        task.peak = self.peak[lane];
        task.runs.clear();
        // Who has decided for this slot: all up to the one of the last turn, which may have yet to.
        let decided = self.next - usize::from(!self.due.is_empty());
        let mut settled = Outcome::default();
        for (agent, appliance) in self.home.appliances.iter().enumerate() {
            let place = self.place(agent, lane);
            if self.started[place] != NEVER {
                settled.cost += self.cost[place];
                settled.delay += f64::from(self.waited[place]) * self.home.hours;
            } else if self.requested[place] != NEVER {
                let since = self.requested[place].into();
                let first = self.slot + usize::from(agent < decided);
                let (power, duration) = (appliance.power, appliance.duration);
                let (first, last) = (first.max(since), self.latest[place].into());
                task.runs.push(Run { power, duration, first, last, since });
            }
        }
        let loss = task.weights.loss(&settled) + self.enumeration.solve(&task);
        self.task = task;
        -loss as f32
    }
}

fn weights(preference: &[f32]) -> Preference {
    let [cost, peak, delay] = [0, 1, 2].map(|objective| f64::from(preference[objective]));
    Preference { cost, peak, delay }
}

#[cfg(test)]
mod tests;
