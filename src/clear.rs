//! `wattle clear`: one auction from a file.
//!
//! The book is built as the market would build it: order by order, those it would refuse refused by the same
//! number ([`entry`]). Then somebody searches ([`clearing::clear`]) and the market checks
//! ([`market::rule::check`]); only what passed the check is shown ([`outcome`]).

mod continuous;
mod design;
mod entry;
mod form;
mod outcome;
mod words;

pub(crate) use design::{Charges, Named};

use crate::cli::ClearOptions;
use crate::failure::Failure;
use crate::orders;
use crate::output::{csv_field, json, make_folder, print, print_json, write_file};
use design::Design;
use entry::Entered;
use form::ClearForm;
use market::rule::{Clearing, RuleKind};
use outcome::Outcome;
use sim::report::{Crossing, crossing_curves};

/// Clears one book and shows the outcome.
pub(crate) fn clear(options: &ClearOptions) -> Result<(), Failure> {
    let design = Design::of(options)?;
    let file = orders::read(&options.orders, design.rule.kind())?;
    let entered = entry::enter(&file, design.rule.kind());
    let outcome = Outcome::of(&design, &file, &entered)?;
    let filled = outcome.filled(&file, &entered);
    let picture = options.out.as_ref().and_then(|_| picture(&design, &entered, &outcome));
    let form = ClearForm::new(&design, &file, entered, &outcome, &filled);
    if let Some(folder) = &options.out {
        make_folder(folder)?;
        write_file(&folder.join("clearing.json"), &(json(&form) + "\n"))?;
        write_file(&folder.join("fills.csv"), &fills_csv(&form))?;
        write_file(&folder.join("trades.csv"), &trades_csv(&form))?;
        if let Some(curves) = &picture {
            write_file(&folder.join("curves.svg"), curves)?;
        }
    }
    if options.json {
        print_json(&form)
    } else {
        print(&words::text(options, &design, &file, &filled, &form, picture.is_some()))
    }
}

/// The two sides and where they cross: of one book at one moment whose limits decide.
fn picture(design: &Design, entered: &Entered, outcome: &Outcome) -> Option<String> {
    let ([round], [clearing]) = (&entered.rounds[..], &outcome.clearings[..]) else { return None };
    let kind = design.rule.kind();
    if !kind.takes_orders() || matches!(kind, RuleKind::Continuous | RuleKind::Bilateral) {
        return None;
    }
    let Clearing { volume, price, .. } = *clearing;
    let crossing = Crossing { volume, price, ..Crossing::of(&round.book) };
    Some(crossing_curves(&crossing, *b"EUR"))
}

/// Every filled order on a line.
fn fills_csv(form: &ClearForm) -> String {
    let mut text = "id,energy_wh,money_neur\n".to_owned();
    for fill in &form.fills {
        text += &format!("{},{},{}\n", csv_field(&fill.id), fill.energy_wh, fill.money_neur);
    }
    text
}

/// Every trade on a line.
fn trades_csv(form: &ClearForm) -> String {
    let mut text = "buy,sell,energy_wh,price\n".to_owned();
    for trade in &form.trades {
        let (buy, sell) = (csv_field(&trade.buy), csv_field(&trade.sell));
        text += &format!("{buy},{sell},{},{}\n", trade.energy_wh, trade.price);
    }
    text
}
