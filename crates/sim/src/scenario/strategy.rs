//! `[strategy]` and `[forecast]`: how members bid and what they expect. A member may name its own.

mod learned;

pub use learned::{Asked, Learned};
pub(crate) use learned::{Named, none};

use super::problem::suggestion_for;
use super::reader::Section;
use agents::forecast::Method;
use agents::strategy::{Ladder, NAMES};
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Makes a strategy for one member.
pub type Maker = Arc<dyn Fn() -> Box<dyn agents::Strategy> + Send + Sync>;

/// How a member bids.
#[derive(Clone)]
pub struct Strategy {
    /// Its name: one of [`NAMES`], unless it comes from elsewhere.
    pub name: &'static str,
    /// How it forecasts.
    pub forecast: Method,
    /// Where it comes from, if not from [`agents::strategy::named`].
    pub maker: Option<Maker>,
}

impl Default for Strategy {
    fn default() -> Self {
        Self { name: NAMES[0], forecast: Method::default(), maker: None }
    }
}

impl fmt::Debug for Strategy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, forecast, maker } = self;
        let mut strategy = formatter.debug_struct("Strategy");
        strategy.field("name", name).field("forecast", forecast).field("own", &maker.is_some()).finish()
    }
}

impl Strategy {
    /// The strategy itself, for one member.
    #[must_use]
    pub fn make(&self) -> Box<dyn agents::Strategy> {
        match &self.maker {
            Some(maker) => maker(),
            None => agents::strategy::named(self.name).unwrap_or_else(|| Box::new(Ladder)),
        }
    }
}

/// The community's default.
pub(crate) fn read(root: &Section<'_>, folder: &Path) -> Named {
    let mut named = Named::default();
    if let Some(section) = root.section("strategy") {
        named = named.read(&section, "kind", folder);
        section.finish();
    }
    if let Some(section) = root.section("forecast") {
        named.strategy = forecast(&section, "kind", named.strategy);
        section.finish();
    }
    named
}

/// A member's own, or the community's.
pub(crate) fn of_member(section: &Section<'_>, default: &Named, folder: &Path) -> Named {
    let mut named = default.clone().read(section, "strategy", folder);
    named.strategy = forecast(section, "forecast", named.strategy);
    named
}

fn forecast<'a>(section: &Section<'a>, field: &'a str, default: Strategy) -> Strategy {
    let Some(name) = section.get::<String>(field) else { return default };
    match Method::ALL.into_iter().find(|method| method.name() == name) {
        Some(forecast) => Strategy { forecast, ..default },
        None => {
            let names = Method::ALL.map(Method::name);
            section.fault(field, format!("there is no forecast `{name}`"), suggestion_for(&name, &names));
            default
        }
    }
}
