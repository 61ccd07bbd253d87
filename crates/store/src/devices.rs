//! Device keys: secrets of telephones, switches and softphones that read a customer's book and nothing else.
//!
//! The store keeps what the operator has set and when a key was used last; those above know what the texts mean.

use ringbook_book::id::{CustomerId, GroupId};

use crate::ids::DeviceId;

use super::directory_revision::{Touched, moved};
use super::rows::{self, column, id, limit_column, must_exist};
use super::sequences::take_ids;
use super::sql::{Row, Session, SqlValue, values};
use super::{AccountId, EntityKind, IdKind, Store, StoreError, statements};

/// What the operator sets about a device key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceSettings {
    /// Its name.
    pub name: String,
    /// From this moment on, in Unix seconds, it is expired; `None` is a permanent key.
    pub expires_at: Option<i64>,
    /// Requests per UTC minute.
    pub minute_limit: Option<u64>,
    /// The groups whose contacts it shows; empty: all contacts.
    pub groups: Vec<GroupId>,
    /// The blocks of addresses that it may be used from, in CIDR notation, within the customer's allow-list; empty: all
    /// of that list.
    pub blocks: Vec<String>,
    /// How numbers are written, as text.
    pub dial_form: String,
    /// What is dialled before a number outside of the house.
    pub outside_prefix: String,
    /// Which part of a name comes first, as text.
    pub name_order: String,
    /// In which characters names are written, as text.
    pub charset: String,
}

/// When and by whom a device key was used last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceUse {
    /// When, in Unix seconds.
    pub at: i64,
    /// The address.
    pub from: String,
    /// What the device calls itself; may be empty.
    pub user_agent: String,
}

/// A device key, without its secret, which nobody keeps.
#[derive(Clone, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its id.
    pub id: DeviceId,
    /// Whose book it reads.
    pub customer: CustomerId,
    /// The SHA-256 of the secret, in hex.
    pub key_hash: String,
    /// Whether the operator has blocked it.
    pub blocked: bool,
    /// What the operator has set.
    pub settings: DeviceSettings,
    /// Its last use.
    pub used: Option<DeviceUse>,
}

impl std::fmt::Debug for DeviceRow {
    /// Without the secret's hash.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeviceRow").field("id", &self.id).field("customer", &self.customer).finish_non_exhaustive()
    }
}

/// A device key to be added. It starts unblocked.
#[derive(Clone)]
pub struct NewDevice {
    /// Whose book it reads.
    pub customer: CustomerId,
    /// The SHA-256 of the secret, in hex.
    pub key_hash: String,
    /// What the operator sets.
    pub settings: DeviceSettings,
}

/// What to change about a device key; `None` leaves as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeviceEdit {
    /// Another name.
    pub name: Option<String>,
    /// Another expiry, or none.
    pub expires_at: Option<Option<i64>>,
    /// Another limit per UTC minute, or none.
    pub minute_limit: Option<Option<u64>>,
    /// Other groups.
    pub groups: Option<Vec<GroupId>>,
    /// Other blocks of addresses.
    pub blocks: Option<Vec<String>>,
    /// Another form of numbers.
    pub dial_form: Option<String>,
    /// Another prefix.
    pub outside_prefix: Option<String>,
    /// Another order of names.
    pub name_order: Option<String>,
    /// Other characters.
    pub charset: Option<String>,
}

impl DeviceEdit {
    fn apply(self, old: DeviceSettings) -> DeviceSettings {
        DeviceSettings {
            name: self.name.unwrap_or(old.name),
            expires_at: self.expires_at.unwrap_or(old.expires_at),
            minute_limit: self.minute_limit.unwrap_or(old.minute_limit),
            groups: self.groups.unwrap_or(old.groups),
            blocks: self.blocks.unwrap_or(old.blocks),
            dial_form: self.dial_form.unwrap_or(old.dial_form),
            outside_prefix: self.outside_prefix.unwrap_or(old.outside_prefix),
            name_order: self.name_order.unwrap_or(old.name_order),
            charset: self.charset.unwrap_or(old.charset),
        }
    }
}

impl Store {
    /// Adds a device key. Fails when the customer or one of the groups is not there.
    pub async fn add_device(&self, device: NewDevice) -> Result<DeviceId, StoreError> {
        self.write(move |session| add(session, &device)).await
    }

    /// Changes a device key. Fails when one of the groups is not there.
    pub async fn set_device(&self, device: DeviceId, edit: DeviceEdit) -> Result<(), StoreError> {
        self.write(move |session| set(session, device, edit)).await
    }

    /// Blocks a device key, or unblocks it; doing it twice is the same as once.
    pub async fn block_device(&self, device: DeviceId, blocked: bool) -> Result<(), StoreError> {
        let values = (i64::from(blocked), column(device.number()));
        self.write(move |session| change(session, device, statements::BLOCK_DEVICE, &values![values.0, values.1])).await
    }

    /// Removes a device key.
    pub async fn remove_device(&self, device: DeviceId) -> Result<(), StoreError> {
        self.write(move |session| change(session, device, statements::REMOVE_DEVICE, &values![column(device.number())]))
            .await
    }

