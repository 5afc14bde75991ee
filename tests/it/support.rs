//! The program as a user starts it, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A folder that is gone when the test is over.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// An empty folder.
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).expect("the target folder can be written");
        Self(path)
    }

    /// Its path.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file into it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, content).expect("the target folder can be written");
        path
    }

    /// Runs the program in it.
    pub(crate) fn wattle(&self, arguments: &[&str]) -> Run {
        self.wattle_with(arguments, &[])
    }

    /// Runs the program in it, with these environment variables.
    pub(crate) fn wattle_with(&self, arguments: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wattle"));
        command.current_dir(&self.0).args(arguments).envs(environment.iter().copied());
        let output = command.output().expect("the program was built and starts");
        Run {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).expect("output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("output is UTF-8"),
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0); // a folder left behind is in target/ and harmless
    }
}

/// What a run of the program left behind.
#[derive(Debug)]
pub(crate) struct Run {
    /// Exit code; −1 where a signal ended it.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

impl Run {
    /// The output as JSON, after a good end.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, 0, "the program failed: {}", self.err);
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.out))
    }

    /// The complaints of a run that ended with this exit code, line by line.
    #[track_caller]
    pub(crate) fn complaints(&self, code: i32) -> Vec<&str> {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "it said: {}", self.err);
        self.err.lines().map(|line| line.strip_prefix("wattle: ").unwrap_or(line)).collect()
    }
}
