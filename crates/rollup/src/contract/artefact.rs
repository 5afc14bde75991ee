//! Compiled contracts as `contracts/build.mjs` commits them, and what their errors mean.

use market::keccak256;
use serde_json::Value;
use std::fmt;
use std::sync::LazyLock;

/// A compiled contract.
#[derive(Clone, Debug)]
pub struct Artefact {
    /// Its name in Solidity.
    pub name: String,
    /// The code that creates it; the constructor's arguments follow it.
    pub creation: Vec<u8>,
    abi: Vec<Value>,
}

/// Every committed artefact.
static ARTEFACTS: LazyLock<Vec<Artefact>> = LazyLock::new(|| {
    [
        include_str!("../../../../contracts/artifacts/BlobRollup.json"),
        include_str!("../../../../contracts/artifacts/Cells.json"),
        include_str!("../../../../contracts/artifacts/DemandRollup.json"),
        include_str!("../../../../contracts/artifacts/Keys.json"),
        include_str!("../../../../contracts/artifacts/Rollup.json"),
        include_str!("../../../../contracts/artifacts/SealedRollup.json"),
        include_str!("../../../../contracts/artifacts/Signatures.json"),
        include_str!("../../../../contracts/artifacts/TokenRollup.json"),
        include_str!("../../../../contracts/artifacts/Transition.json"),
    ]
    .map(Artefact::read)
    .into()
});

impl Artefact {
    /// The committed artefact of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ARTEFACTS.iter().find(|artefact| artefact.name == name)
    }

    fn read(text: &str) -> Self {
        let json: Value = serde_json::from_str(text).expect("build.mjs writes JSON");
        Self {
            name: json["contract"].as_str().expect("an artefact has a name").into(),
            creation: json["bytecode"].as_str().and_then(unhex).expect("an artefact has code"),
            abi: json["abi"].as_array().expect("an artefact has an interface").clone(),
        }
    }

    /// Selector and signature of everything of this kind (`function`, `error`) in its interface.
    #[must_use]
    pub fn selectors(&self, kind: &str) -> Vec<([u8; 4], String)> {
        let signatures = self.signatures(kind);
        signatures.map(|signature| (selector(&signature), signature)).collect()
    }

    /// First topic of every event in its interface.
    #[must_use]
    pub fn topics(&self) -> Vec<[u8; 32]> {
        self.signatures("event").map(|signature| keccak256(signature.as_bytes())).collect()
    }

    fn signatures(&self, kind: &str) -> impl Iterator<Item = String> {
        let items = self.abi.iter().filter(move |item| item["type"] == kind);
        items.map(|item| format!("{}{}", item["name"].as_str().unwrap_or_default(), types(&item["inputs"])))
    }
}

/// Canonical types of parameters, in parentheses, tuples written out.
fn types(inputs: &Value) -> String {
    let names = inputs.as_array().into_iter().flatten().map(|input| {
        let name = input["type"].as_str().unwrap_or_default();
        match name.strip_prefix("tuple") {
            Some(array) => format!("{}{array}", types(&input["components"])),
            None => name.to_owned(),
        }
    });
    format!("({})", names.collect::<Vec<_>>().join(","))
}

fn selector(signature: &str) -> [u8; 4] {
    let hash = keccak256(signature.as_bytes());
    [hash[0], hash[1], hash[2], hash[3]]
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("0x").unwrap_or(text);
    let digits = text.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// A contract's custom error, in words: its name and its arguments as Solidity names them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The error's name.
    pub name: String,
    /// Each argument with its name; numbers in decimal, bytes and addresses in hexadecimal.
    pub arguments: Vec<(String, String)>,
}

impl Refusal {
    /// Reads what a call returned when it reverted; none where no committed contract has such an error, or its
    /// arguments are not what they should be.
    #[must_use]
    pub fn read(data: &[u8]) -> Option<Self> {
        let (selector, arguments) = data.split_first_chunk::<4>()?;
        let errors =
            ARTEFACTS.iter().flat_map(|artefact| &artefact.abi).filter(|item| item["type"] == "error");
        for item in errors {
            let name = item["name"].as_str()?;
            if self::selector(&format!("{name}{}", types(&item["inputs"]))) != *selector {
                continue;
            }
            let inputs = item["inputs"].as_array()?;
            let read = inputs.iter().enumerate().map(|(at, input)| {
                let label = input["name"].as_str()?.to_owned();
                Some((label, argument(input["type"].as_str()?, arguments, at)?))
            });
            return Some(Self { name: name.into(), arguments: read.collect::<Option<_>>()? });
        }
        None
    }

    /// An argument by its name.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<&str> {
        self.arguments.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }
}

fn argument(kind: &str, data: &[u8], at: usize) -> Option<String> {
    let word: &[u8; 32] = data.get(32 * at..)?.first_chunk()?;
    let hex = |bytes: &[u8]| {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("0x{digits}")
    };
    let length = |word: &[u8; 32]| {
        let (high, low) = word.split_last_chunk::<4>()?;
        high.iter().all(|byte| *byte == 0).then_some(u32::from_be_bytes(*low) as usize)
    };
    Some(match kind {
        "string" => {
            let start = length(word)?;
            let text = data.get(start.checked_add(32)?..)?;
            let bytes = text.get(..length(data.get(start..)?.first_chunk()?)?)?;
            String::from_utf8_lossy(bytes).into_owned()
        }
        "address" => hex(&word[12..]),
        "bool" => (word[31] != 0).to_string(),
        _ if kind.starts_with("uint") => alloy_primitives::U256::from_be_bytes(*word).to_string(),
        _ if kind.starts_with("int") => alloy_primitives::I256::from_be_bytes(*word).to_string(),
        _ => hex(word),
    })
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        for (at, (name, value)) in self.arguments.iter().enumerate() {
            f.write_str(if at == 0 { " (" } else { ", " })?;
            if name.is_empty() { f.write_str(value)? } else { write!(f, "{name} {value}")? }
        }
        f.write_str(if self.arguments.is_empty() { "" } else { ")" })
    }
}
