//! Regenerates `data/**/*.parquet` from the sources' text files, bit for bit.
//!
//! ```sh
//! cargo run -p sim --example derive_data -- SOURCES data
//! ```
//!
//! `SOURCES` holds `synpro/synpro_15min.csv`, `synpro/weather_try2010_06_hourly.csv` and `bdew/{h25,g25,l25}.csv`
//! (see `data/README.md` for where they come from). Numbers become integers in the unit their column name
//! ends with; nothing is dropped, interpolated or corrected here.

use sim::data::Table;
use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(sources), Some(target)) = (arguments.next(), arguments.next()) else {
        return Err("usage: derive_data SOURCES TARGET".into());
    };
    let (sources, target) = (Path::new(&sources), Path::new(&target));
    let write = |name: &str, table: Table| -> Result<(), Box<dyn Error>> {
        let bytes = table.encode()?;
        println!("{name}: {} columns, {} bytes", table.columns.len(), bytes.len());
        Ok(std::fs::write(target.join(name), bytes)?)
    };
    write("synpro/synpro.parquet", synpro(&sources.join("synpro/synpro_15min.csv"))?)?;
    write("weather/weather.parquet", weather(&sources.join("synpro/weather_try2010_06_hourly.csv"))?)?;
    write("bdew/bdew.parquet", bdew(&sources.join("bdew"))?)
}

/// The twelve series in W, without the time stamps: they are the 35 040 quarter hours of 2021 in MEZ.
fn synpro(path: &Path) -> Result<Table, Box<dyn Error>> {
    let (header, rows) = read(path, 0)?;
    let expected = (0..rows.len()).map(|row| 1_609_455_600 + 900 * row as u64);
    if !expected.zip(&rows).all(|(time, row)| row[0] == time.to_string()) {
        return Err("the time stamps are not those of 2021 in MEZ".into());
    }
    table(&header[1..], &rows, 1, |name| (name.to_owned(), 0))
}

/// Temperature, PV and wind of the 8 760 hours in MEZ.
fn weather(path: &Path) -> Result<Table, Box<dyn Error>> {
    let (header, rows) = read(path, 0)?;
    table(&header[3..], &rows, 3, |name| match name {
        "temp_c" => ("temperature_decidegree".into(), 1),
        "wind10m_ms" => ("wind_10m_dm_per_s".into(), 1),
        "direct_horiz_wm2" => ("direct_horizontal_w_per_m2".into(), 0),
        "diffuse_horiz_wm2" => ("diffuse_horizontal_w_per_m2".into(), 0),
        "pv_kw_per_kwp_35deg_south" => ("pv_35_south_w_per_10_kwp".into(), 4),
        _ => ("wind_30m_w_per_10_kw".into(), 4),
    })
}

/// One row per month, day type (Saturday, Sunday, working day) and quarter hour: Wh per GWh of a year.
fn bdew(folder: &Path) -> Result<Table, Box<dyn Error>> {
    let mut columns = Vec::new();
    for profile in ["h25", "g25", "l25"] {
        let (_, rows) = read(&folder.join(format!("{profile}.csv")), 1)?;
        let mut values = Vec::new();
        for column in 1..=36 {
            for row in &rows {
                values.push(scaled(&row[column], 3)?);
            }
        }
        columns.push((format!("{profile}_wh_per_gwh"), values));
    }
    Ok(Table { columns })
}

type Rows = Vec<Vec<String>>;

fn read(path: &Path, skip: usize) -> Result<(Vec<String>, Rows), Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut lines = text.lines().skip(skip).map(|line| line.split(',').map(str::to_owned).collect());
    Ok((lines.next().ok_or("empty file")?, lines.collect()))
}

fn table(
    header: &[String],
    rows: &Rows,
    first: usize,
    describe: impl Fn(&str) -> (String, usize),
) -> Result<Table, Box<dyn Error>> {
    let mut columns = Vec::new();
    for (index, name) in header.iter().enumerate() {
        let (name, places) = describe(name);
        let values: Result<Vec<_>, _> = rows.iter().map(|row| scaled(&row[first + index], places)).collect();
        columns.push((name, values?));
    }
    Ok(Table { columns })
}

/// A decimal with at most `places` places as an integer, exactly.
fn scaled(text: &str, places: usize) -> Result<i32, String> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let trimmed = rest.trim_end_matches('0');
    if trimmed.len() > places {
        return Err(format!("`{text}` has more than {places} decimals"));
    }
    format!("{whole}{trimmed:0<places$}").parse().map_err(|error| format!("`{text}`: {error}"))
}
