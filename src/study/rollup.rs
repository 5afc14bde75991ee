//! `wattle study rollup`: the dual chain's story, done on a primary chain inside the process.

use crate::failure::Failure;
use crate::output::{hex, print, print_json};
use crate::table::{Align, Table};
use clap::Args;
use market::{AccountId, Money};
use rollup::sequencer::WEI;
use rollup::study::{Paid, Story, story};
use serde::Serialize;

/// What `wattle study rollup` takes.
#[derive(Args)]
pub(crate) struct RollupOptions {
    /// How many households trade; every second one has solar panels
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u32).range(2..=100))]
    households: u32,
    /// Seed of everything random: the same seed gives the same story
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The form other programs rely on.
#[derive(Serialize)]
struct StoryForm {
    households: usize,
    intervals: u64,
    paid_in_neur: i64,
    orders: u64,
    readings: u64,
    batches_by_first: u64,
    batches_by_second: u64,
    bytes: u64,
    post_gas: u64,
    lie: LieForm,
    reposted: u64,
    repost_gas: u64,
    withdrawals: Vec<PaidForm>,
    exits: Vec<PaidForm>,
    sums: Vec<SumForm>,
    root: String,
}

#[derive(Serialize)]
struct LieForm {
    batch: u64,
    segment: u32,
    segments: usize,
    account: u32,
    fill_wh: u64,
    said_wh: u64,
    promise_gas: u64,
    proof_gas: u64,
    proof_bytes: usize,
    bond_neur: u64,
    reward_neur: u64,
    burnt_neur: u64,
}

#[derive(Serialize)]
struct PaidForm {
    account: u32,
    amount_neur: u64,
    gas: u64,
}

#[derive(Serialize)]
struct SumForm {
    after: &'static str,
    owed_neur: i64,
    held_neur: i64,
}

/// Tells the story.
pub(crate) fn study(options: &RollupOptions) -> Result<(), Failure> {
    let told = story(options.seed, options.households as usize);
    let told = told.map_err(|error| Failure::World(format!("the story ended early: {error}")))?;
    if options.json { print_json(&form(&told)) } else { print(&text(&told)) }
}

fn form(story: &Story) -> StoryForm {
    let paid =
        |paid: &Paid| PaidForm { account: paid.account.0, amount_neur: paid.amount as u64, gas: paid.gas };
    let sum = |(after, owed, held): &(&'static str, i128, i128)| SumForm {
        after,
        owed_neur: *owed as i64,
        held_neur: *held as i64,
    };
    let lie = &story.lie;
    let coins = |wei: u128| (wei / WEI) as u64;
    StoryForm {
        households: story.households,
        intervals: story.intervals,
        paid_in_neur: story.paid_in as i64,
        orders: story.orders,
        readings: story.readings,
        batches_by_first: story.batches.0,
        batches_by_second: story.batches.1,
        bytes: story.bytes,
        post_gas: story.post_gas,
        lie: LieForm {
            batch: lie.batch,
            segment: lie.segment,
            segments: lie.segments,
            account: lie.account.0,
            fill_wh: lie.fill.0,
            said_wh: lie.fill.1,
            promise_gas: lie.gas.0,
            proof_gas: lie.gas.1,
            proof_bytes: lie.bytes,
            bond_neur: coins(lie.bond.0),
            reward_neur: coins(lie.bond.1),
            burnt_neur: coins(lie.bond.2),
        },
        reposted: story.reposted.0,
        repost_gas: story.reposted.1,
        withdrawals: story.withdrawals.iter().map(paid).collect(),
        exits: story.exits.iter().map(paid).collect(),
        sums: story.sums.iter().map(sum).collect(),
        root: hex(&story.root),
    }
}

fn text(story: &Story) -> String {
    let coins = |wei: u128| euros(Money((wei / WEI) as i128));
    let lie = &story.lie;
    let mut out = format!(
        "{} households, the supplier and the guarantor pay {} into the contract on the primary chain.\n\
         They trade a day: {} delivery intervals, {} orders, {} readings; {} batches of the first operator and {} of the \
         second, {} bytes, {} gas.\n\n",
        story.households,
        euros(Money(story.paid_in)),
        story.intervals,
        story.orders,
        story.readings,
        story.batches.0,
        story.batches.1,
        thousands(story.bytes),
        thousands(story.post_gas),
    );
    out += &format!(
        "At noon the first operator lies: account {} bought {} Wh, the root of batch {} says {} Wh.\n\
         A watcher computes the roots from the primary chain's data and finds segment {} of {} wrong.\n\
         One transaction proves it: {} bytes, {} gas (a promise before it: {} gas). The batch falls.\n\
         Of the bond of {} the watcher gets {}; {} are burnt.\n\
         The second operator gives the input right roots ({} gas) and goes on.\n\n",
        lie.account.0,
        lie.fill.0,
        lie.batch,
        lie.fill.1,
        lie.segment + 1,
        lie.segments,
        thousands(lie.bytes as u64),
        thousands(lie.gas.1),
        thousands(lie.gas.0),
        coins(lie.bond.0),
        coins(lie.bond.1),
        coins(lie.bond.2),
        thousands(story.reposted.1),
    );
    let sum = |paid: &[Paid]| euros(Money(paid.iter().map(|paid| paid.amount as i128).sum()));
    out += &format!(
        "{} households take out {}; once the window is over, the contract pays them.\n\
         Then all operators vanish. After the delay {} accounts leave with {}:\n\n",
        story.withdrawals.len(),
        sum(&story.withdrawals),
        story.exits.len(),
        sum(&story.exits),
    );
    let mut table = Table::new(&[
        ("account", Align::Left),
        ("withdrawn", Align::Right),
        ("left with", Align::Right),
        ("gas", Align::Right),
    ]);
    for exit in &story.exits {
        let withdrawn = story.withdrawals.iter().find(|paid| paid.account == exit.account);
        table.row([
            name(exit.account),
            withdrawn.map_or_else(String::new, |paid| euros(Money(paid.amount as i128))),
            euros(Money(exit.amount as i128)),
            thousands(exit.gas),
        ]);
    }
    out += &table.render();
    out += "\nOwed on the secondary chain, and held by the contract for it, to the last n€:\n\n";
    let mut table =
        Table::new(&[("after", Align::Left), ("owed, n€", Align::Right), ("held, n€", Align::Right)]);
    for (after, owed, held) in &story.sums {
        table.row([(*after).to_owned(), thousands(*owed as u64), thousands(*held as u64)]);
    }
    out += &table.render();
    out
}

/// An amount in sentences and tables.
fn euros(money: Money) -> String {
    format!("{} €", crate::show::euros(money))
}

/// An account as people call it.
fn name(account: AccountId) -> String {
    match account {
        AccountId::SUPPLIER => "supplier".into(),
        AccountId::GRID_OPERATOR => "grid operator".into(),
        AccountId::LEVIES => "levies".into(),
        AccountId::COMMUNITY => "community".into(),
        AccountId::GUARANTOR => "guarantor".into(),
        AccountId(number) => format!("household {}", number - AccountId::FIRST_MEMBER.0 + 1),
    }
}

/// 1234567 as 1 234 567.
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}
