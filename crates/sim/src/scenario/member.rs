//! `[[member]]` and `[[group]]`: who takes part.

use super::device::{Owner, Place, Recipe, Weather, read as read_devices};
use super::market::{CARRIERS, MarketTerms, Sellers};
use super::metering::{self, Metering};
use super::problem::suggestion_for;
use super::quantity::Power;
use super::reader::Section;
use super::tariff::Tariffs;
use super::time::Span;
use super::wishes::Wishes;
use crate::data;
use agents::dispatch::HeatSource;
use agents::{Device, Random};
use market::{Carrier, Energy, Fraction, TariffId};

/// One member, ready to be connected.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its name; unique.
    pub name: String,
    /// What kind of member it is, for reports: free text such as `household`.
    pub kind: String,
    /// The group it belongs to, if any.
    pub group: Option<String>,
    /// Per carrier in canonical order, its connection, if it has one.
    pub connections: [Option<Connection>; 3],
    /// What it owns.
    pub devices: Vec<Device>,
    /// What it owns, for people: `PV 9.8 kWp`; demand is not named.
    pub labels: Vec<String>,
    /// Where its heat comes from, best first; empty for the usual order.
    pub merit: Vec<HeatSource>,
    /// The name of its strategy.
    pub strategy: super::strategy::Strategy,
    /// What it wishes beside a price, and where it lives.
    pub wishes: Wishes,
    /// Whether it leaves its battery to coupled clearings.
    pub offers_storage: bool,
    /// How it is metered.
    pub metering: Metering,
}

impl Member {
    /// Runs of its machines that can wait, Wh per interval.
    #[must_use]
    pub fn machines(&self) -> Vec<&[i64]> {
        machines(&self.devices)
    }
}

/// Runs of those devices that are machines that can wait.
pub(crate) fn machines(devices: &[Device]) -> Vec<&[i64]> {
    fn run(device: &Device) -> Option<&[i64]> {
        match device {
            Device::Appliance(machine) => Some(machine.profile()),
            _ => None,
        }
    }
    devices.iter().filter_map(run).collect()
}

/// A metering point to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Connection {
    /// The supplier's tariff.
    pub tariff: TariffId,
    /// Most it takes in one interval, Wh.
    pub import_capacity: Energy,
    /// Most it gives in one interval, Wh.
    pub export_capacity: Energy,
    /// Whether it may sell.
    pub sells: bool,
}

/// What members are read with.
pub(crate) struct Context<'c> {
    pub(crate) place: Place<'c>,
    pub(crate) tariffs: &'c Tariffs,
    pub(crate) markets: &'c [MarketTerms],
    pub(crate) strategy: super::strategy::Named,
    pub(crate) learned: super::strategy::Learned<'c>,
    pub(crate) seed: u64,
    pub(crate) clock: &'c Span,
    pub(crate) weather: &'c Weather,
}

/// Reads all members and groups.
pub(crate) fn read<'a>(root: &Section<'a>, context: &Context<'_>) -> Vec<Member> {
    let mut members: Vec<Member> = Vec::new();
    let mut groups: Vec<String> = Vec::new();
    let mut add = |section: &Section<'a>, made: Vec<Member>| {
        for member in made {
            if members.iter().any(|other| other.name == member.name) {
                section.fault(
                    "name",
                    format!("there are two members `{}`", member.name),
                    "give each its own name",
                );
            }
            members.push(member);
        }
    };
    for section in root.sections("member") {
        let Some(name) = section.need::<String>("name") else { continue };
        let template = Template::read(&section, context);
        section.finish();
        add(&section, template.instantiate(&section, context, None, &[name]));
    }
    for section in root.sections("group") {
        let name: Option<String> = section.need("name");
        let count = section.need::<u64>("count");
        let count =
            section.within("count", count, 1..=100_000, "is not between 1 and 100 000", "choose such as 40");
        let spread = section.get::<Fraction>("spread");
        let template = Template::read(&section, context);
        section.finish();
        let (Some(name), Some(count)) = (name, count) else { continue };
        groups.push(name.clone());
        let names: Vec<_> = (1..=count).map(|number| format!("{name} {number}")).collect();
        add(&section, template.instantiate(&section, context, spread, &names));
        // a group without spread still has members of different habits
    }
    if members.is_empty() {
        let remedy = "add `[[member]]` with a name and devices, or a `[[group]]` with a count";
        root.fault("member", "the community has no members", remedy);
    }
    check_sellers(root, context, &members, &groups);
    check_partners(root, &members);
    metering::check(root, context, &members);
    members
}

/// A member or group as the file describes it.
struct Template<'a> {
    kind: String,
    tariffs: [Option<TariffId>; 3],
    named: Vec<Carrier>,
    limit: Option<Power>,
    merit: Vec<HeatSource>,
    strategy: super::strategy::Named,
    wishes: Wishes,
    offers_storage: bool,
    metering: Metering,
    recipes: Vec<Recipe<'a>>,
}

