//! The log on disk: one SQLite file, one writer, every commit synchronised before it is acknowledged.
//!
//! Write-ahead log, `synchronous = EXTRA`: a commit is durable when its transaction returns. `locking_mode =
//! EXCLUSIVE`: a second writer is refused, and no shared memory is needed. A synchronisation that failed is
//! never repeated on the same pages (the operating system may have dropped them and report success): the ledger
//! stops, and opening it again copies whatever the write-ahead log holds into the file proper.

use crate::projection::Projection;
use crate::{Error, Receipt, Segment};
use market::Account;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension, params};
use std::path::{Path, PathBuf};

/// `Wttl`: tells a ledger from any other SQLite file.
const APPLICATION: i64 = 0x5774_746c;
/// Changes with the schema, the encoding or the meaning of records.
const FORMAT: i64 = 1;

/// The log and its projections in one database.
pub(crate) struct Store {
    connection: Connection,
    path: PathBuf,
    statements: bool,
}

impl Store {
    /// A new, empty log at a path where there is none.
    pub(crate) fn create(path: &Path, vfs: Option<&str>, statements: bool) -> Result<Self, Error> {
        let fail = |source| Error::storage("create", path, 0, source);
        if vfs.is_none() && path.metadata().is_ok_and(|file| file.len() > 0) {
            return Err(Error::Exists { path: path.into() });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = connect(path, vfs, flags).map_err(fail)?;
        let objects: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(fail)?;
        if objects > 0 {
            return Err(Error::Exists { path: path.into() });
        }
        Self::lay_out(connection, path.into(), statements).map_err(fail)
    }

    /// A log that lives as long as the process.
    pub(crate) fn in_memory(statements: bool) -> Result<Self, Error> {
        let path = Path::new(":memory:");
        let fail = |source| Error::storage("create", path, 0, source);
        let connection = Connection::open_in_memory().map_err(fail)?;
        Self::lay_out(connection, path.into(), statements).map_err(fail)
    }

    fn lay_out(connection: Connection, path: PathBuf, statements: bool) -> Result<Self, rusqlite::Error> {
        prepare_for_writing(&connection)?;
        // In one transaction: after a crash there is either a ledger or nothing.
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION}; {} INSERT INTO meta VALUES ({FORMAT}, {}); COMMIT",
            include_str!("schema.sql"),
            i64::from(statements),
        ))?;
        Ok(Self { connection, path, statements })
    }

    /// An existing log, to be continued.
    pub(crate) fn open(path: &Path, vfs: Option<&str>) -> Result<Self, Error> {
        if vfs.is_none() && matches!(path.try_exists(), Ok(false)) {
            return Err(Error::Missing { path: path.into() });
        }
        let fail = |source| Error::storage("open", path, 0, source);
        let connection = connect(path, vfs, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fail)?;
        // Before anything is written: is this a ledger at all?
        let statements = recognise(&connection, path)?;
        prepare_for_writing(&connection).map_err(fail)?;
        // Whatever a crash left in the write-ahead log is written and synchronised afresh.
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(fail)?;
        Ok(Self { connection, path: path.into(), statements })
    }

    /// An existing log, to be read and left exactly as it is.
    pub(crate) fn read(path: &Path, vfs: Option<&str>) -> Result<Self, Error> {
        if vfs.is_none() && matches!(path.try_exists(), Ok(false)) {
            return Err(Error::Missing { path: path.into() });
        }
        let fail = |source| Error::storage("read", path, 0, source);
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        let connection = if vfs.is_none() && !Path::new(&wal).exists() {
            // Closed in good order: the file is complete by itself.
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            connect(Path::new(&immutable_uri(path)), None, flags).map_err(fail)?
        } else {
            // A crash left a write-ahead log: read through it, but do not fold it in.
            let connection = connect(path, vfs, OpenFlags::SQLITE_OPEN_READ_WRITE).map_err(fail)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(fail)?;
            connection.pragma_update(None, "query_only", true).map_err(fail)?;
            connection
        };
        let statements = recognise(&connection, path)?;
        Ok(Self { connection, path: path.into(), statements })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the projection keeps a line per metering point and interval.
    pub(crate) fn keeps_statements(&self) -> bool {
        self.statements
    }

    /// How many records the log holds, by its own account.
    pub(crate) fn records(&self) -> Result<u64, Error> {
        self.connection
            .query_row("SELECT coalesce(max(first + count), 0) FROM segment", [], |row| row.get::<_, i64>(0))
            .map(|records| records as u64)
            .map_err(|source| Error::storage("read", &self.path, 0, source))
    }

    /// Visits the segments in order, from the one that holds record `from`.
    pub(crate) fn segments(
        &self,
        from: u64,
        visit: &mut dyn FnMut(Segment) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut record = from;
        let mut statement = self
            .connection
            .prepare(
                "SELECT first, count, bytes, hash, root, signature FROM segment \
                 WHERE first >= coalesce((SELECT max(first) FROM segment WHERE first <= ?1), 0) ORDER BY first",
            )
            .map_err(|source| Error::storage("read", &self.path, record, source))?;
        let mut rows = statement
            .query([from as i64])
            .map_err(|source| Error::storage("read", &self.path, record, source))?;
        loop {
            let fail = |source| Error::storage("read", &self.path, record, source);
            let Some(row) = rows.next().map_err(fail)? else { return Ok(()) };
            let segment = segment(row).map_err(|source| match source {
                rusqlite::Error::SqliteFailure(..) => fail(source),
                _ => Error::Damaged { path: self.path.clone(), record, what: source.to_string() },
            })?;
            record = segment.receipt.end();
            visit(segment)?;
        }
    }

    /// Makes a segment and what follows from it durable, or nothing at all.
    pub(crate) fn append(
        &mut self,
        segment: &Segment,
        projection: &mut Projection,
        accounts: &[Account],
    ) -> Result<(), Error> {
        let Receipt { first, count, hash, root, signature } = &segment.receipt;
        let mut write = || {
            let transaction = self.connection.transaction()?;
            transaction.execute(
                "INSERT INTO segment VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    *first as i64,
                    count,
                    segment.bytes,
                    &hash[..],
                    &root[..],
                    signature.as_ref().map(|s| &s[..])
                ],
            )?;
            projection.write(&transaction, accounts)?;
            transaction.commit()
        };
        write().map_err(|source| Error::storage("commit to", &self.path, *first, source))
    }

    /// Replaces everything derived by what a replay of the log gave.
    pub(crate) fn replace_projection(
        &mut self,
        projection: &mut Projection,
        accounts: &[Account],
    ) -> Result<(), Error> {
        let mut write = || {
            let transaction = self.connection.transaction()?;
            transaction.execute_batch("DELETE FROM account; DELETE FROM clearing; DELETE FROM statement")?;
            projection.write(&transaction, accounts)?;
            transaction.commit()
        };
        write().map_err(|source| Error::storage("rebuild the tables of", &self.path, 0, source))
    }
}

