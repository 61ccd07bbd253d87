//! Names of a file and the ids that a server has for them: employees, organizations, groups.
//!
//! A name that was looked up once is remembered. Organizations and groups that are missing are made; employees never
//! are, for they belong to the telephone system and not to the file.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::Watch;
use super::client::{CallError, Client};

/// How many names of a kind are remembered.
const NAMES_MAX: usize = 100_000;
/// How many names one question asks about.
const ASKED_MAX: usize = 200;

/// Who is called so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Employee {
    One(u64),
    Nobody,
    Several,
    /// The caller may not ask.
    Unasked,
}

impl Employee {
    /// Why there is no id.
    pub(super) fn reason(self) -> Option<&'static str> {
        match self {
            Self::One(_) => None,
            Self::Nobody => Some("was left out: no employee is called so"),
            Self::Several => Some("was left out: several employees are called so"),
            Self::Unasked => Some("was left out: this user has no right to see employees (employees:select)"),
        }
    }
}

/// Things that have a unique name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NameKind {
    Organization,
    Group,
}

impl NameKind {
    fn methods(self) -> [&'static str; 2] {
        match self {
            Self::Organization => ["get.contact_organizations", "create.contact_organizations"],
            Self::Group => ["get.group_contacts", "create.group_contacts"],
        }
    }
}

/// What is known of names.
#[derive(Debug, Default)]
pub(super) struct Names {
    employees: HashMap<String, Employee>,
    ids: HashMap<(NameKind, String), u64>,
}

impl Names {
    /// The employee of this name, if it was asked about.
    pub(super) fn employee(&self, full_name: &str) -> Employee {
        self.employees.get(full_name).copied().unwrap_or(Employee::Nobody)
    }

    /// Asks about employees that are not known yet.
    pub(super) async fn learn_employees(
        &mut self,
        names: impl Iterator<Item = &str>,
        client: &mut Client,
        watch: &mut dyn Watch,
    ) -> Result<(), CallError> {
        for names in self.unknown_employees(names.collect(), NAMES_MAX).chunks(ASKED_MAX) {
            self.ask_employees(names, client, watch).await?;
        }
        Ok(())
    }

    /// Which of these have to be asked about: those that are not remembered, or all if so many names are remembered that all
    /// are forgotten.
    fn unknown_employees<'n>(&mut self, mut names: Vec<&'n str>, most: usize) -> Vec<&'n str> {
        names.sort_unstable();
        names.dedup();
        let unknown = |names: &[&'n str], known: &HashMap<String, Employee>| -> Vec<&'n str> {
            names.iter().filter(|name| !known.contains_key(**name)).copied().collect()
        };
        let asked = unknown(&names, &self.employees);
        if self.employees.len() + asked.len() <= most {
            return asked;
        }
        self.employees.clear();
        names
    }

    async fn ask_employees(
        &mut self,
        names: &[&str],
        client: &mut Client,
        watch: &mut dyn Watch,
    ) -> Result<(), CallError> {
        let filter = json!({"field": "full_name", "operator": "in", "value": names});
        let params = json!({"filter": filter, "fields": ["id", "full_name"], "limit": 10_000});
        let result = match client.ask("get.employees", params, watch).await {
            Ok(result) => result,
            Err(CallError::Refused(refusal)) if ["forbidden", "method_not_found"].contains(&&*refusal.mnemonic) => {
                let unasked = names.iter().map(|name| ((*name).to_owned(), Employee::Unasked));
                self.employees.extend(unasked);
                return Ok(());
            }
            Err(fault) => return Err(fault),
        };
        let nobody = names.iter().map(|name| ((*name).to_owned(), Employee::Nobody));
        self.employees.extend(nobody);
        for record in result["data"].as_array().into_iter().flatten() {
            if let (Some(id), Some(name)) = (record["id"].as_u64(), record["full_name"].as_str()) {
                let employee = self.employees.entry(name.to_owned()).or_insert(Employee::Nobody);
                *employee = if *employee == Employee::Nobody { Employee::One(id) } else { Employee::Several };
            }
        }
        Ok(())
    }

    /// The id of an organization or a group, which is made when there is none.
    pub(super) async fn id(
        &mut self,
        kind: NameKind,
        name: &str,
        client: &mut Client,
        watch: &mut dyn Watch,
    ) -> Result<u64, CallError> {
        let key = (kind, name.to_owned());
        if let Some(id) = self.ids.get(&key) {
            return Ok(*id);
        }
        let id = match found(kind, name, client, watch).await? {
            Some(id) => id,
            None => made(kind, name, client, watch).await?,
        };
        if self.ids.len() >= NAMES_MAX {
            self.ids.clear();
        }
        self.ids.insert(key, id);
        Ok(id)
    }
}

async fn found(
    kind: NameKind,
    name: &str,
    client: &mut Client,
    watch: &mut dyn Watch,
) -> Result<Option<u64>, CallError> {
    let filter = json!({"field": "name", "operator": "=", "value": name});
    let result = client.ask(kind.methods()[0], json!({"filter": filter, "fields": ["id"]}), watch).await?;
    Ok(result["data"][0]["id"].as_u64())
}

async fn made(kind: NameKind, name: &str, client: &mut Client, watch: &mut dyn Watch) -> Result<u64, CallError> {
    let no_id = || CallError::Stranger("the answer has no id".to_owned());
    match client.change(kind.methods()[1], json!({"name": name}), watch).await {
        Ok(result) => id_in(&result).ok_or_else(no_id),
        // Somebody else was quicker, or the answer was lost: a name is there once at most.
        Err(CallError::Refused(refusal)) if refusal.mnemonic == "duplicate_entity" => {
            found(kind, name, client, watch).await?.ok_or_else(no_id)
        }
        Err(CallError::Uncertain(cause)) => {
            found(kind, name, client, watch).await?.ok_or(CallError::Unreachable(cause))
        }
        Err(fault) => Err(fault),
    }
}

fn id_in(result: &Value) -> Option<u64> {
    result["data"]["id"].as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_forgotten_is_asked_about_again() {
        let mut names = Names::default();
        assert_eq!(names.unknown_employees(vec!["b", "a", "b"], 3), ["a", "b"]);
        names.employees.extend([("a".to_owned(), Employee::One(1)), ("b".to_owned(), Employee::Nobody)]);
        assert_eq!(names.unknown_employees(vec!["a", "c"], 3), ["c"]);
        names.employees.insert("c".to_owned(), Employee::Nobody);
        assert_eq!(names.unknown_employees(vec!["a", "d"], 3), ["a", "d"]);
    }
}
