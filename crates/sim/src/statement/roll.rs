//! Who is who: the names that a run's report keeps beside the ledger. The ledger itself knows numbers only.

use crate::scenario::suggestion_for;
use market::AccountId;
use std::collections::BTreeMap;
use std::path::Path;

/// Members' names by account; none where there is no report beside the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(BTreeMap<AccountId, String>);

impl Names {
    /// Those in `members.csv` of the report that belongs to a ledger: the folder of its name without the ending.
    #[must_use]
    pub fn beside(ledger: &Path) -> Self {
        let Ok(mut rows) = csv::Reader::from_path(ledger.with_extension("").join("members.csv")) else {
            return Self::default();
        };
        let column = |rows: &mut csv::Reader<_>, name: &str| {
            rows.headers().ok().and_then(|head| head.iter().position(|column| column == name))
        };
        let (Some(name), Some(account)) = (column(&mut rows, "member"), column(&mut rows, "account")) else {
            return Self::default();
        };
        let entry = |row: csv::StringRecord| {
            Some((AccountId(row.get(account)?.parse().ok()?), row.get(name)?.to_owned()))
        };
        Self(rows.records().flatten().filter_map(entry).collect())
    }

    /// Given ones.
    #[must_use]
    pub fn of(names: impl IntoIterator<Item = (AccountId, String)>) -> Self {
        Self(names.into_iter().collect())
    }

    /// A member's name, where it is known.
    #[must_use]
    pub fn get(&self, account: AccountId) -> Option<&str> {
        self.0.get(&account).map(String::as_str)
    }

    /// Everybody, by account.
    pub fn iter(&self) -> impl Iterator<Item = (AccountId, &str)> {
        self.0.iter().map(|(account, name)| (*account, name.as_str()))
    }

    /// The member that a number or a name means, among the `accounts` that there are.
    ///
    /// # Errors
    /// What is wrong and what to write instead.
    pub fn find(&self, text: &str, accounts: u32) -> Result<AccountId, String> {
        let first = AccountId::FIRST_MEMBER.0;
        if let Some((account, _)) = self.iter().find(|(_, name)| *name == text) {
            return Ok(account);
        }
        if let Ok(number) = text.parse::<u32>() {
            return match number {
                _ if accounts <= first => Err("the ledger has no members".into()),
                _ if (first..accounts).contains(&number) => Ok(AccountId(number)),
                _ if number < first => {
                    let who = self.of_account(AccountId(number));
                    Err(format!("account {number} is {who}: members begin at {first}"))
                }
                _ => Err(format!("there is no account {number}: members are {first} to {}", accounts - 1)),
            };
        }
        if self.0.is_empty() {
            let what = "names are not known, since there is no report beside the ledger";
            return Err(format!("{what}: give an account number, {first} or more"));
        }
        let names: Vec<&str> = self.0.values().map(String::as_str).collect();
        Err(format!("there is no member of this name: {}", suggestion_for(text, &names)))
    }

    /// Who it is, for people: the name, one of the institutions, or the number.
    #[must_use]
    pub fn of_account(&self, account: AccountId) -> String {
        match account {
            AccountId::WORLD => "the bank".into(),
            AccountId::SUPPLIER => "the supplier".into(),
            AccountId::GRID_OPERATOR => "the grid operator".into(),
            AccountId::LEVIES => "levies and taxes".into(),
            AccountId::COMMUNITY => "the community".into(),
            AccountId::GUARANTOR => "the guarantor".into(),
            member => self.get(member).map_or_else(|| format!("account {}", member.0), str::to_owned),
        }
    }
}
