//! The statements that put rows of contacts, organizations, groups and employees, which may be staged.

use ringbook_book::change::Effect;
use ringbook_book::contact::Contact;
use ringbook_book::employee::Employee;
use ringbook_book::group::GroupOwner;
use ringbook_book::text::{Email, Name};

use super::lists;
use super::rows::column;
use super::sql::{BoundStatement, values};
use super::statements as sql;

/// The statement of an effect whose row may be staged.
pub(super) fn put(owner: i64, revision: i64, effect: &Effect) -> Option<BoundStatement<'_>> {
    match effect {
        Effect::PutContact(contact) => Some(put_contact(owner, revision, contact)),
        Effect::PutOrganization(organization) => {
            let row = values![owner, column(organization.id.number()), revision, organization.name.as_str()];
            Some(BoundStatement::new(sql::PUT_ORGANIZATION, row))
        }
        Effect::PutGroup(group) => {
            let system = i64::from(group.owner == GroupOwner::System);
            let row = values![owner, column(group.id.number()), revision, group.name.as_str(), system];
            Some(BoundStatement::new(sql::PUT_GROUP, row))
        }
        Effect::PutEmployee(employee) => Some(put_employee(owner, revision, employee)),
        _ => None,
    }
}

fn put_contact(owner: i64, revision: i64, contact: &Contact) -> BoundStatement<'_> {
    let draft = &contact.draft;
    let row = values![
        owner,
        column(contact.id.number()),
        revision,
        draft.last_name.as_str(),
        draft.first_name.as_ref().map(Name::as_str),
        draft.patronymic.as_ref().map(Name::as_str),
        lists::write_phones(draft.phones.as_slice()),
        lists::write_texts(draft.emails.as_slice().iter().map(Email::as_str)),
        draft.manager.map(|id| column(id.number())),
        draft.organization.map(|id| column(id.number())),
        lists::write_ids(draft.groups.iter().map(|id| id.number())),
    ];
    BoundStatement::new(sql::PUT_CONTACT, row)
}

fn put_employee(owner: i64, revision: i64, employee: &Employee) -> BoundStatement<'_> {
    let row = values![
        owner,
        column(employee.id.number()),
        revision,
        employee.last_name.as_str(),
        employee.first_name.as_ref().map(Name::as_str),
        employee.patronymic.as_ref().map(Name::as_str),
        employee.email.as_ref().map(Email::as_str),
        lists::write_employee_phones(&employee.phones),
    ];
    BoundStatement::new(sql::PUT_EMPLOYEE, row)
}
