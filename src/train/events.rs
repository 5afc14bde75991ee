//! Event files that TensorBoard reads: a sequence of TFRecords, each an `Event` in protocol buffers.
//!
//! A record is its length (8 bytes, little-endian), the masked CRC-32C of these 8 bytes, the data, and the masked CRC-32C
//! of the data. Of the messages (tensorflow/core/util/event.proto and framework/summary.proto) only these fields are
//! needed: `Event` has wall_time (1, double), step (2, int64), file_version (3, string) and summary (5); a summary has
//! values (1), and a value tag (1, string) and simple_value (2, float). All but the numbers are lengths and bytes.

use crate::failure::Failure;
use crate::output::make_folder;
use crate::train::clock::Clock;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// An event file that is being written.
#[derive(Debug)]
pub(super) struct Events {
    path: PathBuf,
    file: File,
}

impl Events {
    /// A new file in a folder; those of earlier runs stay, and TensorBoard shows all as one.
    pub(super) fn create(folder: &Path, round: usize) -> Result<Self, Failure> {
        make_folder(folder)?;
        let now = Clock::unix();
        let name = format!("events.out.tfevents.{:.0}.wattle.{}.{round}", now.floor(), std::process::id());
        let path = folder.join(name);
        let failure = |error| Failure::writing(&path, &error);
        let mut file = File::create(&path).map_err(failure)?;
        file.write_all(&first(now)).map_err(failure)?;
        Ok(Self { path, file })
    }

    /// Adds what was measured after a round. What is written is whole: a cut leaves at most the last record torn,
    /// which TensorBoard passes over.
    pub(super) fn write(
        &mut self,
        wall_time: f64,
        round: usize,
        scalars: &[(&str, f64)],
    ) -> Result<(), Failure> {
        let bytes = record(&event(wall_time, round, scalars));
        self.file.write_all(&bytes).map_err(|error| Failure::writing(&self.path, &error))
    }
}

/// What a file begins with.
fn first(wall_time: f64) -> Vec<u8> {
    let mut event = vec![1 << 3 | 1];
    event.extend(wall_time.to_le_bytes());
    bytes(3, b"brain.Event:2", &mut event);
    record(&event)
}

fn event(wall_time: f64, step: usize, scalars: &[(&str, f64)]) -> Vec<u8> {
    let mut summary = Vec::new();
    for (tag, value) in scalars {
        let mut message = Vec::new();
        bytes(1, tag.as_bytes(), &mut message);
        message.push(2 << 3 | 5);
        message.extend((*value as f32).to_le_bytes());
        bytes(1, &message, &mut summary);
    }
    let mut event = vec![1 << 3 | 1];
    event.extend(wall_time.to_le_bytes());
    event.push(2 << 3);
    whole(step as u64, &mut event);
    bytes(5, &summary, &mut event);
    event
}

/// A field of bytes: its number and wire type 2, its length, itself.
fn bytes(field: u8, content: &[u8], into: &mut Vec<u8>) {
    into.push(field << 3 | 2);
    whole(content.len() as u64, into);
    into.extend_from_slice(content);
}

/// A whole number, seven bits a byte, the lowest first.
fn whole(mut value: u64, into: &mut Vec<u8>) {
    while value >= 0x80 {
        into.push(value as u8 | 0x80);
        value >>= 7;
    }
    into.push(value as u8);
}

fn record(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_le_bytes();
    let mut record = length.to_vec();
    record.extend(masked(crc32c(&length)).to_le_bytes());
    record.extend_from_slice(data);
    record.extend(masked(crc32c(data)).to_le_bytes());
    record
}

/// As TFRecords store it, lest the checksum of a record that holds checksums be weak.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), RFC 3720: polynomial 0x1EDC6F41, bits reflected.
fn crc32c(bytes: &[u8]) -> u32 {
    let byte = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0x82f6_3b78 } else { 0 })
    };
    !bytes.iter().fold(!0, byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_of_rfc_3720() {
        // Appendix B.4.
        let rising: Vec<u8> = (0..32).collect();
        let falling: Vec<u8> = (0..32).rev().collect();
        let rows = [
            (vec![0; 32], 0x8a91_36aa),
            (vec![0xff; 32], 0x62a8_ab43),
            (rising, 0x46dd_794e),
            (falling, 0x113f_db5c),
        ];
        for (bytes, expected) in rows {
            assert_eq!(crc32c(&bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn tensorboard_writes_and_reads_the_same() {
        let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases/tensorboard");
        let start = 1_700_000_000.25;
        let text = std::fs::read_to_string(case.join("scalars.json")).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut bytes = first(start);
        for (row, (step, value)) in [(1, 0.5), (300, -1.25), (70_000, 3.0e-5)].into_iter().enumerate() {
            let scalars = [("training/loss", value), ("speed/updates_per_second", 2.0 * value + 1e4)];
            bytes.extend(record(&event(start + step as f64, step, &scalars)));
            for (tag, value) in scalars {
                let read: Vec<f64> = read[tag][row]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|number| number.as_f64().unwrap())
                    .collect();
                assert_eq!(read[..2], [start + step as f64, step as f64]);
                assert_eq!(read[2] as f32, value as f32);
            }
        }
        assert!(std::fs::read(case.join("events.out.tfevents.1700000000.wattle")).unwrap() == bytes);
    }
}