impl<'a> Template<'a> {
    fn read(section: &Section<'a>, context: &Context<'_>) -> Self {
        let kind = section.get_or("kind", "household".to_owned());
        let mut tariffs = [None; 3];
        if let Some(table) = section.section("tariff") {
            for (name, carrier) in CARRIERS {
                if let Some(tariff) = table.get::<String>(name) {
                    let found = context.tariffs.find(&table, name, &tariff, carrier);
                    tariffs[carrier as usize] = Some(found.unwrap_or_default());
                }
            }
            table.finish();
        }
        let mut named = Vec::new();
        for name in section.get_or("connections", Vec::<String>::new()) {
            match CARRIERS.iter().find(|(carrier, _)| *carrier == name) {
                Some((_, carrier)) => named.push(*carrier),
                None => {
                    let names = CARRIERS.map(|(name, _)| name);
                    let what = format!("there is no carrier `{name}`");
                    section.fault("connections", what, suggestion_for(&name, &names));
                }
            }
        }
        let mut merit = Vec::new();
        for name in section.get_or("heat_order", Vec::<String>::new()) {
            match HeatSource::ALL.into_iter().find(|source| source.name() == name) {
                Some(source) => merit.push(source),
                None => {
                    let names = HeatSource::ALL.map(HeatSource::name);
                    let what = format!("there is no heat source `{name}`");
                    section.fault("heat_order", what, suggestion_for(&name, &names));
                }
            }
        }
        let limit = section.get::<Power>("connection");
        if limit.is_some_and(|limit| limit.0 <= 0) {
            section.fault("connection", "is not more than nothing", "write a power such as \"30 kW\"");
        }
        let strategy = super::strategy::of_member(section, &context.strategy, context.place.folder);
        let wishes = Wishes::read(section);
        let offers_storage = section.get_or("storage_offer", false);
        let metering = Metering::read(section);
        let recipes = read_devices(section, &context.place);
        if !section.has("devices") {
            section.fault(
                "devices",
                "is missing",
                "add `devices = [{ kind = \"load\", profile = \"family\" }]`",
            );
        }
        Self { kind, tariffs, named, limit, merit, strategy, wishes, offers_storage, metering, recipes }
    }

