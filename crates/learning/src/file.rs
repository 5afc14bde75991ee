//! How checkpoints and policies become bytes: a title, little-endian fields one after another, and a keccak-256 hash
//! of all that, so that damage is noticed.

use market::keccak256;

/// Bytes that are no file of the kind wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// Another kind of file, or another version.
    #[error("the file does not begin with \"{0}\": it is another kind of file, or of another version")]
    Title(&'static str),
    /// The hash at the end is not that of the content.
    #[error(
        "the file is damaged: its {0} bytes do not have the hash that it ends with; take another copy of it"
    )]
    Damaged(usize),
    /// The content does not say what it should.
    #[error("the file is undamaged, but {0} in it makes no sense: it was not written by this program")]
    Content(&'static str),
}

/// A file that is being written.
pub(crate) struct Writer(Vec<u8>);

impl Writer {
    pub(crate) fn new(title: &'static str) -> Self {
        Self(format!("{title}\n").into_bytes())
    }

    pub(crate) fn number(&mut self, value: u64) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn float(&mut self, value: f64) {
        self.0.extend(value.to_le_bytes());
    }

    pub(crate) fn floats(&mut self, values: &[f32]) {
        self.number(values.len() as u64);
        self.0.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let hash = keccak256(&self.0);
        self.0.extend(hash);
        self.0
    }
}

/// A file that is being read. Every function fails with [`FileError::Content`] naming `what` where it ends too early.
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(title: &'static str, bytes: &'a [u8]) -> Result<Self, FileError> {
        let begins = bytes.strip_prefix(title.as_bytes()).and_then(|rest| rest.strip_prefix(b"\n"));
        let content = begins.ok_or(FileError::Title(title))?;
        let (content, hash) = content.split_last_chunk::<32>().ok_or(FileError::Damaged(bytes.len()))?;
        if keccak256(&bytes[..bytes.len() - 32]) != *hash {
            return Err(FileError::Damaged(bytes.len()));
        }
        Ok(Self(content))
    }

    fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], FileError> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(FileError::Content(what))?;
        self.0 = rest;
        Ok(taken)
    }

    fn eight(&mut self, what: &'static str) -> Result<[u8; 8], FileError> {
        Ok(self.take(8, what)?.try_into().expect("eight bytes were taken"))
    }

    pub(crate) fn number(&mut self, what: &'static str) -> Result<u64, FileError> {
        Ok(u64::from_le_bytes(self.eight(what)?))
    }

    /// A number that must fit into memory.
    pub(crate) fn count(&mut self, what: &'static str) -> Result<usize, FileError> {
        usize::try_from(self.number(what)?).map_err(|_| FileError::Content(what))
    }

    pub(crate) fn float(&mut self, what: &'static str) -> Result<f64, FileError> {
        let value = f64::from_le_bytes(self.eight(what)?);
        if value.is_finite() { Ok(value) } else { Err(FileError::Content(what)) }
    }

    /// So many finite values.
    pub(crate) fn floats(&mut self, count: usize, what: &'static str) -> Result<Vec<f32>, FileError> {
        if self.count(what)? != count {
            return Err(FileError::Content(what));
        }
        let bytes = self.take(count.checked_mul(4).ok_or(FileError::Content(what))?, what)?;
        let (values, _) = bytes.as_chunks::<4>();
        let values: Vec<f32> = values.iter().map(|value| f32::from_le_bytes(*value)).collect();
        if values.iter().all(|value| value.is_finite()) { Ok(values) } else { Err(FileError::Content(what)) }
    }

    pub(crate) fn bytes(&mut self, what: &'static str) -> Result<&'a [u8], FileError> {
        let count = self.count(what)?;
        self.take(count, what)
    }

    pub(crate) fn text(&mut self, what: &'static str) -> Result<&'a str, FileError> {
        std::str::from_utf8(self.bytes(what)?).map_err(|_| FileError::Content(what))
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result<(), FileError> {
        if self.0.is_empty() { Ok(()) } else { Err(FileError::Content("what follows the last field")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_damage_anywhere_is_noticed() {
        let mut writer = Writer::new("title 1");
        writer.number(7);
        writer.float(0.5);
        writer.floats(&[1.0, -2.0]);
        writer.bytes(b"abc");
        let bytes = writer.finish();
        let mut reader = Reader::new("title 1", &bytes).unwrap();
        assert_eq!(reader.number("number"), Ok(7));
        assert_eq!(reader.float("float"), Ok(0.5));
        assert_eq!(reader.floats(2, "floats"), Ok(vec![1.0, -2.0]));
        assert_eq!(reader.text("text"), Ok("abc"));
        assert_eq!(reader.number("more"), Err(FileError::Content("more")));
        assert_eq!(reader.finish(), Ok(()));
        for index in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[index] ^= 1;
            assert!(Reader::new("title 1", &damaged).is_err(), "byte {index}");
            assert!(Reader::new("title 1", &bytes[..index]).is_err(), "cut at {index}");
        }
        assert_eq!(Reader::new("title 2", &bytes).err(), Some(FileError::Title("title 2")));
    }
}