    /// Remembers when device keys were used last. Those that are gone are passed over.
    pub async fn used_devices(&self, mut uses: Vec<(DeviceId, DeviceUse)>) -> Result<(), StoreError> {
        // In one order, so that two servers never wait for each other's rows.
        uses.sort_by_key(|(device, _)| *device);
        self.write(move |session| {
            for (device, last) in &uses {
                let values = values![last.at, &last.from, &last.user_agent, column(device.number())];
                session.execute(statements::USED_DEVICE, &values)?;
            }
            Ok(())
        })
        .await
    }
}

fn change(
    session: &dyn Session,
    device: DeviceId,
    sql: &'static str,
    values: &[SqlValue<'_>],
) -> Result<(), StoreError> {
    moved(session, Touched::DeviceOf(device.number()))?;
    if session.execute(sql, values)? == 0 { Err(StoreError::NotFound { what: EntityKind::Device }) } else { Ok(()) }
}

fn add(session: &dyn Session, device: &NewDevice) -> Result<DeviceId, StoreError> {
    moved(session, Touched::Account(AccountId::Customer(device.customer)))?;
    must_exist(session, statements::CUSTOMER_EXISTS, device.customer.number(), EntityKind::Customer)?;
    groups_must_exist(session, device.customer, &device.settings.groups)?;
    let number = take_ids(session, IdKind::Device, 1)?;
    let settings = &device.settings;
    let values = values![
        column(number),
        column(device.customer.number()),
        &device.key_hash,
        &settings.name,
        settings.expires_at,
        limit_column(settings.minute_limit),
        groups_column(&settings.groups),
        settings.blocks.join(","),
        &settings.dial_form,
        &settings.outside_prefix,
        &settings.name_order,
        &settings.charset,
    ];
    session.execute(statements::ADD_DEVICE, &values)?;
    DeviceId::new(number).map_err(|_| StoreError::IdsSpent)
}

fn set(session: &dyn Session, device: DeviceId, edit: DeviceEdit) -> Result<(), StoreError> {
    let number = column(device.number());
    moved(session, Touched::DeviceOf(device.number()))?;
    let found = session.first(statements::DEVICE, &values![number], |row| Ok(read(row)))?;
    let row = found.ok_or(StoreError::NotFound { what: EntityKind::Device })?;
    let row = row.map_err(|cause| StoreError::unreadable("devices", format_args!("id {number}"), cause))?;
    if let Some(groups) = &edit.groups {
        groups_must_exist(session, row.customer, groups)?;
    }
    let settings = edit.apply(row.settings);
    let values = values![
        settings.name,
        settings.expires_at,
        limit_column(settings.minute_limit),
        groups_column(&settings.groups),
        settings.blocks.join(","),
        settings.dial_form,
        settings.outside_prefix,
        settings.name_order,
        settings.charset,
        number,
    ];
    session.execute(statements::SET_DEVICE, &values).map(drop)
}

fn groups_must_exist(session: &dyn Session, customer: CustomerId, groups: &[GroupId]) -> Result<(), StoreError> {
    for group in groups {
        let values = values![column(customer.number()), column(group.number())];
        if !session.finds(statements::GROUP_EXISTS, &values)? {
            return Err(StoreError::NotFound { what: EntityKind::Group });
        }
    }
    Ok(())
}

/// Ids of groups as a column: separated by commas.
fn groups_column(groups: &[GroupId]) -> String {
    groups.iter().map(GroupId::to_string).collect::<Vec<_>>().join(",")
}

/// The parts of a column that holds a list.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').filter(|part| !part.is_empty())
}

/// A row of [`statements::DEVICES`].
pub(super) fn read(row: &dyn Row) -> Result<DeviceRow, String> {
    let group = |text: &str| text.parse::<i64>().map_err(|error| error.to_string()).and_then(|n| id(n, GroupId::new));
    let used = row.optional_number(13)?.map(|at| {
        let text = |at| row.optional_text(at).map(|text| text.unwrap_or_default().to_owned());
        Ok::<_, String>(DeviceUse { at, from: text(14)?, user_agent: text(15)? })
    });
    Ok(DeviceRow {
        id: id(row.number(0)?, DeviceId::new)?,
        customer: id(row.number(1)?, CustomerId::new)?,
        key_hash: row.text(2)?.to_owned(),
        blocked: row.truth(3)?,
        settings: DeviceSettings {
            name: row.text(4)?.to_owned(),
            expires_at: row.optional_number(5)?,
            minute_limit: rows::limit(row.optional_number(6)?)?,
            groups: parts(row.text(7)?).map(group).collect::<Result<_, _>>()?,
            blocks: parts(row.text(8)?).map(str::to_owned).collect(),
            dial_form: row.text(9)?.to_owned(),
            outside_prefix: row.text(10)?.to_owned(),
            name_order: row.text(11)?.to_owned(),
            charset: row.text(12)?.to_owned(),
        },
        used: used.transpose()?,
    })
}
