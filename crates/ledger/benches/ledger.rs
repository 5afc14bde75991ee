//! How fast commands become durable, are replayed and audited, and how fast signatures are made and checked; beside
//! it what the disk can do at all. Wall-clock time: waiting for the disk is the point.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ledger::conformance::{Example, fill};
use ledger::{Central, Evidence, Key, Options, Recoverer, audit};
use market::signing::Recover;
use market::{Authentication, Envelope, State, encoding};
use std::hint::black_box;
use std::io::Write;
use std::path::PathBuf;

/// A place on the disk that is meant, not in memory.
fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("ledger-bench");
    std::fs::create_dir_all(&folder).expect("a folder to measure in");
    folder
}

fn fresh(name: &str) -> PathBuf {
    let path = folder().join(name);
    for suffix in ["", "-wal"] {
        let _ = std::fs::remove_file(folder().join(format!("{name}{suffix}")));
    }
    path
}

fn recorded(name: &str, commands: &[Envelope], step: usize) -> PathBuf {
    let path = fresh(name);
    let mut ledger = Central::create(&path, Options::default()).expect("a new file");
    fill(&mut ledger, commands, step);
    path
}

fn disk(bench: &mut Criterion) {
    let mut file = std::fs::File::create(fresh("disk")).expect("a new file");
    bench.bench_function("disk: append 4 kB and synchronise", |bench| {
        bench.iter(|| {
            file.write_all(&[7; 4096]).expect("space");
            file.sync_data().expect("a disk");
        });
    });
}

fn commit(bench: &mut Criterion) {
    let commands = Example::run(1, Authentication::Operator, 20, 24).take();
    let mut group = bench.benchmark_group("append and commit, commands each");
    group.sample_size(10).throughput(Throughput::Elements(commands.len() as u64));
    group.bench_function("apply alone", |bench| {
        bench.iter(|| {
            let mut state = State::new();
            for envelope in &commands {
                state.apply(envelope, &Recoverer, &mut ()).expect("the example is acceptable");
            }
        });
    });
    for step in [10, 100, 1_000] {
        group.bench_function(format!("commits of {step}"), |bench| {
            bench.iter(|| recorded("commit", &commands, step));
        });
    }
}

/// A week of the village: 20 members, three carriers, 672 quarter hours.
fn week(bench: &mut Criterion) {
    let commands = Example::run(1, Authentication::Operator, 20, 672).take();
    let mut bytes = Vec::new();
    commands.iter().for_each(|envelope| encoding::encode(envelope, &mut bytes));
    println!("a week: {} commands, {} bytes", commands.len(), bytes.len());
    let path = recorded("week", &commands, 130);
    let mut group = bench.benchmark_group("a village's week");
    group.sample_size(10).throughput(Throughput::Elements(commands.len() as u64));
    group.bench_function("open and replay", |bench| {
        bench.iter(|| Central::open(&path, Options::default()).expect("it was closed in good order"));
    });
    group.bench_function("audit", |bench| {
        bench.iter(|| {
            let audit = audit(&path, &Evidence::default(), &mut |_, _| {}).expect("a readable file");
            assert_eq!(audit.first_violation, None);
        });
    });
}

fn signatures(bench: &mut Criterion) {
    let key = Key::from_seed(b"", "bench");
    let digest = [7; 32];
    let signature = key.sign(&digest);
    bench.bench_function("sign", |bench| bench.iter(|| key.sign(black_box(&digest))));
    bench.bench_function("recover", |bench| bench.iter(|| Recoverer.recover(black_box(&digest), &signature)));
    let commands = Example::run(1, Authentication::Signature, 20, 4).take();
    let path = recorded("signed", &commands, 100);
    let mut group = bench.benchmark_group("signed");
    group.sample_size(10).throughput(Throughput::Elements(commands.len() as u64));
    group.bench_function("audit", |bench| {
        bench.iter(|| audit(&path, &Evidence::default(), &mut |_, _| {}).expect("a readable file"));
    });
}

criterion_group!(benches, disk, commit, week, signatures);
criterion_main!(benches);
