//! Random commands.

use std::collections::BTreeSet;

use fastrand::Rng;

use super::super::name;
use crate::blacklist::BlacklistEntry;
use crate::command::{Command, ContactEdit, Edit, EmployeeDraft, EmployeeEdit, OnError, PhoneDraft, Upload};
use crate::contact::ContactDraft;
use crate::employee::PhoneStatus;
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId};
use crate::text::{Email, Emails, Phone, Phones};

/// A draft with mostly existing ids.
pub(super) fn draft(rng: &mut Rng) -> ContactDraft {
    let phones: BTreeSet<String> = (0..=rng.u64(..3)).map(|_| format!("7495{:03}", rng.u64(..300))).collect();
    let phones = phones.iter().map(|text| Phone::parse(text).expect("a phone")).collect();
    let emails = (0..rng.u64(..3)).map(|at| Email::parse(&format!("a{at}@b.example")).expect("an address")).collect();
    let groups: BTreeSet<u64> = (0..rng.u64(..3)).map(|_| 1 + rng.u64(..8)).collect();
    ContactDraft {
        last_name: name(&format!("Last {}", rng.u64(..90))),
        first_name: (rng.u64(..2) == 0).then(|| name(&format!("First {}", rng.u64(..9)))),
        patronymic: (rng.u64(..3) == 0).then(|| name("Patronymic")),
        phones: Phones::new(phones, |phone| *phone).expect("no duplicates"),
        emails: Emails::new(emails, Email::folded).expect("no duplicates"),
        manager: EmployeeId::new(rng.u64(..8)).ok().filter(|_| rng.u64(..2) == 0),
        organization: OrganizationId::new(rng.u64(..8)).ok().filter(|_| rng.u64(..2) == 0),
        groups: groups.into_iter().map(|id| GroupId::new(id).expect("an id")).collect(),
    }
}

fn employee(rng: &mut Rng) -> EmployeeDraft {
    let phone = |at: u64| PhoneDraft {
        number: format!("7495{at}").into(),
        channels: 1,
        dial_seconds: 60,
        status: PhoneStatus::Active,
    };
    EmployeeDraft {
        last_name: name(&format!("Manager {}", rng.u64(..9))),
        first_name: None,
        patronymic: None,
        email: None,
        phones: (0..rng.u64(..3)).map(phone).collect(),
    }
}

/// A command with mostly existing ids; `latest` is the newest contact.
pub(super) fn command(rng: &mut Rng, latest: u64) -> Command {
    let contact = |rng: &mut Rng| ContactId::new(2 + rng.u64(..latest + 1)).expect("an id");
    let contacts = |rng: &mut Rng, many: u64| (0..rng.u64(..many)).map(|_| contact(rng)).collect::<Vec<_>>();
    let group = |rng: &mut Rng| GroupId::new(1 + rng.u64(..8)).expect("an id");
    let group_name = |rng: &mut Rng| name(&format!("group {}", rng.u64(..9)));
    let organization = |rng: &mut Rng| OrganizationId::new(2 + rng.u64(..8)).expect("an id");
    let organization_name = |rng: &mut Rng| name(&format!("organization {}", rng.u64(..9)));
    let of_employee = |rng: &mut Rng| EmployeeId::new(2 + rng.u64(..8)).expect("an id");
    match rng.u64(..20) {
        0..=3 => Command::AddContacts((0..=rng.u64(..40)).map(|_| draft(rng)).collect()),
        4..=7 => {
            let (new, seen) = (draft(rng), draft(rng));
            let expected = ContactEdit { last_name: Edit::Set(seen.last_name), ..ContactEdit::default() };
            let edit = ContactEdit {
                expected: (rng.u64(..4) == 0).then(|| Box::new(expected)),
                last_name: if rng.u64(..2) == 0 { Edit::Set(new.last_name) } else { Edit::Keep },
                phones: if rng.u64(..2) == 0 { Edit::Set(new.phones) } else { Edit::Keep },
                manager: if rng.u64(..2) == 0 { Edit::Set(new.manager) } else { Edit::Keep },
                organization: if rng.u64(..2) == 0 { Edit::Set(new.organization) } else { Edit::Keep },
                groups: if rng.u64(..2) == 0 { Edit::Set(new.groups) } else { Edit::Keep },
                ..ContactEdit::default()
            };
            Command::EditContact(contact(rng), edit)
        }
        8 => Command::DropContacts(contacts(rng, 4)),
        9 => Command::DropContacts(vec![contact(rng)]),
        10 => Command::AddOrganizations(vec![organization_name(rng)]),
        11 => Command::RenameOrganization(organization(rng), organization_name(rng)),
        12 => Command::DropOrganization(organization(rng)),
        13 => Command::AddGroup(group_name(rng), contacts(rng, 30)),
        14 => Command::EditGroup(group(rng), Edit::Set(group_name(rng)), Edit::Keep),
        15 => Command::EditGroup(group(rng), Edit::Keep, Edit::Set(contacts(rng, 60))),
        16 => Command::DropGroup(group(rng)),
        17 => match rng.u64(..3) {
            0 => Command::AddEmployees(vec![employee(rng)]),
            1 => Command::DropEmployee(of_employee(rng)),
            _ => {
                let last_name = Edit::Set(employee(rng).last_name);
                Command::EditEmployee(of_employee(rng), EmployeeEdit { last_name, ..EmployeeEdit::default() })
            }
        },
        18 => {
            let entry = BlacklistEntry {
                phone: Phone::parse(&format!("800{}", rng.u64(..9))).expect("a phone"),
                added_by: "Ann".into(),
                comment: None,
                added_at: 7,
            };
            let id = BlacklistId::new(2 + rng.u64(..9)).expect("an id");
            if rng.u64(..2) == 0 { Command::AddBlacklistNumber(entry) } else { Command::DropBlacklistNumber(id) }
        }
        _ => {
            let upload = |rng: &mut Rng| {
                let mut draft = draft(rng);
                let organization_name = (rng.u64(..2) == 0).then(|| name(&format!("organization {}", rng.u64(..12))));
                draft.organization = draft.organization.filter(|_| organization_name.is_none());
                let group_names = (0..rng.u64(..3)).map(|_| name(&format!("group {}", rng.u64(..12)))).collect();
                Upload { draft, organization_name, group_names }
            };
            Command::Upload((0..=rng.u64(..20)).map(|_| upload(rng)).collect(), OnError::Skip)
        }
    }
}
