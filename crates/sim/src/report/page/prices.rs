//! Price and volume over time, the crossing curves of a chosen interval, and what the stores held.

use super::{Sums, capital, legend, section as whole, sizes};
use crate::report::bins::Bin;
use crate::report::chart::{self, Panel, Series, Shape, TimeChart};
use crate::report::text;
use market::{Carrier, Energy};
use std::fmt::Write as _;

/// The section on price and volume, and the data behind its pictures.
pub(super) fn section(sums: &Sums<'_>) -> (String, Vec<String>) {
    let traded = sums.carriers.iter().filter(|carrier| !sums.traded(**carrier).is_zero());
    let (mut figures, mut data) = (String::new(), Vec::new());
    for carrier in traded {
        let chart = price_chart(sums, *carrier);
        let id = format!("price-{}", carrier.name());
        let entries = [
            ("price", "price between neighbours"),
            ("room", "room for a deal: above what the supplier pays, below what it charges"),
            ("volume", "traded with neighbours"),
        ];
        let picture = sizes(|size| chart.draw(size, &id));
        let _ = write!(
            figures,
            "<figure>\n<h3>{}</h3>\n{}{picture}</figure>\n",
            capital(*carrier),
            legend(&entries)
        );
        data.push(format!("{}:{}", text::json(&id), chart.json()));
    }
    if figures.is_empty() {
        return (figures, data);
    }
    let intro = "When much is on offer the price falls towards what the supplier pays; when it is scarce it rises \
                 towards what the supplier charges. Prices are before fees; the upper edge of the band allows for \
                 the fees that a trade between neighbours bears too.";
    (whole("prices", "Price and volume over time", intro, &figures), data)
}

fn price_chart(sums: &Sums<'_>, carrier: Carrier) -> TimeChart {
    let bins = &sums.record.bins;
    let all = |value: &dyn Fn(&Bin) -> Option<f64>| -> Vec<Option<f64>> {
        bins.bins.iter().map(|bin| value(&bin[carrier as usize])).collect()
    };
    let mean = |sum: i64, bin: &Bin| (bin.intervals > 0).then(|| sum as f64 / bin.intervals as f64 / 1e4);
    let series = |name: &str, class, values, shape| Series { name: name.into(), class, values, shape };
    let low = all(&|bin| mean(bin.export_price, bin));
    let price = all(&|bin| (bin.volume.0 > 0).then(|| bin.paid.0 as f64 / bin.volume.0 as f64 / 1e4));
    TimeChart {
        title: format!("Price and volume of {} over time", carrier.name()),
        description: format!(
            "The price between neighbours, the supplier's prices around it, and {} traded in all",
            text::energy(sums.traded(carrier))
        ),
        panels: vec![
            Panel {
                unit: text::price_unit(sums.currency()),
                digits: 2,
                height: 170.0,
                series: vec![
                    series("supplier", "room", all(&|bin| mean(bin.import_price, bin)), Shape::Band(low)),
                    series("neighbours", "price", price, Shape::Line),
                ],
            },
            Panel {
                unit: format!("kWh per {}", bin_name(sums)),
                digits: 2,
                height: 90.0,
                series: vec![series(
                    "traded",
                    "volume",
                    all(&|bin| Some(bin.volume.0 as f64 / 1e3)),
                    Shape::Area,
                )],
            },
        ],
        ..empty(sums)
    }
}

/// What the stores held over time, and the data behind the picture.
pub(super) fn stores(sums: &Sums<'_>) -> (String, Vec<String>) {
    let bins = &sums.record.bins.bins;
    let (mut panels, mut has_cars) = (Vec::new(), false);
    for carrier in &sums.carriers {
        let mean = |stored: &dyn Fn(&Bin) -> Energy| -> Vec<Option<f64>> {
            let bins = bins.iter().map(|bin| &bin[*carrier as usize]);
            bins.map(|bin| (bin.intervals > 0).then(|| stored(bin).0 as f64 / bin.intervals as f64 / 1e3))
                .collect()
        };
        let something = |values: &[Option<f64>]| values.iter().flatten().any(|value| *value > 0.0);
        let (values, cars) = (mean(&|bin| bin.stored), mean(&|bin| bin.in_cars));
        if !something(&values) && !something(&cars) {
            continue;
        }
        let points = sums.record.subject.members.iter().flat_map(|member| &member.points);
        let capacity: i64 =
            points.filter(|point| point.carrier == *carrier).map(|point| point.storage.0).sum();
        let name = if *carrier == Carrier::Electricity { "in batteries" } else { "in tanks" };
        let mut series = vec![Series { name: name.into(), class: "store", values, shape: Shape::Area }];
        if something(&cars) {
            has_cars = true;
            series.push(Series { name: "in cars".into(), class: "incar", values: cars, shape: Shape::Line });
        }
        if capacity > 0 {
            let values = vec![Some(capacity as f64 / 1e3); bins.len()];
            series.push(Series { name: "full".into(), class: "capacity", values, shape: Shape::Line });
        }
        panels.push(Panel { unit: format!("kWh of {}", carrier.name()), digits: 1, height: 110.0, series });
    }
    if panels.is_empty() {
        return (String::new(), Vec::new());
    }
    let chart = TimeChart {
        title: "Energy in the stores over time".into(),
        description: "What all stores together held at the end of each interval".into(),
        panels,
        ..empty(sums)
    };
    let picture = sizes(|size| chart.draw(size, "stores"));
    let entries = [
        ("store", "in batteries and tanks"),
        ("capacity", "all of them full"),
        ("incar", "in electric cars"),
    ];
    let legend = legend(&entries[..if has_cars { 3 } else { 2 }]);
    let figure = format!("<figure>\n{legend}{picture}</figure>\n");
    let intro = "Stores take energy when it is plentiful and give it back when it is scarce. All members’ \
                 batteries together, and all hot-water tanks; what a car used on its way is booked when it comes home.";
    let html = whole("stores", "What the stores held", intro, &figure);
    (html, vec![format!("\"stores\":{}", chart.json())])
}

