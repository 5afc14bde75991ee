//! It as a CSV file.

use super::form::{BeyondForm, ForesightForm};

/// The table: a row for each home, scheduler and preference; without a preference it is the mean over them.
pub(in crate::study::appliances) fn csv(form: &ForesightForm) -> String {
    let mut text = "machines,scheduler,cost,peak,delay,cost_eur,peak_w,delay_h,loss,beyond_best,days_low,days_high,seeds_low,\
                    seeds_high\n"
        .to_owned();
    for home in &form.homes {
        for scheduler in &home.schedulers {
            let places = form.preferences.iter().zip(&scheduler.at).map(|(preference, at)| {
                (format!("{},{},{}", preference.cost, preference.peak, preference.delay), at)
            });
            for (preference, at) in places.chain([(",,".into(), &scheduler.overall)]) {
                let BeyondForm { cost_eur, peak_w, delay_h, loss, over_days, over_seeds } = at;
                let days = over_days
                    .map_or_else(|| ",,".into(), |part| format!("{},{},{}", part.mean, part.low, part.high));
                let seeds =
                    over_seeds.map_or_else(|| ",".into(), |part| format!("{},{}", part.low, part.high));
                text += &format!(
                    "{},{},{preference},{cost_eur},{peak_w},{delay_h},{loss},{days},{seeds}\n",
                    home.machines.join(" "),
                    scheduler.scheduler
                );
            }
        }
    }
    text
}
