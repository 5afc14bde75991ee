//! What a run prints: a table that explains itself, or one JSON object.

use crate::output::hex;
use crate::settings::Settings;
use crate::show::{cents, euros, kwh, percent};
use crate::table::{Align, Table};
use ledger::Audit;
use market::{Authentication, Energy, Money};
use rollup::sequencer::Hex;
use serde::Serialize;
use sim::calendar::format_instant;
use sim::report::text::{decimal, whole};
use sim::report::{Wait, duration, measured};
use sim::{CouplingSummary, MemberSummary, Scenario, Summary};
use std::path::Path;
use std::time::Duration;

/// Communities larger than this show only a choice of their members on the terminal.
const SHOWN: usize = 40;

/// The most reasons given on the terminal for paying more.
const REASONS: usize = 10;

/// A run that has ended well.
#[derive(Debug)]
pub(super) struct Finished<'a> {
    pub(super) settings: &'a Settings,
    pub(super) scenario: &'a Scenario,
    pub(super) summary: &'a Summary,
    pub(super) audit: Option<&'a Audit>,
    /// What the primary chain has of it, where there is one.
    pub(super) dual: Option<&'a rollup::ledger::Summary>,
    /// From a command's arrival there to its receipt, ns.
    pub(super) soft: Option<Wait>,
    pub(super) report: &'a Path,
    pub(super) took: Duration,
}

/// The form other programs rely on.
#[derive(Serialize)]
pub(super) struct RunForm<'a> {
    scenario: &'a str,
    seed: u64,
    start: String,
    days: u32,
    intervals: u64,
    interval_s: u32,
    currency: String,
    authentication: &'static str,
    bill_neur: i128,
    at_tariff_neur: i128,
    saved_neur: i128,
    carriers: Vec<CarrierForm>,
    coupling: Option<CouplingForm>,
    members: Vec<MemberForm<'a>>,
    orders: u64,
    refused: Vec<RefusedForm>,
    records: u64,
    root: String,
    audit: Option<VerdictForm>,
    dual_chain: Option<DualForm>,
    report: String,
    ledger: String,
    run_ns: u64,
}

#[derive(Serialize)]
struct CarrierForm {
    carrier: &'static str,
    traded_wh: i64,
    mean_price: Option<i64>,
    import_wh: i64,
    export_wh: i64,
    untraded: Option<&'static str>,
}

/// What clearing carriers together was worth on the same orders and offers, and what it dispatched.
#[derive(Serialize)]
struct CouplingForm {
    clearings: u64,
    welfare_neur: i128,
    welfare_alone_neur: i128,
    gain_neur: i128,
    stored_wh: i64,
    set_aside: u64,
    converted: Vec<ConvertedForm>,
}

#[derive(Serialize)]
struct ConvertedForm {
    device: &'static str,
    input: &'static str,
    input_wh: i64,
    electricity_wh: i64,
    heat_wh: i64,
    gas_wh: i64,
}

#[derive(Serialize)]
struct MemberForm<'a> {
    name: &'a str,
    kind: &'a str,
    bill_neur: i128,
    at_tariff_neur: i128,
    saved_neur: i128,
    deviation_neur: i128,
    bought_wh: i64,
    sold_wh: i64,
    peak_w: i64,
    runs: u64,
    waited_s: u64,
    reason: Option<String>,
}

/// What the dual chain did. Amounts are wei, times s; gas by what it was for.
#[derive(Serialize)]
struct DualForm {
    chain_id: u64,
    contract: String,
    data_mode: &'static str,
    /// Of sealed batches, the operators included.
    readers: u64,
    batches: u64,
    final_batches: u64,
    checkpoints: u64,
    disputes: u64,
    reposted: u64,
    operators: u64,
    bond_wei: u128,
    slashed_wei: u128,
    deposits_and_forced: u64,
    withdrawals: u64,
    data_bytes: u64,
    waiting_bytes: usize,
    gas_deploy: u64,
    gas_deposits: u64,
    gas_batches: u64,
    gas_final: u64,
    window_blocks: u64,
    window_s: u64,
    receipt_after_ns: Option<u64>,
    receipt_after_longest_ns: Option<u64>,
    posted_after_s: Option<u64>,
    final_after_s: Option<u64>,
    final_after_longest_s: Option<u64>,
    root: String,
}

#[derive(Serialize)]
struct VerdictForm {
    checked: u64,
    violations: u64,
}

#[derive(Serialize)]
struct RefusedForm {
    code: u16,
    reason: &'static str,
    count: u64,
}