fn empty(sums: &Sums<'_>) -> TimeChart {
    let record = sums.record;
    TimeChart {
        title: String::new(),
        description: String::new(),
        start: record.subject.start,
        bin: sums.duration() * record.bins.width,
        bins: record.bins.bins.len(),
        utc_offset: record.subject.community.utc_offset,
        panels: Vec::new(),
    }
}

/// The length of a bin as one says it after "per".
fn bin_name(sums: &Sums<'_>) -> String {
    match sums.duration() * sums.record.bins.width {
        900 => "15 min".into(),
        3_600 => "hour".into(),
        86_400 => "day".into(),
        seconds => text::span(seconds),
    }
}

/// The section on single auctions, and the curves behind its pictures.
pub(super) fn curves(sums: &Sums<'_>) -> (String, String) {
    let gallery = &sums.record.gallery;
    let subject = &sums.record.subject;
    let (mut figures, mut data) = (String::new(), String::from("{"));
    for carrier in &sums.carriers {
        let curves: Vec<_> = gallery.of(*carrier).collect();
        // The one with most to see is shown first.
        let richness = |curve: &crate::report::Crossing| {
            let [demand, supply] = [curve.demand.len(), curve.supply.len()];
            (!curve.volume.is_zero(), demand.min(4 * supply) + supply.min(4 * demand), curve.volume)
        };
        let richest =
            curves.iter().enumerate().max_by_key(|(place, (_, curve))| (richness(curve), usize::MAX - place));
        let Some((place, (number, crossing))) = richest else { continue };
        let name = carrier.name();
        let at = subject.start + number * sums.duration();
        let civil = text::Civil::of(at.cast_signed() + i64::from(subject.community.utc_offset));
        let picture = sizes(|size| chart::crossing(crossing, sums.currency(), size, name));
        let _ = write!(
            figures,
            "<figure data-curves=\"{name}\">\n<h3>{}</h3>\n{}<p class=\"chosen\" aria-live=\"polite\"><b>{}, {}</b> \
             <span>{}</span></p>\n<div class=\"choose\" hidden><button type=\"button\" data-move=\"-1\" \
             aria-label=\"Earlier\">◀</button><input type=\"range\" min=\"0\" max=\"{}\" value=\"{place}\" \
             aria-label=\"Delivery interval ({name})\"><button type=\"button\" data-move=\"1\" \
             aria-label=\"Later\">▶</button></div>\n{picture}</figure>\n",
            capital(*carrier),
            legend(&[
                ("demand", "wanted"),
                ("supply", "offered"),
                ("clearing", "traded, at which price"),
                ("gain", "gained by both sides together")
            ]),
            civil.date(),
            civil.clock(),
            chart::outcome(crossing, sums.currency()),
            curves.len() - 1,
        );
        let list: Vec<String> = curves.iter().map(|(number, curve)| numbers(*number, curve)).collect();
        let _ = write!(data, "{}\"{name}\":[{}]", if data.len() > 1 { ",\n" } else { "" }, list.join(",\n"));
    }
    let _ = write!(
        data,
        "{}\"start\":{},\"duration\":{},\"offset\":{},\"unit\":{}}}",
        if data.len() > 1 { ",\n" } else { "" },
        subject.start,
        sums.duration(),
        subject.community.utc_offset,
        text::json(&text::price_unit(sums.currency())),
    );
    if figures.is_empty() {
        return (figures, data);
    }
    let which = match gallery.stride {
        1 => String::new(),
        stride => format!(" (The page holds every {stride}th interval; all outcomes are in clearings.csv.)"),
    };
    let rounds = match subject.community.horizon {
        0 | 1 => String::new(),
        rounds => format!(
            " Each interval is auctioned {rounds} times before its gate closes; shown is the auction that traded most."
        ),
    };
    let together = match sums.record.coupling {
        None => "",
        Some(_) => {
            " Carriers are cleared together: what is turned into or out of this one is not drawn, so that what is traded \
             may lie beside the crossing."
        }
    };
    let intro = format!(
        "Buyers line up from the highest price they would pay, sellers from the lowest they would accept. Where the \
         two lines cross, the market clears: everybody to the left of the crossing trades.{rounds}{together}{which}"
    );
    (whole("curves", "Inside an auction", &intro, &figures), data)
}

/// A curve as the script reads it: interval, volume, price, then limit and energy of each step.
fn numbers(number: u64, curve: &crate::report::Crossing) -> String {
    let flat = |steps: &[(market::Price, market::Energy)]| {
        let texts: Vec<String> =
            steps.iter().map(|(price, energy)| format!("{},{}", price.0, energy.0)).collect();
        texts.join(",")
    };
    let price = curve.price.map_or("null".into(), |price| price.0.to_string());
    format!("[{number},{},{price},[{}],[{}]]", curve.volume.0, flat(&curve.demand), flat(&curve.supply))
}
