//! Commands made by chance.

use std::collections::BTreeSet;

use super::super::{Dice, name};
use crate::blacklist::BlacklistEntry;
use crate::command::{Command, ContactEdit, Edit, EmployeeDraft, EmployeeEdit, OnError, PhoneDraft, Upload};
use crate::contact::ContactDraft;
use crate::employee::PhoneStatus;
use crate::id::{BlacklistId, ContactId, EmployeeId, GroupId, OrganizationId};
use crate::text::{Email, Emails, Phone, Phones};

/// A draft whose ids are right most of the time.
pub(super) fn draft(dice: &mut Dice) -> ContactDraft {
    let phones: BTreeSet<String> = (0..=dice.below(3)).map(|_| format!("7495{:03}", dice.below(300))).collect();
    let phones = phones.iter().map(|text| Phone::parse(text).expect("a phone")).collect();
    let emails = (0..dice.below(3)).map(|at| Email::parse(&format!("a{at}@b.example")).expect("an address")).collect();
    let groups: BTreeSet<u64> = (0..dice.below(3)).map(|_| 1 + dice.below(8)).collect();
    ContactDraft {
        last_name: name(&format!("Last {}", dice.below(90))),
        first_name: (dice.below(2) == 0).then(|| name(&format!("First {}", dice.below(9)))),
        patronymic: (dice.below(3) == 0).then(|| name("Patronymic")),
        phones: Phones::new(phones, |phone| *phone).expect("none twice"),
        emails: Emails::new(emails, Email::folded).expect("none twice"),
        manager: EmployeeId::new(dice.below(8)).ok().filter(|_| dice.below(2) == 0),
        organization: OrganizationId::new(dice.below(8)).ok().filter(|_| dice.below(2) == 0),
        groups: groups.into_iter().map(|id| GroupId::new(id).expect("an id")).collect(),
    }
}

fn employee(dice: &mut Dice) -> EmployeeDraft {
    let phone = |at: u64| PhoneDraft {
        number: format!("7495{at}").into(),
        channels: 1,
        dial_seconds: 60,
        status: PhoneStatus::Active,
    };
    EmployeeDraft {
        last_name: name(&format!("Manager {}", dice.below(9))),
        first_name: None,
        patronymic: None,
        email: None,
        phones: (0..dice.below(3)).map(phone).collect(),
    }
}

/// A command about things that are there most of the time; `latest` is the newest contact.
pub(super) fn command(dice: &mut Dice, latest: u64) -> Command {
    let contact = |dice: &mut Dice| ContactId::new(2 + dice.below(latest + 1)).expect("an id");
    let contacts = |dice: &mut Dice, many: u64| (0..dice.below(many)).map(|_| contact(dice)).collect::<Vec<_>>();
    let group = |dice: &mut Dice| GroupId::new(1 + dice.below(8)).expect("an id");
    let group_name = |dice: &mut Dice| name(&format!("group {}", dice.below(9)));
    let organization = |dice: &mut Dice| OrganizationId::new(2 + dice.below(8)).expect("an id");
    let organization_name = |dice: &mut Dice| name(&format!("organization {}", dice.below(9)));
    let of_employee = |dice: &mut Dice| EmployeeId::new(2 + dice.below(8)).expect("an id");
    match dice.below(20) {
        0..=3 => Command::AddContacts((0..=dice.below(40)).map(|_| draft(dice)).collect()),
        4..=7 => {
            let new = draft(dice);
            let edit = ContactEdit {
                last_name: if dice.below(2) == 0 { Edit::Set(new.last_name) } else { Edit::Keep },
                phones: if dice.below(2) == 0 { Edit::Set(new.phones) } else { Edit::Keep },
                manager: if dice.below(2) == 0 { Edit::Set(new.manager) } else { Edit::Keep },
                organization: if dice.below(2) == 0 { Edit::Set(new.organization) } else { Edit::Keep },
                groups: if dice.below(2) == 0 { Edit::Set(new.groups) } else { Edit::Keep },
                ..ContactEdit::default()
            };
            Command::EditContact(contact(dice), edit)
        }
        8 => Command::DropContacts(contacts(dice, 4)),
        9 => Command::DropContacts(vec![contact(dice)]),
        10 => Command::AddOrganizations(vec![organization_name(dice)]),
        11 => Command::RenameOrganization(organization(dice), organization_name(dice)),
        12 => Command::DropOrganization(organization(dice)),
        13 => Command::AddGroup(group_name(dice), contacts(dice, 30)),
        14 => Command::EditGroup(group(dice), Edit::Set(group_name(dice)), Edit::Keep),
        15 => Command::EditGroup(group(dice), Edit::Keep, Edit::Set(contacts(dice, 60))),
        16 => Command::DropGroup(group(dice)),
        17 => match dice.below(3) {
            0 => Command::AddEmployees(vec![employee(dice)]),
            1 => Command::DropEmployee(of_employee(dice)),
            _ => {
                let last_name = Edit::Set(employee(dice).last_name);
                Command::EditEmployee(of_employee(dice), EmployeeEdit { last_name, ..EmployeeEdit::default() })
            }
        },
        18 => {
            let entry = BlacklistEntry {
                phone: Phone::parse(&format!("800{}", dice.below(9))).expect("a phone"),
                added_by: "Ann".into(),
                comment: None,
                added_at: 7,
            };
            let id = BlacklistId::new(2 + dice.below(9)).expect("an id");
            if dice.below(2) == 0 { Command::AddBlacklistNumber(entry) } else { Command::DropBlacklistNumber(id) }
        }
        _ => {
            let upload = |dice: &mut Dice| {
                let mut draft = draft(dice);
                let organization_name = (dice.below(2) == 0).then(|| name(&format!("organization {}", dice.below(12))));
                draft.organization = draft.organization.filter(|_| organization_name.is_none());
                let group_names = (0..dice.below(3)).map(|_| name(&format!("group {}", dice.below(12)))).collect();
                Upload { draft, organization_name, group_names }
            };
            Command::Upload((0..=dice.below(20)).map(|_| upload(dice)).collect(), OnError::Skip)
        }
    }
}