impl Finished<'_> {
    /// The run as one object.
    pub(super) fn form(&self) -> RunForm<'_> {
        let Self { settings, scenario, summary, took, .. } = self;
        let span = &scenario.span;
        RunForm {
            scenario: &summary.scenario,
            seed: scenario.seed,
            start: format_instant(span.first.start, span.offset),
            days: span.days,
            intervals: summary.intervals,
            interval_s: span.first.duration,
            currency: String::from_utf8_lossy(&scenario.community.currency).into_owned(),
            authentication: match scenario.community.authentication {
                Authentication::Signature => "signature",
                Authentication::Operator => "operator",
            },
            bill_neur: summary.bill().0,
            at_tariff_neur: summary.at_tariff().0,
            saved_neur: (summary.at_tariff() - summary.bill()).0,
            carriers: summary
                .carriers
                .iter()
                .map(|carrier| CarrierForm {
                    carrier: carrier.carrier.name(),
                    traded_wh: carrier.traded.0,
                    mean_price: carrier.mean_price().map(|price| price.0),
                    import_wh: carrier.import.0,
                    export_wh: carrier.export.0,
                    untraded: carrier.untraded,
                })
                .collect(),
            coupling: summary.coupling.as_ref().map(coupling_form),
            members: summary.members.iter().map(|member| member_form(member, span.first.duration)).collect(),
            orders: summary.orders,
            refused: summary
                .refused
                .iter()
                .map(|(rejection, count)| RefusedForm {
                    code: rejection.code(),
                    reason: rejection.words(),
                    count: *count,
                })
                .collect(),
            records: summary.commands,
            root: hex(&summary.root),
            audit: self.audit.map(|audit| VerdictForm {
                checked: audit.laws.iter().map(|count| count.checked).sum(),
                violations: audit.laws.iter().map(|count| count.violations).sum(),
            }),
            dual_chain: self.dual.map(|dual| dual_form(dual, self.soft)),
            report: self.report.display().to_string(),
            ledger: settings.ledger.display().to_string(),
            run_ns: u64::try_from(took.as_nanos()).unwrap_or(u64::MAX),
        }
    }

    /// The run as a table for a newcomer.
    pub(super) fn text(&self) -> String {
        let Self { settings, scenario, summary, took, .. } = self;
        let span = &scenario.span;
        let day = format_instant(span.first.start, span.offset);
        let days = if span.days == 1 { "1 day".to_owned() } else { format!("{} days", span.days) };
        let mut text = format!(
            "{}: {} members, {days} from {}\n\n{}\n",
            summary.scenario,
            summary.members.len(),
            day.split('T').next().unwrap_or_default(),
            self.members()
        );
        text += &self.losers();
        text += "  \"with supplier\": the same meter readings, everything at the supplier's tariff. A plant that makes heat or\n  \
                 gas for sale is compared with selling it to the supplier; its saving is what trading earned.\n\n";
        text += &self.machines();
        text += &self.carriers();
        text += &self.coupling();
        let authentication = match scenario.community.authentication {
            Authentication::Signature => "every command is signed by its sender, every signature checked",
            Authentication::Operator => {
                "by the operator, for everybody (--signed makes and checks signatures)"
            }
        };
        let ledger = settings.ledger.display();
        let line = |name: &str, what: String| format!("  {name:<16}{what}\n");
        text.push('\n');
        text += &line("authentication", authentication.to_owned());
        text += &line("root", hex(&summary.root));
        let again = format!("{ledger}, {} records; verify it again: wattle audit {ledger}", summary.commands);
        text += &line("ledger", again);
        text += &line("audit", self.verdict());
        if let Some(dual) = self.dual {
            text += &dual_lines(dual, self.soft, settings, &line);
        }
        text += &line("report", self.report.display().to_string());
        text += &line("time", format!("{:.1} s", took.as_secs_f64()));
        text
    }

    /// Whether the audit found a broken law.
    pub(super) fn violated(&self) -> bool {
        self.audit.is_some_and(|audit| audit.first_violation.is_some())
    }

    /// What the audit found, in words.
    fn verdict(&self) -> String {
        let Some(audit) = self.audit else { return "not yet: this ledger is large".to_owned() };
        let checks: u64 = audit.laws.iter().map(|count| count.checked).sum();
        match &audit.first_violation {
            None => format!("{} laws hold in {} checks", audit.laws.len(), whole(checks.into())),
            Some(violation) => format!("{violation}"),
        }
    }

    /// Bills of every member, or of those that differ most in a large community.
    fn members(&self) -> String {
        let members = &self.summary.members;
        let right = Align::Right;
        let mut table = Table::new(&[
            ("member", Align::Left),
            ("kind", Align::Left),
            ("bill with supplier €", right),
            ("with neighbours €", right),
            ("saved €", right),
            ("saved %", right),
        ]);
        let mut shown: Vec<&MemberSummary> = members.iter().collect();
        let all = shown.len() <= SHOWN;
        if !all {
            shown.sort_by_key(|member| std::cmp::Reverse(member.saved()));
            shown.drain(SHOWN / 2..members.len() - SHOWN / 4);
        }
        for member in shown {
            table.row(bill(&member.name, &member.kind, member.at_tariff, member.bill));
        }
        table.gap();
        table.row(bill("all", "", self.summary.at_tariff(), self.summary.bill()));
        let note = if all {
            String::new()
        } else {
            format!("  shown are the {} who save most and the {} who save least\n", SHOWN / 2, SHOWN / 4)
        };
        table.render() + &note
    }

    /// How long machines waited, and how much their homes took at once; nothing where there are none.
    fn machines(&self) -> String {
        let right = Align::Right;
        let mut table = Table::new(&[
            ("machines that can wait", Align::Left),
            ("runs", right),
            ("waited h a run", right),
            ("highest import kW", right),
        ]);
        let interval = i128::from(self.scenario.span.first.duration);
        let owners: Vec<_> =
            self.summary.members.iter().filter(|member| member.runs > 0).take(SHOWN).collect();
        if owners.is_empty() {
            return String::new();
        }
        for member in owners {
            let waited = i128::from(member.waited) * interval * 1_000 / 3_600 / i128::from(member.runs);
            let peak = i128::from(member.peak.0) * 3_600 / interval;
            table.row([
                member.name.clone(),
                member.runs.to_string(),
                decimal(waited, 3, 1),
                decimal(peak, 3, 1),
            ]);
        }
        table.render() + "\n"
    }

    /// Who pays more than with the supplier, and why.
    fn losers(&self) -> String {
        let losers = self.summary.members.iter().filter_map(|member| Some((member, member.reason()?)));
        let mut losers: Vec<_> = losers.collect();
        losers.sort_by_key(|(member, _)| member.saved());
        let more = losers.len().saturating_sub(REASONS);
        losers.truncate(REASONS);
        let mut text = String::new();
        for (member, reason) in &losers {
            text += &format!("  {} pays more: {reason}\n", member.name);
        }
        if more > 0 {
            text += &format!(
                "  … and {more} more of {} members; --json gives every reason\n",
                self.summary.members.len()
            );
        }
        if !losers.is_empty() {
            text.push('\n');
        }
        text
    }

    /// What clearing carriers together was worth; nothing where each is cleared alone.
    fn coupling(&self) -> String {
        let Some(coupling) = &self.summary.coupling else { return String::new() };
        let converted: Vec<String> = coupling
            .dispatched()
            .map(|(device, from, turned)| {
                let (taken, given) = (Energy(turned.input), Energy(turned.outputs.iter().sum()));
                format!("{device}: {} kWh of {} into {} kWh", kwh(taken), from.name(), kwh(given))
            })
            .collect();
        let converted =
            if converted.is_empty() { "nothing was converted".into() } else { converted.join("; ") };
        let aside = match coupling.set_aside {
            0 => String::new(),
            count => format!(
                ";\n  in {count} of {} clearings the offers were set aside, as no right claim was found",
                coupling.clearings
            ),
        };
        format!(
            "\n  cleared together the orders and offers were worth {} € more than carrier by carrier with every offer at\n  \
             rest ({converted});\n  without coupling members would have placed other orders{aside}\n",
            euros(coupling.gain())
        )
    }

    /// What was traded.
    fn carriers(&self) -> String {
        let right = Align::Right;
        let mut table = Table::new(&[
            ("carrier", Align::Left),
            ("taken kWh", right),
            ("traded among neighbours kWh", right),
            ("mean ct/kWh", right),
            ("", Align::Left),
        ]);
        for carrier in &self.summary.carriers {
            table.row([
                carrier.carrier.name().to_owned(),
                kwh(carrier.import),
                kwh(carrier.traded),
                carrier.mean_price().map_or_else(|| "–".to_owned(), cents),
                carrier.untraded.map_or_else(String::new, |why| format!("not traded: {why}")),
            ]);
        }
        let beyond = self.summary.carriers.iter().any(|carrier| carrier.traded > carrier.import);
        let note = if beyond {
            "  more was traded than taken: what somebody bought and did not take is a deviation at the tariff\n"
        } else {
            ""
        };
        table.render() + note
    }
}

