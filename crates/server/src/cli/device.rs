//! `ringbook device`: device keys, whose secrets are printed once.

use clap::{Arg, ArgAction, ArgMatches, Command};
use ringbook_book::id::{CustomerId, GroupId};
use ringbook_store::DeviceId;
use serde_json::Value;

use super::args;
use super::cli_error::CliError;
use super::operator::{MissingData, id, id_argument, listed, place, text_argument, unknown, with_store};
use super::output::{CommandOutput, Row};
use super::plain_text::plain;
use crate::config::{Layers, WrongSetting, value};
use ringbook_app::access::{
    Charset, DEVICE_BLOCKS_MAX, DEVICE_GROUPS_MAX, DEVICE_MINUTE_LIMIT, DialForm, NameOrder, OUTSIDE_PREFIX_CHARS_MAX,
    device_key_hash, fresh_device_key,
};
use ringbook_clock::{Clock, Moment};
use ringbook_store::{DeviceEdit, DeviceRow, DeviceSettings, NewDevice, Store};

const EXAMPLES: &str = "\
A device key reads names and numbers of one customer: caller look-ups, phone books, LDAP, CardDAV. It cannot call the API.

Examples:
  ringbook device add \"desk phones\" --customer 1 --allow 10.0.0.0/8
  ringbook device add PBX --customer 1 --dial-form 00 --outside-prefix 9 --minute-limit none --json
  ringbook device set 1 --group 3 --group 4
  ringbook device block 1";

/// The word that stands for an empty list of groups or blocks.
const ALL: &str = "all";

pub(super) fn command() -> Command {
    let name = Arg::new("NAME").required(true).value_parser(value::name).help("Name of the device, or of its kind");
    let customer = args::option("customer", "ID", "Customer whose address book it reads (required)");
    let rename = args::option("name", "NAME", "New name");
    args::noun("device", "Manage device keys: what telephones, switches and softphones read the address book with")
        .after_help(EXAMPLES)
        .subcommand(
            Command::new("add")
                .about("Create a device key and print its secret, which is not shown again")
                .arg(name)
                .arg(customer)
                .args(options()),
        )
        .subcommand(Command::new("list").about("List the device keys with their last use, without their secrets"))
        .subcommand(Command::new("set").about("Change a device key").arg(args::id()).arg(rename).args(options()))
        .subcommand(Command::new("block").about("Block a device key").arg(args::id()))
        .subcommand(Command::new("unblock").about("Unblock a device key").arg(args::id()))
        .subcommand(Command::new("remove").about("Remove a device key").arg(args::id()))
}

fn options() -> [Arg; 8] {
    [
        args::option("group", "ID|all", "Show only contacts of this group; may be repeated [default for new keys: all]")
            .action(ArgAction::Append),
        args::option(
            "dial-form",
            "e164|digits|00|national",
            "How numbers are written: +49…, 49…, 0049…, or 0… in the customer's own country [default for new keys: e164]",
        ),
        args::option("outside-prefix", "DIGITS|none", "Dialled before numbers outside of the house, such as 9"),
        args::option("name-order", "last|first", "Part of a name that comes first [default for new keys: last]"),
        args::option(
            "charset",
            "utf-8|ascii",
            "Characters of names; ascii transliterates them for old displays [default for new keys: utf-8]",
        ),
        args::option("expires", "'YYYY-MM-DD hh:mm:ss'|none", "Expiry in UTC [default for new keys: none]"),
        args::option(
            "allow",
            "CIDR|all",
            "Addresses that it may be used from, within the customer's allow-list; may be repeated [default for new keys: all]",
        )
        .action(ArgAction::Append),
        args::option("minute-limit", "N|none", "Most requests per UTC minute [default for new keys: 600]"),
    ]
}

