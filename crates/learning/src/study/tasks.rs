//! Independent tasks by several threads, results in the order of the tasks.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Does `task` for 0 to `count` − 1. The order in which they are begun is theirs; who does which is chance and shows
/// nowhere.
pub fn ordered<T: Send>(count: usize, threads: usize, task: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let results: Vec<Mutex<Option<T>>> = (0..count).map(|_| Mutex::new(None)).collect();
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(result) = results.get(index) else { break };
            let done = task(index);
            *result.lock().expect("each result has one writer") = Some(done);
        }
    };
    std::thread::scope(|scope| {
        (1..threads.clamp(1, count.max(1))).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    let result =
        |result: Mutex<Option<T>>| result.into_inner().expect("no task panics").expect("all are done");
    results.into_iter().map(result).collect()
}
