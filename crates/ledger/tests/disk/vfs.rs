//! The door between SQLite and the disk in memory: a file system in SQLite's C interface
//! (<https://sqlite.org/vfs.html>), as small as it may be. No shared memory: a ledger needs none.

#![allow(unsafe_code, reason = "SQLite asks for a table of C functions")]

use super::{Disk, Failure};
use rusqlite::ffi;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A disk that SQLite knows by name. Lives until the process ends, as SQLite may ask for it at any time.
pub(crate) struct Vfs {
    pub(crate) name: String,
    disk: &'static Mutex<Disk>,
}

impl Vfs {
    /// Registers an empty disk under a name that no other test uses.
    pub(crate) fn new(name: &str) -> Self {
        let disk: &'static Mutex<Disk> = Box::leak(Box::default());
        let c_name: &'static CStr = Box::leak(CString::new(name).unwrap().into_boxed_c_str());
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 1,
            szOsFile: size_of::<OpenFile>() as c_int,
            mxPathname: 512,
            pNext: std::ptr::null_mut(),
            zName: c_name.as_ptr(),
            pAppData: std::ptr::from_ref(disk).cast_mut().cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: None,
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the table, the name and the disk behind it are leaked and so outlive SQLite's use of them.
        let code = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
        assert_eq!(code, ffi::SQLITE_OK);
        Self { name: name.into(), disk }
    }