/// A connection that neither waits nor trusts: no retry while another process holds the lock.
fn connect(path: &Path, vfs: Option<&str>, flags: OpenFlags) -> Result<Connection, rusqlite::Error> {
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_EXRESCODE;
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    connection.busy_timeout(std::time::Duration::ZERO)?;
    // First of all: with the exclusive lock, the write-ahead log needs no shared memory.
    connection.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    Ok(connection)
}

/// `EXTRA` is `FULL` that also synchronises the folder when a rollback journal is removed: the switch to the
/// write-ahead log uses one, and a journal that came back after a power cut would undo the whole creation.
fn prepare_for_writing(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch("PRAGMA synchronous = EXTRA; PRAGMA trusted_schema = OFF")?;
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    // A failed switch is no error to SQLite: it stays in the old mode and says which.
    if mode == "wal" || mode == "memory" {
        return Ok(());
    }
    let failure = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR);
    Err(rusqlite::Error::SqliteFailure(failure, Some("the write-ahead log could not be set up".into())))
}

/// Whether the file is a ledger of this format, and whether it keeps statements.
fn recognise(connection: &Connection, path: &Path) -> Result<bool, Error> {
    let fail = |source| Error::storage("open", path, 0, source);
    let application: i64 =
        connection.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(fail)?;
    if application != APPLICATION {
        let objects: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(fail)?;
        let found = match objects {
            0 => "it is empty, as a creation that did not finish leaves it; create it again",
            _ => "it is a database of another program",
        };
        return Err(Error::Foreign { path: path.into(), found: found.into() });
    }
    let format = connection
        .query_row("SELECT format FROM meta", [], |row| row.get(0))
        .optional()
        .map_err(fail)?
        .unwrap_or(0);
    if format != FORMAT {
        return Err(Error::Version { path: path.into(), found: format, expected: FORMAT });
    }
    connection.query_row("SELECT statements <> 0 FROM meta", [], |row| row.get(0)).map_err(fail)
}

/// `file:` and the path with everything escaped that a URI would misread.
fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => {
                uri.push(char::from(*byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "?immutable=1"
}

fn segment(row: &rusqlite::Row<'_>) -> Result<Segment, rusqlite::Error> {
    let bytes_of = |at, bytes: &[u8]| {
        rusqlite::Error::FromSqlConversionFailure(
            at,
            rusqlite::types::Type::Blob,
            format!("a hash or signature of {} bytes", bytes.len()).into(),
        )
    };
    let hash: Vec<u8> = row.get(3)?;
    let root: Vec<u8> = row.get(4)?;
    let signature: Option<Vec<u8>> = row.get(5)?;
    let receipt = Receipt {
        first: row.get::<_, i64>(0)? as u64,
        count: row.get(1)?,
        hash: hash.as_slice().try_into().map_err(|_| bytes_of(3, &hash))?,
        root: root.as_slice().try_into().map_err(|_| bytes_of(4, &root))?,
        signature: match &signature {
            Some(signature) => Some(signature.as_slice().try_into().map_err(|_| bytes_of(5, signature))?),
            None => None,
        },
    };
    Ok(Segment { receipt, bytes: row.get(2)? })
}