fn dual_form(dual: &rollup::ledger::Summary, soft: Option<Wait>) -> DualForm {
    DualForm {
        chain_id: dual.chain_id,
        contract: Hex(dual.contract).to_string(),
        data_mode: dual.mode.name(),
        readers: dual.readers,
        batches: dual.batches,
        final_batches: dual.finalised,
        checkpoints: dual.checkpoints,
        disputes: dual.disputes,
        reposted: dual.reposted,
        operators: dual.operators,
        bond_wei: dual.bond,
        slashed_wei: dual.slashed,
        deposits_and_forced: dual.queue,
        withdrawals: dual.withdrawals,
        data_bytes: dual.done.bytes,
        waiting_bytes: dual.waiting,
        gas_deploy: dual.done.deploy_gas,
        gas_deposits: dual.done.deposit_gas,
        gas_batches: dual.done.post_gas,
        gas_final: dual.done.finalise_gas,
        window_blocks: dual.window.0,
        window_s: dual.window.1,
        receipt_after_ns: soft.map(|wait| wait.median),
        receipt_after_longest_ns: soft.map(|wait| wait.longest),
        posted_after_s: dual.posted_after,
        final_after_s: dual.final_after.map(|(median, _)| median),
        final_after_longest_s: dual.final_after.map(|(_, longest)| longest),
        root: hex(&dual.root),
    }
}

