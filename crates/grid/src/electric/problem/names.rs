//! Names that several elements share: messages cannot tell these apart.

use super::Fault;
use super::inspection::Inspection;
use crate::electric::Element;
use std::collections::BTreeMap;

impl Inspection<'_> {
    pub(super) fn names(&mut self) {
        let n = self.network;
        self.shared(n.buses.iter().map(|e| &e.name), Element::Bus);
        self.shared(n.lines.iter().map(|e| &e.name), Element::Line);
        self.shared(n.transformers.iter().map(|e| &e.name), Element::Transformer);
        let winding = |i| Element::Winding(i, 0);
        self.shared(n.three_winding_transformers.iter().map(|e| &e.name), winding);
        self.shared(n.switches.iter().map(|e| &e.name), Element::Switch);
        self.shared(n.shunts.iter().map(|e| &e.name), Element::Shunt);
        self.shared(n.loads.iter().map(|e| &e.name), Element::Load);
        self.shared(n.generators.iter().map(|e| &e.name), Element::Generator);
        self.shared(n.storages.iter().map(|e| &e.name), Element::Storage);
    }

    /// One warning for each name that comes more than once; no name is no name.
    fn shared<'a>(&mut self, names: impl Iterator<Item = &'a String>, element: impl Fn(usize) -> Element) {
        let mut holders: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for (i, name) in names.enumerate().filter(|(_, name)| !name.is_empty()) {
            holders.entry(name).or_insert((i, 0)).1 += 1;
        }
        for (first, count) in holders.into_values().filter(|&(_, count)| count > 1) {
            let message = format!("shares its name with {} more: give each its own", count - 1);
            self.warn(element(first), Fault::Name, &message);
        }
    }
}
