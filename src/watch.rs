//! `wattle watch`: an operator of a dual chain watched from the primary chain's public data alone.

use crate::cli::WatchOptions;
use crate::failure::Failure;
use crate::output::{hex, print, print_json};
use rollup::sequencer::Hex;
use rollup::watcher::{Act, Journal, Look, Verdict, Watcher};
use serde::Serialize;
use std::time::Duration;

/// How often is looked, and how many looks `--once` waits for a transaction.
const PAUSE: Duration = Duration::from_secs(2);
const PATIENCE: u32 = 150;

/// The form other programs rely on, one a line.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct LookForm {
    data_mode: &'static str,
    block: u64,
    batches: u64,
    final_batches: u64,
    fallen: usize,
    /// `right`, `wrong` or `unknown`.
    verdict: &'static str,
    wrong_batch: Option<u64>,
    wrong_segment: Option<u32>,
    doubt: Option<String>,
    /// A transition that is announced and not computed here.
    unknown_version: Option<u32>,
    sent: Vec<SentForm>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
struct SentForm {
    act: String,
    transaction: String,
}

/// Watches until it is stopped, or until nothing is left to do; with `--once`, a lie that stands or a doubt is exit code 1.
pub(crate) fn watch(options: &WatchOptions) -> Result<(), Failure> {
    let source = &options.primary;
    let mut chain = crate::primary::open(source)?;
    let contract = crate::primary::contract(source, options.contract)?;
    let key = options.key.as_deref().map(crate::keys::read).transpose()?;
    let world = |error: &dyn std::fmt::Display| Failure::World(format!("{source}: {error}"));
    let journal = match (&options.journal, &key) {
        (Some(path), Some(key)) => {
            let id = chain.id().map_err(|error| world(&error))?;
            Journal::open(path, id, contract, key.address())
                .map_err(|error| Failure::input(path.display(), error.to_string()))?
        }
        _ => Journal::in_memory(),
    };
    let public = key.as_ref().map(ledger::Key::public);
    let watcher = Watcher::new(&mut *chain, contract, key, journal);
    let watcher = watcher.map_err(|error| crate::primary::founding(source, &error))?;
    let mut watcher = watcher.doubting(options.doubt.unwrap_or(0));
    if !options.json {
        let who = if options.key.is_some() {
            "disputes what is wrong"
        } else {
            "tells what is wrong: --key disputes it"
        };
        let mode = watcher.derivation().mode().words();
        print(&format!("{source}: contract {}; {who}\n{mode}\n", Hex(contract)))?;
        if let Some(public) = public {
            print(&format!("as the reader with the public key {}\n", hex(&public)))?;
        }
    }
    let mut said = None;
    let mut waited = 0;
    loop {
        let look = match watcher.look(&mut *chain) {
            Ok(look) => look,
            Err(error) if options.once => return Err(world(&error)),
            // A node that is away comes back; what was known stays.
            Err(error) => {
                eprintln!("wattle: {source}: {error}");
                std::thread::sleep(PAUSE);
                continue;
            }
        };
        let form = form(&mut watcher, &look);
        if said.as_ref() != Some(&form) {
            if options.json { print_json(&form)? } else { print(&text(&form))? }
        }
        said = Some(form);
        if !look.sent.is_empty() {
            continue;
        }
        if options.once && (!look.waits || waited == PATIENCE) {
            return if look.verdict == Verdict::Right { Ok(()) } else { Err(Failure::Negative) };
        }
        waited += u32::from(look.waits);
        std::thread::sleep(PAUSE);
    }
}

fn form(watcher: &mut Watcher, look: &Look) -> LookForm {
    let derivation = watcher.derivation();
    let (wrong, doubt) = match &look.verdict {
        Verdict::Right => (None, None),
        Verdict::Wrong { number, segment } => (Some((*number, *segment)), None),
        Verdict::Unknown(doubt) => (None, Some(doubt.to_string())),
    };
    let verdict = match look.verdict {
        Verdict::Right => "right",
        Verdict::Wrong { .. } => "wrong",
        Verdict::Unknown(_) => "unknown",
    };
    LookForm {
        data_mode: derivation.mode().name(),
        block: look.block.number,
        batches: derivation.tip(),
        final_batches: derivation.final_batches(),
        fallen: derivation.fallen().len(),
        verdict,
        wrong_batch: wrong.map(|(batch, _)| batch),
        wrong_segment: wrong.map(|(_, segment)| segment),
        doubt,
        unknown_version: derivation.versions().stranger().map(|(version, _)| version),
        sent: look
            .sent
            .iter()
            .map(|sent| SentForm { act: name(&sent.act).to_owned(), transaction: hex(&sent.transaction) })
            .collect(),
    }
}

const fn name(act: &Act) -> &'static str {
    match act {
        Act::Promise { .. } => "promise",
        Act::Prove { .. } => "proof",
        Act::Claim { .. } => "claim",
        Act::Reward { .. } => "reward",
        Act::Attest { .. } => "sign of attention",
        Act::Collect => "collection",
        Act::Demand { .. } => "demand",
        Act::Overdue { .. } => "notice that an answer is overdue",
        Act::Refute { .. } => "refutation of an answer",
        Act::CollectDeposits => "collection of deposits",
    }
}

fn text(look: &LookForm) -> String {
    let verdict = match (look.wrong_batch.zip(look.wrong_segment), &look.doubt) {
        (Some((batch, segment)), _) => format!("batch {batch}, segment {segment}: its root does not follow"),
        (None, Some(doubt)) => format!("abstains: {doubt}"),
        (None, None) => "every root follows".to_owned(),
    };
    let LookForm { block, batches, final_batches, fallen, .. } = look;
    let mut text =
        format!("block {block}: {batches} batches, {final_batches} final, {fallen} fell; {verdict}\n");
    if let Some(version) = look.unknown_version {
        text += &format!(
            "  version {version} of the transition is announced and not computed here: update before it is active\n"
        );
    }
    for sent in &look.sent {
        text += &format!("  sent {}: transaction 0x{}\n", sent.act, sent.transaction);
    }
    text
}