/// What the dual chain did, line by line.
fn dual_lines(
    dual: &rollup::ledger::Summary,
    soft: Option<Wait>,
    settings: &Settings,
    line: &dyn Fn(&str, String) -> String,
) -> String {
    let source = match &settings.primary {
        Some(url) => url.clone(),
        None => rollup::ledger::chain_path(&settings.ledger).display().to_string(),
    };
    let contract = Hex(dual.contract);
    let coins = |wei: u128| euros(Money((wei / rollup::sequencer::WEI) as i128));
    let gas = |gas: u64| whole(gas.into());
    let mut text = line("primary chain", format!("contract {contract} on chain {}", dual.chain_id));
    text += &line(
        "batches",
        format!(
            "{} with {} checkpoints in {} bytes of data, {} of them final; {} disputes, {} times new roots",
            dual.batches,
            dual.checkpoints,
            whole(dual.done.bytes.into()),
            dual.finalised,
            dual.disputes,
            dual.reposted
        ),
    );
    text += &line("data", super::dual::data(dual));
    text += &line(
        "bonds",
        format!("{} operators, {} € each, {} € lost", dual.operators, coins(dual.bond), coins(dual.slashed)),
    );
    text += &line(
        "gas",
        format!(
            "{} for batches, {} for deposits, {} to make final, {} for the contracts",
            gas(dual.done.post_gas),
            gas(dual.done.deposit_gas),
            gas(dual.done.finalise_gas),
            gas(dual.done.deploy_gas)
        ),
    );
    let posted = dual.posted_after.map_or_else(
        || "not yet on the primary chain".into(),
        |longest| format!("on the primary chain within {}", duration(longest)),
    );
    let last = dual.final_after.map_or_else(
        || "not yet final".into(),
        |(median, _)| format!("half of the batches final {} after that", duration(median)),
    );
    let receipt = soft.map_or_else(
        || "in a time that was not measured".into(),
        |wait| format!("after {}, at most {}", measured(wait.median), measured(wait.longest)),
    );
    text += &line("confirmed", format!("by a signed receipt {receipt}; {posted}; {last}"));
    text + &line("again", format!("wattle audit --primary {source} --contract {contract}"))
}

fn coupling_form(coupling: &CouplingSummary) -> CouplingForm {
    let converted = coupling.dispatched().map(|(device, input, turned)| {
        let [electricity_wh, heat_wh, gas_wh] = turned.outputs;
        let input = input.name();
        ConvertedForm { device, input, input_wh: turned.input, electricity_wh, heat_wh, gas_wh }
    });
    CouplingForm {
        clearings: coupling.clearings,
        welfare_neur: coupling.welfare.0,
        welfare_alone_neur: coupling.alone.0,
        gain_neur: coupling.gain().0,
        stored_wh: coupling.stored.0,
        set_aside: coupling.set_aside,
        converted: converted.collect(),
    }
}

/// One line of the bills; a percentage only of what is paid, as a share of an income says nothing.
fn bill(name: &str, kind: &str, alone: Money, together: Money) -> [String; 6] {
    let saved = alone - together;
    let share = percent(saved.0, alone.0.max(0));
    [name.to_owned(), kind.to_owned(), euros(alone), euros(together), euros(saved), share]
}

fn member_form(member: &MemberSummary, interval: u32) -> MemberForm<'_> {
    MemberForm {
        name: &member.name,
        kind: &member.kind,
        bill_neur: member.bill.0,
        at_tariff_neur: member.at_tariff.0,
        saved_neur: member.saved().0,
        deviation_neur: member.deviation.0,
        bought_wh: member.traded[0].0,
        sold_wh: member.traded[1].0,
        peak_w: member.peak.0 * 3_600 / i64::from(interval),
        runs: member.runs,
        waited_s: member.waited * u64::from(interval),
        reason: member.reason(),
    }
}
