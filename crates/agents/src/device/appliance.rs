//! A machine that runs when asked: dishwasher, washing machine, dryer.

use crate::Impossible;
use crate::impossible::{GIGA, within_whole};
use std::sync::Arc;

/// Somebody wants the machine to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Step from which it may start; known to the member's strategy from then on.
    pub requested: i64,
    /// Last step at which it may start, ≥ requested.
    pub latest: i64,
}

/// A shiftable appliance: once started it runs its whole profile. Takes electricity; no loss.
#[derive(Clone, Debug)]
pub struct Appliance {
    profile: Arc<[i64]>,
    requests: Arc<[Request]>,
}

/// Where an appliance stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Running {
    /// First request that has not been served.
    pub(crate) next: usize,
    /// Step at which the last run started; none before the first.
    pub(crate) started: Option<i64>,
}

impl Appliance {
    /// `profile`: energy of a run per step, Wh, ≥ 0, not empty. `requests`: by time; each may start only after the
    /// latest run before it can have ended.
    pub fn new(profile: Arc<[i64]>, requests: Arc<[Request]>) -> Result<Self, Impossible> {
        let contradiction = |field, value, allowed: &str| Impossible::Contradiction {
            device: "appliance",
            field,
            value,
            allowed: allowed.into(),
        };
        if profile.is_empty() {
            return Err(contradiction("profile", "[]".into(), "at least one step long"));
        }
        for energy in profile.iter() {
            within_whole("appliance", "profile", *energy, (0, GIGA), "Wh")?;
        }
        if let Some(request) = requests.iter().find(|request| request.latest < request.requested) {
            let allowed = format!("at or after the request at step {}", request.requested);
            return Err(contradiction("latest start", format!("step {}", request.latest), &allowed));
        }
        for pair in requests.windows(2) {
            let free = pair[0].latest + profile.len() as i64;
            if pair[1].requested < free {
                let allowed = format!("step {free} or later, when the run before has ended");
                return Err(contradiction("request", format!("step {}", pair[1].requested), &allowed));
            }
        }
        Ok(Self { profile, requests })
    }

    /// The machine before the first request that can still be served at `step`.
    pub(crate) fn idle(&self, step: i64) -> Running {
        Running {
            next: self.requests.iter().take_while(|request| request.latest < step).count(),
            started: None,
        }
    }

    /// Energy of a run per step, Wh.
    #[must_use]
    pub fn profile(&self) -> &[i64] {
        &self.profile
    }

    /// Every request, by time.
    #[must_use]
    pub fn requests(&self) -> &[Request] {
        &self.requests
    }

    /// Energy of the first step of a run, Wh.
    pub(crate) fn first(&self) -> i64 {
        self.profile[0]
    }

    /// Energy taken at a step by the run in progress, Wh.
    pub(crate) fn running(&self, running: &Running, step: i64) -> i64 {
        running.started.map_or(0, |started| {
            usize::try_from(step - started)
                .ok()
                .and_then(|place| self.profile.get(place))
                .copied()
                .unwrap_or(0)
        })
    }

    /// The request that waits at a step, judged by requests made up to step `known`.
    pub(crate) fn waiting(&self, running: &Running, step: i64, known: i64) -> Option<Request> {
        self.requests.get(running.next).copied().filter(|request| request.requested <= step.min(known))
    }
}