    /// The disk, to look at or to replace.
    pub(crate) fn disk(&self) -> MutexGuard<'static, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What SQLite allocates for each file it opens; `base` comes first, as it requires.
#[repr(C)]
struct OpenFile {
    base: ffi::sqlite3_file,
    disk: *const Mutex<Disk>,
    /// Owned: made by `open`, freed by `close`.
    name: *mut c_char,
    delete_on_close: bool,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

fn code(failure: Failure, otherwise: c_int) -> c_int {
    match failure {
        Failure::Down => otherwise,
        Failure::Full => ffi::SQLITE_FULL,
        Failure::Sync => ffi::SQLITE_IOERR_FSYNC,
    }
}

fn answer(result: Result<(), Failure>, otherwise: c_int) -> c_int {
    result.map_or_else(|failure| code(failure, otherwise), |()| ffi::SQLITE_OK)
}

/// # Safety
/// `vfs` must be a table made by [`Vfs::new`].
unsafe fn disk_of(vfs: *mut ffi::sqlite3_vfs) -> MutexGuard<'static, Disk> {
    // SAFETY: the caller hands on the table that `Vfs::new` filled in; its disk is leaked.
    let disk: &'static Mutex<Disk> = unsafe { &*(*vfs).pAppData.cast_const().cast() };
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// # Safety
/// `file` must be one that [`open`] has filled in.
unsafe fn parts(file: *mut ffi::sqlite3_file) -> (MutexGuard<'static, Disk>, &'static str) {
    // SAFETY: `open` wrote an `OpenFile` there; its disk is leaked, and its name lives until `close`, after which
    // SQLite no longer uses the file; no caller keeps the name longer than the call.
    unsafe {
        let file: *const OpenFile = file.cast_const().cast();
        let disk: &'static Mutex<Disk> = &*(*file).disk;
        let name = CStr::from_ptr((*file).name).to_str().expect("our own names");
        (disk.lock().unwrap_or_else(PoisonError::into_inner), name)
    }
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands a table of ours, a C string or null, and memory of `szOsFile` bytes for the file.
    unsafe {
        (*file).pMethods = std::ptr::null();
        let mut disk = disk_of(vfs);
        let name = if name.is_null() {
            let operations = disk.operations;
            CString::new(format!("temporary {operations}")).expect("no zero inside")
        } else {
            CStr::from_ptr(name).to_owned()
        };
        let create = flags & ffi::SQLITE_OPEN_CREATE != 0;
        if disk.open(name.to_str().expect("test names are plain"), create).is_err() {
            return ffi::SQLITE_CANTOPEN;
        }
        file.cast::<OpenFile>().write(OpenFile {
            base: ffi::sqlite3_file { pMethods: &raw const METHODS },
            disk: (*vfs).pAppData.cast_const().cast(),
            name: name.into_raw(),
            delete_on_close: flags & ffi::SQLITE_OPEN_DELETEONCLOSE != 0,
        });
        if !out_flags.is_null() {
            *out_flags = flags;
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_directory: c_int) -> c_int {
    // SAFETY: SQLite hands a table of ours and a C string.
    let (mut disk, name) = unsafe { (disk_of(vfs), CStr::from_ptr(name)) };
    let name = name.to_str().expect("test names are plain");
    if !disk.exists(name) {
        return ffi::SQLITE_IOERR_DELETE_NOENT;
    }
    answer(disk.delete(name, sync_directory != 0), ffi::SQLITE_IOERR_DELETE)
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    _: c_int,
    out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands a table of ours, a C string and a place for the answer.
    unsafe {
        let disk = disk_of(vfs);
        *out = c_int::from(
            !disk.down && disk.exists(CStr::from_ptr(name).to_str().expect("test names are plain")),
        );
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn full_pathname(
    _: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    len: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite hands a C string and `len` bytes for its copy.
    unsafe {
        let bytes = CStr::from_ptr(name).to_bytes_with_nul();
        if bytes.len() > len as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), out.cast(), bytes.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_: *mut ffi::sqlite3_vfs, len: c_int, out: *mut c_char) -> c_int {
    // Always the same, so that a run can be repeated.
    // SAFETY: SQLite hands `len` bytes.
    unsafe { std::ptr::write_bytes(out, 7, len as usize) };
    len
}

unsafe extern "C" fn sleep(_: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    microseconds
}

unsafe extern "C" fn current_time(_: *mut ffi::sqlite3_vfs, out: *mut f64) -> c_int {
    // SAFETY: SQLite hands a place for the answer, a Julian day.
    unsafe { *out = 2_460_464.5 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn last_error(_: *mut ffi::sqlite3_vfs, _: c_int, _: *mut c_char) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once; `open` made the name with `CString::into_raw`.
    unsafe {
        let (mut disk, name) = parts(file);
        let open = file.cast::<OpenFile>();
        if (*open).delete_on_close {
            let _ = disk.delete(name, true);
        }
        drop(disk);
        drop(CString::from_raw((*open).name));
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, out: *mut c_void, len: c_int, at: i64) -> c_int {
    // SAFETY: SQLite hands an open file and `len` bytes to fill.
    unsafe {
        let (disk, name) = parts(file);
        let Ok(bytes) = disk.read(name, at as usize, len as usize) else { return ffi::SQLITE_IOERR_READ };
        std::ptr::write_bytes(out.cast::<u8>(), 0, len as usize);
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), out.cast::<u8>(), bytes.len());
        if bytes.len() < len as usize { ffi::SQLITE_IOERR_SHORT_READ } else { ffi::SQLITE_OK }
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, bytes: *const c_void, len: c_int, at: i64) -> c_int {
    // SAFETY: SQLite hands an open file and `len` bytes to write.
    let (mut disk, name, bytes) = unsafe {
        let (disk, name) = parts(file);
        (disk, name, std::slice::from_raw_parts(bytes.cast::<u8>(), len as usize))
    };
    answer(disk.write(name, at as usize, bytes), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, len: i64) -> c_int {
    // SAFETY: SQLite hands an open file.
    let (mut disk, name) = unsafe { parts(file) };
    answer(disk.truncate(name, len as usize), ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    // SAFETY: SQLite hands an open file.
    let (mut disk, name) = unsafe { parts(file) };
    answer(disk.sync(name), ffi::SQLITE_IOERR_FSYNC)
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, out: *mut i64) -> c_int {
    // SAFETY: SQLite hands an open file and a place for the answer.
    unsafe {
        let (disk, name) = parts(file);
        let Ok(size) = disk.size(name) else { return ffi::SQLITE_IOERR_FSTAT };
        *out = size as i64;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn lock(_: *mut ffi::sqlite3_file, _: c_int) -> c_int {
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(_: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite hands a place for the answer.
    unsafe { *out = 0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_control(_: *mut ffi::sqlite3_file, _: c_int, _: *mut c_void) -> c_int {
    ffi::SQLITE_NOTFOUND
}

unsafe extern "C" fn sector_size(_: *mut ffi::sqlite3_file) -> c_int {
    super::SECTOR as c_int
}

/// No promises: neither atomic nor ordered nor safe appends.
unsafe extern "C" fn device_characteristics(_: *mut ffi::sqlite3_file) -> c_int {
    0
}