/// Runs a subcommand.
pub(super) fn run(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<CommandOutput, CliError> {
    let place = place(layers)?;
    let command = DeviceCommand::read(verb, leaf, layers)?;
    with_store(&place, MissingData::Refuse, async |store| command.run(store).await)
}

/// A subcommand with its arguments, read before the store is opened.
enum DeviceCommand {
    Add { customer: CustomerId, settings: DeviceSettings },
    List,
    Set(DeviceId, DeviceEdit),
    Block(DeviceId),
    Unblock(DeviceId),
    Remove(DeviceId),
}

impl DeviceCommand {
    fn read(verb: &str, leaf: &ArgMatches, layers: &Layers<'_>) -> Result<Self, CliError> {
        match verb {
            "add" => added(text_argument(leaf, "NAME")?, layers),
            "list" => Ok(Self::List),
            "set" => Ok(Self::Set(id_argument(leaf, DeviceId::new)?, changed(layers)?)),
            "block" => id_argument(leaf, DeviceId::new).map(Self::Block),
            "unblock" => id_argument(leaf, DeviceId::new).map(Self::Unblock),
            "remove" => id_argument(leaf, DeviceId::new).map(Self::Remove),
            _ => Err(unknown(verb)),
        }
    }

    async fn run(self, store: &Store) -> Result<CommandOutput, CliError> {
        match self {
            Self::Add { customer, settings } => add(store, customer, settings).await,
            Self::List => {
                let directory = store.directory().await?;
                let rows = directory.devices.iter().map(row).collect();
                Ok(listed(rows, directory, "`ringbook device add NAME --customer ID` creates a device key"))
            }
            Self::Set(id, edit) => {
                store.set_device(id, edit).await.map(|()| done(id, "changed")).map_err(CliError::from)
            }
            Self::Block(id) => store.block_device(id, true).await.map(|()| done(id, "blocked")).map_err(CliError::from),
            Self::Unblock(id) => {
                store.block_device(id, false).await.map(|()| done(id, "unblocked")).map_err(CliError::from)
            }
            Self::Remove(id) => store.remove_device(id).await.map(|()| done(id, "removed")).map_err(CliError::from),
        }
    }
}

fn done(id: DeviceId, what: &str) -> CommandOutput {
    CommandOutput::done(vec![("id", Value::from(id.number()))], format_args!("device key {id} {what}"))
}

async fn add(store: &Store, customer: CustomerId, settings: DeviceSettings) -> Result<CommandOutput, CliError> {
    let secret = fresh_device_key()?;
    let hash = device_key_hash(secret.expose()).ok_or_else(|| CliError::failed("the new key does not read back"))?;
    let (name, expires_at) = (plain(&settings.name), settings.expires_at);
    let id = store.add_device(NewDevice { customer, key_hash: hash.to_hex(), settings }).await?;
    let secret = secret.expose();
    let row = vec![("id", Value::from(id.number())), ("key", Value::from(secret.clone()))];
    let text = format!("device key {id} created for {name} of customer {customer}\nkey: {secret}");
    let answer = CommandOutput::done(row, text).note("save the key now: it is not stored and not shown again");
    let is_over = expires_at.is_some_and(|at| Moment::from_unix(at) <= Clock::System.now());
    Ok(if is_over { answer.note("warning: the key has expired already, --expires is in the past") } else { answer })
}

fn added(name: String, layers: &Layers<'_>) -> Result<DeviceCommand, CliError> {
    let edit = edit(layers)?;
    let customer =
        layers.required("customer", "names the customer whose book it reads", |text| id(text, CustomerId::new))?;
    let settings = DeviceSettings {
        name,
        expires_at: edit.expires_at.flatten(),
        minute_limit: edit.minute_limit.unwrap_or(Some(DEVICE_MINUTE_LIMIT)),
        groups: edit.groups.unwrap_or_default(),
        blocks: edit.blocks.unwrap_or_default(),
        dial_form: edit.dial_form.unwrap_or_else(|| DialForm::ALL[0].text().to_owned()),
        outside_prefix: edit.outside_prefix.unwrap_or_default(),
        name_order: edit.name_order.unwrap_or_else(|| NameOrder::ALL[0].text().to_owned()),
        charset: edit.charset.unwrap_or_else(|| Charset::ALL[0].text().to_owned()),
    };
    Ok(DeviceCommand::Add { customer, settings })
}

fn changed(layers: &Layers<'_>) -> Result<DeviceEdit, CliError> {
    let edit = DeviceEdit { name: layers.value("name", value::name)?, ..edit(layers)? };
    if edit == DeviceEdit::default() {
        return Err(CliError::usage("nothing to change: give --name or one of the options of `ringbook device add`"));
    }
    Ok(edit)
}

/// What the options set that `add` and `set` share.
fn edit(layers: &Layers<'_>) -> Result<DeviceEdit, CliError> {
    let moment = |text: &str| value::or_none(text, value::moment).map(|at| at.map(Moment::unix));
    let groups = list(layers, "group", DEVICE_GROUPS_MAX, |text| id(text, GroupId::new))?;
    let blocks = list(layers, "allow", DEVICE_BLOCKS_MAX, |text| value::block(text).map(|block| block.to_string()))?;
    Ok(DeviceEdit {
        name: None,
        expires_at: layers.value("expires", moment)?,
        minute_limit: layers.value("minute-limit", value::limit)?,
        groups,
        blocks,
        dial_form: layers.value("dial-form", |text| one_of(text, DialForm::ALL.iter().map(|one| one.text())))?,
        outside_prefix: layers.value("outside-prefix", outside_prefix)?,
        name_order: layers.value("name-order", |text| one_of(text, NameOrder::ALL.iter().map(|one| one.text())))?,
        charset: layers.value("charset", |text| one_of(text, Charset::ALL.iter().map(|one| one.text())))?,
    })
}

/// A repeatable option; the word `all` alone stands for an empty list.
fn list<T>(
    layers: &Layers<'_>,
    flag: &'static str,
    max: usize,
    read: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<Vec<T>>, WrongSetting> {
    let found = layers.list(flag, |text| if text == ALL { Ok(None) } else { read(text).map(Some) })?;
    let (count, has_all) = (found.len(), found.iter().any(Option::is_none));
    if has_all && count > 1 {
        return Err(WrongSetting::new(format_args!("--{flag}: `{ALL}` stands alone")));
    }
    if count > max {
        return Err(WrongSetting::new(format_args!("--{flag} is given {count} times, at most {max} are kept")));
    }
    Ok((count > 0).then(|| found.into_iter().flatten().collect()))
}

fn one_of(text: &str, known: impl Iterator<Item = &'static str> + Clone) -> Result<String, String> {
    let unknown = || format!("is none of {}", known.clone().collect::<Vec<_>>().join(", "));
    known.clone().find(|known| *known == text).map(str::to_owned).ok_or_else(unknown)
}

/// What is dialled to get a line outside of the house.
fn outside_prefix(text: &str) -> Result<String, String> {
    let text = if text == "none" { "" } else { text };
    let is_dialled = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'#'));
    if is_dialled && text.len() <= OUTSIDE_PREFIX_CHARS_MAX {
        Ok(text.to_owned())
    } else {
        Err(format!("is not 1 to {OUTSIDE_PREFIX_CHARS_MAX} digits, * or #; `none` is allowed, too"))
    }
}

fn row(device: &DeviceRow) -> Row {
    let moment = |seconds| Value::from(Moment::from_unix(seconds).to_string());
    let settings = &device.settings;
    let used = device.used.as_ref();
    vec![
        ("id", Value::from(device.id.number())),
        ("customer_id", Value::from(device.customer.number())),
        ("name", Value::from(settings.name.clone())),
        ("group_ids", settings.groups.iter().map(|group| group.number()).collect()),
        ("dial_form", Value::from(settings.dial_form.clone())),
        ("outside_prefix", Value::from(settings.outside_prefix.clone())),
        ("name_order", Value::from(settings.name_order.clone())),
        ("charset", Value::from(settings.charset.clone())),
        ("allow", settings.blocks.iter().cloned().collect()),
        ("minute_limit", settings.minute_limit.map_or(Value::Null, Value::from)),
        ("expires_at", settings.expires_at.map_or(Value::Null, moment)),
        ("blocked", Value::from(device.blocked)),
        ("used_at", used.map_or(Value::Null, |used| moment(used.at))),
        ("used_from", used.map_or(Value::Null, |used| Value::from(used.from.clone()))),
        ("user_agent", used.map_or(Value::Null, |used| Value::from(used.user_agent.clone()))),
    ]
}