    fn instantiate(
        &self,
        section: &Section<'a>,
        context: &Context<'_>,
        spread: Option<Fraction>,
        names: &[String],
    ) -> Vec<Member> {
        let (weather, span) = (context.weather, context.clock);
        let mut members = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            let mut luck = Random::of(context.seed, &format!("{name}/group"));
            let spread = spread.map_or(0, |spread| spread.of(1_000_000));
            let owner = Owner {
                member: data::Member {
                    name,
                    seed: context.seed,
                    mixed: true,
                    start: span.first.start,
                    duration: span.first.duration,
                    offset: span.offset,
                },
                weather,
                scale: 1_000_000 + luck.between(-spread, spread),
            };
            let (mut devices, mut takes, mut gives) = (Vec::new(), [0; 3], [0; 3]);
            let mut labels = Vec::new();
            for recipe in &self.recipes {
                let share = recipe.share.map_or(1_000_000, |share| share.of(1_000_000));
                if luck.between(0, 999_999) >= share {
                    continue;
                }
                let Some(made) = recipe.make(&owner) else { continue };
                (0..3).for_each(|carrier| takes[carrier] += made.takes[carrier]);
                (0..3).for_each(|carrier| gives[carrier] += made.gives[carrier]);
                if !made.label.is_empty() {
                    labels.push(made.label);
                }
                devices.push(made.device);
            }
            let batteries = devices.iter().filter(|device| matches!(device, Device::Battery(_))).count();
            let some_have = self.recipes.iter().any(|recipe| recipe.share.is_some());
            if self.offers_storage && batteries != 1 && !(batteries == 0 && some_have) {
                let what = format!("offers one battery, and there are {batteries}");
                section.fault("storage_offer", what, "give it exactly one `battery`, or leave this out");
            }
            let group = (names.len() > 1 || section.has("count"))
                .then(|| name.rsplit_once(' ').map_or(name.as_str(), |(group, _)| group).to_owned());
            let connections =
                self.connect(section, context, (takes, gives), &devices, (name, group.as_deref()));
            members.push(Member {
                name: name.clone(),
                kind: self.kind.clone(),
                group,
                connections,
                strategy: self.strategy.make(section, context, name, &devices),
                devices,
                labels,
                merit: self.merit.clone(),
                wishes: self.wishes.of(index),
                offers_storage: self.offers_storage && batteries == 1,
                metering: self.metering.clone(),
            });
        }
        members
    }

    fn connect(
        &self,
        section: &Section<'a>,
        context: &Context<'_>,
        (takes, gives): ([i64; 3], [i64; 3]),
        devices: &[Device],
        (name, group): (&str, Option<&str>),
    ) -> [Option<Connection>; 3] {
        let has = |test: fn(&Device) -> bool| devices.iter().any(test);
        use Device::{Boiler, Chp, ElectricBoiler, FuelCell, HeatPump};
        let makes_heat =
            has(|d| matches!(d, HeatPump(_) | Boiler(_) | ElectricBoiler(_) | Chp(_) | FuelCell(_)));
        let on_loop = self.named.contains(&Carrier::Heat);
        if takes[1] > 0 && !makes_heat && !on_loop {
            let what = "needs heat, but nothing here gives any";
            let remedy = "add a `heat_pump`, `gas_boiler` or `chp`, or write `connections = [\"heat\"]`";
            section.fault("devices", what, remedy);
        }
        let mut connections = [None; 3];
        for (field, carrier) in CARRIERS {
            let index = carrier as usize;
            let flows = takes[index] > 0 || gives[index] > 0;
            // heat stays in the house unless it has a connection to the loop
            let wanted = self.named.contains(&carrier) || (flows && carrier != Carrier::Heat);
            let Some(market) = context.markets.iter().find(|market| market.market.carrier == carrier) else {
                if wanted {
                    let what = format!("uses {field}, which has no market here");
                    section.fault("devices", what, format!("add `[market.{field}]`"));
                }
                continue;
            };
            if !wanted {
                continue;
            }
            let Some(tariff) = self.tariffs[index].or(market.tariff) else {
                let what = format!("has no tariff for {field}");
                section.fault(
                    "tariff",
                    what,
                    format!("write `tariff = {{ {field} = \"…\" }}` or a default in `[market.{field}]`"),
                );
                continue;
            };
            let duration = i64::from(context.clock.first.duration);
            let limit = self.limit.filter(|_| carrier == Carrier::Electricity);
            let limit = limit.map(|power| power.0 * duration / 3600);
            if let Some(limit) = limit
                && (gives[index] > limit || takes[index] > limit)
            {
                let needed = takes[index].max(gives[index]) * 3600 / duration;
                let what = format!(
                    "its devices can take or give {needed} W together, more than the connection carries"
                );
                section.fault("connection", what, "enlarge the connection or shrink the devices");
            }
            let sells = match &market.sellers {
                Sellers::All => true,
                Sellers::Named(names) => {
                    names.iter().any(|seller| seller == name || Some(seller.as_str()) == group)
                }
            };
            connections[index] = Some(Connection {
                tariff,
                // a quarter more than ever flows, so that a forecast may be too high
                import_capacity: Energy(limit.unwrap_or(takes[index] * 5 / 4).max(1)),
                export_capacity: Energy(limit.unwrap_or(gives[index] * 5 / 4).max(0)),
                sells,
            });
        }
        connections
    }
}

fn check_partners(root: &Section<'_>, members: &[Member]) {
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    for section in root.sections("member").iter().chain(&root.sections("group")) {
        let Some(partner) = section.get::<String>("partner") else { continue };
        if !names.contains(&partner.as_str()) {
            let what = format!("there is no member `{partner}`");
            section.fault("partner", what, suggestion_for(&partner, &names[..names.len().min(40)]));
        } else if section.get::<String>("name").as_ref() == Some(&partner) {
            section.fault("partner", "is the member itself", "name another member");
        }
    }
}

fn check_sellers(root: &Section<'_>, context: &Context<'_>, members: &[Member], groups: &[String]) {
    let mut known: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    known.extend(groups.iter().map(String::as_str));
    known.push("all");
    for market in context.markets {
        let Sellers::Named(names) = &market.sellers else { continue };
        let carrier = market.market.carrier;
        for name in names {
            if !known.contains(&name.as_str()) {
                let Some(markets) = root.section("market") else { continue };
                let Some(section) = markets.section(carrier.name()) else { continue };
                let what = format!("there is no member or group `{name}`");
                section.fault("sellers", what, suggestion_for(name, &known[..known.len().min(40)]));
                continue;
            }
            let gives = |member: &&Member| {
                member.connections[carrier as usize]
                    .is_some_and(|connection| connection.export_capacity.0 > 0)
            };
            let mut named =
                members.iter().filter(|member| member.name == *name || member.group.as_ref() == Some(name));
            if !named.any(|member| gives(&member)) {
                let Some(markets) = root.section("market") else { continue };
                let Some(section) = markets.section(carrier.name()) else { continue };
                let what = format!("`{name}` has nothing that gives {}", carrier.name());
                section.fault("sellers", what, "name members whose devices give it and who are connected");
            }
        }
    }
}
