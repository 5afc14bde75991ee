//! `wattle config`: the settings in force and where each comes from.

use crate::failure::Failure;
use crate::output::{print, print_json};
use crate::settings::{RunOptions, Settings};
use crate::table::{Align, Table};
use serde::Serialize;

#[derive(Serialize)]
struct SettingForm {
    name: &'static str,
    value: String,
    source: String,
}

/// Shows every setting.
pub(crate) fn config(options: &RunOptions) -> Result<(), Failure> {
    let settings = Settings::gather(options)?;
    let forms: Vec<SettingForm> = settings
        .values
        .iter()
        .map(|value| SettingForm {
            name: value.name,
            value: settings.shown(value),
            source: value.source.to_string(),
        })
        .collect();
    if options.json {
        return print_json(&serde_json::json!({ "settings": forms }));
    }
    let mut table = Table::new(&[("setting", Align::Left), ("value", Align::Left), ("from", Align::Left)]);
    for form in forms {
        table.row([form.name.to_owned(), form.value, form.source]);
    }
    print(&table.render())
}
