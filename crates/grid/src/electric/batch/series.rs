//! Powers over time.

use crate::electric::{Element, Network};

/// Powers of loads, generators and storages over time; what it does not drive keeps the power that the network says.
///
/// Profiles are stored once and may drive many elements: a hundred households with one standard profile are one column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// How many steps.
    pub steps: usize,
    /// Length of a step, h.
    pub step_hours: f64,
    /// Columns of numbers.
    pub profiles: Vec<Profile>,
    /// Which power follows which column.
    pub drives: Vec<Drive>,
}

/// A column of numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// What people call it.
    pub name: String,
    /// A number for each step.
    pub values: Vec<f64>,
}

/// A power that follows a profile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Drive {
    /// A load (drawn at nominal voltage), a generator (fed in) or a storage (drawn), with the sign of its own attribute.
    pub element: Element,
    /// Which of its powers.
    pub power: Power,
    /// Index of the profile.
    pub profile: usize,
    /// W or var per unit of the profile.
    pub factor: f64,
}

/// Which power.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Power {
    /// Active power, W.
    Active,
    /// Reactive power, var.
    Reactive,
}

impl Series {
    /// A series that drives nothing yet.
    #[must_use]
    pub fn new(steps: usize, step_hours: f64) -> Self {
        Self { steps, step_hours, ..Self::default() }
    }

    /// Adds a column; its index.
    pub fn profile(&mut self, name: &str, values: Vec<f64>) -> usize {
        self.profiles.push(Profile { name: name.to_owned(), values });
        self.profiles.len() - 1
    }

    /// Lets one power of an element be a column's numbers, W or var.
    pub fn drive(&mut self, element: Element, power: Power, name: &str, values: Vec<f64>) {
        let profile = self.profile(name, values);
        self.drives.push(Drive { element, power, profile, factor: 1.0 });
    }

    /// Lets an element's active and reactive power be those that the network says, times a column's numbers.
    ///
    /// # Panics
    ///
    /// If the network has no such load, generator or storage.
    pub fn scale(&mut self, network: &Network, element: Element, profile: usize) {
        let (p_w, q_var) = powers(network, element).expect("a load, generator or storage of the network");
        self.drives.push(Drive { element, power: Power::Active, profile, factor: p_w });
        if q_var != 0.0 {
            self.drives.push(Drive { element, power: Power::Reactive, profile, factor: q_var });
        }
    }

    /// Lets all loads be those that the network says, times a column's numbers.
    pub fn scale_loads(&mut self, network: &Network, profile: usize) {
        for load in 0..network.loads.len() {
            self.scale(network, Element::Load(load), profile);
        }
    }

    /// Name of the profile, and step counted from 1, for messages.
    #[must_use]
    pub fn place(&self, step: usize, profile: usize) -> String {
        let name = self.profiles.get(profile).map_or("?", |profile| &profile.name);
        format!("column \"{name}\", row {}", step + 1)
    }
}

/// Active and reactive power of an element as the network says.
pub(super) fn powers(network: &Network, element: Element) -> Option<(f64, f64)> {
    match element {
        Element::Load(i) => network.loads.get(i).map(|load| (load.p_w, load.q_var)),
        Element::Generator(i) => network.generators.get(i).map(|generator| (generator.p_w, generator.q_var)),
        Element::Storage(i) => network.storages.get(i).map(|storage| (storage.p_w, storage.q_var)),
        _ => None,
    }
}
