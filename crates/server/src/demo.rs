//! The demo: creates an agent, three customers and a realistic address book, then serves them. Contacts are created by
//! the same commands that the API uses.
//!
//! Ids, passwords and tokens are in `demo.json`, which is written last: without it a directory is incomplete.

mod names;
pub mod people;

use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use indicatif::{ProgressBar, ProgressStyle};
use ringbook_book::command::{Command, EmployeeDraft, PhoneDraft};
use ringbook_book::contact::ContactDraft;
use ringbook_book::employee::PhoneStatus;
use ringbook_book::id::{CustomerId, EmployeeId, GroupId, IdError, OrganizationId};
use ringbook_book::text::{Email, Emails, Name, Phone, Phones};
use ringbook_store::{AgentId, UserId};
use serde_json::{Value, json};

use crate::config::DemoOptions;
use crate::device_access::DeviceListeners;
use crate::private_file::PrivateFile;
use crate::serve::{self, Failure, Server};
use ringbook_app::access::{self, Charset, DialForm, NameOrder, Rights, Secret, TokenHash};
use ringbook_app::audit::ReportBounds;
use ringbook_app::books::{Books, Bounds};
use ringbook_http::HttpSettings;
use ringbook_jsonrpc::{ANSWER_BYTES_MAX, API_PATH};
use ringbook_phones::{LOOKUP_PATH, PHONE_PATH};
use ringbook_store::{
    AccountId, DeviceSettings, Dialing, Location, NewCustomer, NewDevice, NewKey, NewUser, Role, Store,
};
use ringbook_telemetry;

/// The file with ids, passwords and tokens, beside the data.
pub const FILE_NAME: &str = "demo.json";

/// Contacts in one transaction.
const BATCH_CONTACTS: usize = 10_000;
/// Contacts of each customer other than "Demo".
const SMALL_CONTACTS: u64 = 10;
const DAY_LIMIT: u64 = 1_000_000;
const MINUTE_LIMIT: u64 = 100_000;
/// A number that the demo looks up; the sample query of the README does so, too.
const DEMO_NUMBER: &str = "79161234567";
const TIME_ZONE: &str = "Europe/Moscow";

/// What the demo creates.
#[derive(Debug, Clone, Copy)]
pub struct DemoSpec {
    /// Contacts of the customer "Demo".
    pub contacts: u64,
    /// Selects the contacts; equal seeds give equal contacts.
    pub seed: u64,
}

/// Runs `ringbook demo` until a signal ends it.
pub fn demo(options: DemoOptions) -> Result<(), Failure> {
    let log = ringbook_telemetry::logging(options.log.format, &options.log.filter)?;
    serve::runtime()?.block_on(async {
        if let Location::Database(_) = options.place {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&options.data)?;
        }
        let store = Store::open(&options.place, Role::Server)?;
        let metrics = serve::metrics();
        let books = Books::new(store.clone(), std::sync::Arc::clone(&metrics), Bounds::WIDE);
        let (listener, bound) = serve::listen(&options.listen.to_string()).await?;
        let spec = DemoSpec { contacts: options.contacts, seed: options.seed };
        let device_listeners = DeviceListeners::take(&options.devices).await?;
        let ldap = device_listeners.ldap_address();
        let made = prepare(&store, &books, &options.data, spec, &format!("http://{bound}{API_PATH}")).await?;
        let server = Server {
            store,
            books,
            listener,
            metrics_listener: None,
            tls: None,
            http: HttpSettings::default(),
            device_listeners,
            devices: options.devices,
            answer_bytes_max: ANSWER_BYTES_MAX,
            client_area: options.client_area,
            metrics,
            report: ReportBounds::default(),
            log_slow: options.log.slow,
            log,
            log_filter: serve::reread_filter(&options.log),
        };
        let ready = || {
            serve::say(&format!("listening on http://{bound}\n{}", curl(&made)));
            if options.client_area {
                serve::say(&browser(&made, &format!("http://{bound}{}", ringbook_client_area::PAGE_PATH)));
            }
            device_lines(&made, bound, ldap).iter().for_each(|line| serve::say(line));
        };
        serve::run(server, ready).await
    })
}

/// Where a person with a browser signs in, and as whom.
fn browser(made: &Value, address: &str) -> String {
    let text = |member: &str| made["customers"][0][member].as_str().unwrap_or_default().to_owned();
    format!("in a browser: {address} (login {}, password {})", text("login"), text("password"))
}

/// A command that prints the first contacts of the first customer.
fn curl(made: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "get.contacts",
        "params": {"access_token": text(&made["customers"][0]["access_token"]), "limit": 3}});
    format!("curl -s {} -d '{call}'", text(&made["url"]))
}

/// Lines that show what telephones see of the first customer's book; none for a demo of before there were device keys.
fn device_lines(made: &Value, bound: SocketAddr, ldap: Option<SocketAddr>) -> Vec<String> {
    let Some(key) = made["customers"][0]["device_key"].as_str() else { return Vec::new() };
    let base = format!("http://{bound}");
    let mut lines = vec![
        format!("curl -s '{base}{LOOKUP_PATH}{key}/text?number={DEMO_NUMBER}'"),
        format!("curl -s '{base}{PHONE_PATH}{key}/yealink?limit=3'"),
    ];
    lines.extend(ldap.map(|ldap| {
        format!(
            "ldapsearch -x -LLL -H ldap://{ldap} -D phone -w {key} -b ou=contacts -z 3 '(telephoneNumber=*)' cn telephoneNumber"
        )
    }));
    lines
}

/// Reads the demo that is there, or creates one; returns the content of `demo.json` with this URL.
pub async fn prepare(
    store: &Store,
    books: &Books,
    directory: &Path,
    spec: DemoSpec,
    url: &str,
) -> Result<Value, Failure> {
    let file = directory.join(FILE_NAME);
    let directory_rows = store.directory().await?;
    let is_new = directory_rows.agents.is_empty() && directory_rows.customers.is_empty();
    let mut made = if is_new { make(store, books, spec).await? } else { read(&file)? };
    made["url"] = json!(url);
    write(&file, &made)?;
    Ok(made)
}

fn read(file: &Path) -> Result<Value, Failure> {
    let unfinished = |cause: &dyn std::fmt::Display| {
        let file = file.display();
        format!(
            "the directory holds data, but {file} cannot be read ({cause}), so it is not a complete demo: \
             remove the directory to create it again, or serve it with `ringbook serve --data`"
        )
    };
    let text = std::fs::read_to_string(file).map_err(|error| unfinished(&error))?;
    let made: Value = serde_json::from_str(&text).map_err(|error| unfinished(&error))?;
    Ok(made)
}

/// Replaces the file in one step, so that a reader finds the old content or the new.
fn write(file: &Path, made: &Value) -> Result<(), Failure> {
    let (private, mut out) = PrivateFile::create(file)?;
    writeln!(out, "{made:#}")?;
    private.keep(&out)?;
    Ok(())
}

async fn make(store: &Store, books: &Books, spec: DemoSpec) -> Result<Value, Failure> {
    let agent = store.add_agent("Demo Agency".to_owned()).await?;
    let agent_user = add_user(store, AccountId::Agent(agent), "agent", "Demo agent").await?;
    let progress = progress_bar(spec.contacts + 2 * SMALL_CONTACTS);
    let mut customers = Vec::new();
    for (at, plan) in CUSTOMERS.iter().enumerate() {
        let contacts = if plan.limited { spec.contacts } else { SMALL_CONTACTS };
        let id = add_customer(store, plan, agent).await?;
        let user = add_user(store, AccountId::Customer(id), plan.login, plan.name).await?;
        fill(books, id, spec.seed.wrapping_add(at as u64), contacts, &progress).await?;
        let mut entry = user;
        entry["id"] = json!(id.number());
        entry["name"] = json!(plan.name);
        entry["device_key"] = json!(add_device(store, id).await?);
        let members = ["id", "name", "user_id", "login", "password", "access_token", "device_key"];
        customers.push(ordered(&entry, &members));
    }
    progress.finish_and_clear();
    let mut agent_entry = agent_user;
    agent_entry["id"] = json!(agent.number());
    let agent_entry = ordered(&agent_entry, &["id", "user_id", "login", "password", "access_token"]);
    Ok(json!({"url": "", "agent": agent_entry, "customers": customers}))
}

struct CustomerPlan {
    name: &'static str,
    login: &'static str,
    has_agent: bool,
    limited: bool,
}

const CUSTOMERS: [CustomerPlan; 3] = [
    CustomerPlan { name: "Demo", login: "demo", has_agent: true, limited: true },
    CustomerPlan { name: "Second", login: "second", has_agent: true, limited: false },
    CustomerPlan { name: "Other", login: "other", has_agent: false, limited: false },
];

async fn add_customer(store: &Store, plan: &CustomerPlan, agent: AgentId) -> Result<CustomerId, Failure> {
    let new = NewCustomer {
        agent: plan.has_agent.then_some(agent),
        name: plan.name.to_owned(),
        timezone: TIME_ZONE.to_owned(),
        day_limit: plan.limited.then_some(DAY_LIMIT),
        minute_limit: plan.limited.then_some(MINUTE_LIMIT),
        dialing: Dialing::default(),
    };
    Ok(store.add_customer(new).await?)
}

/// A user with a password, a key and loopback allowed.
async fn add_user(store: &Store, account: AccountId, login: &str, name: &str) -> Result<Value, Failure> {
    let password = access::fresh_token()?;
    let to_hash = Secret::new(password.expose().clone());
    let password_hash = tokio::task::spawn_blocking(move || access::hash_password(&to_hash)).await??;
    let new = NewUser {
        account,
        login: login.to_owned(),
        password_hash,
        name: name.to_owned(),
        description: "Made by the demo".to_owned(),
        rights: Rights::all().to_string(),
    };
    let user: UserId = store.add_user(new).await?;
    let token = access::fresh_token()?;
    let token_hash = TokenHash::of(token.expose()).to_hex();
    store.add_key(NewKey { user, name: "demo".to_owned(), token_hash, expires_at: None }).await?;
    for block in ["127.0.0.0/8", "::1/128"] {
        store.add_block(account, block.to_owned()).await?;
    }
    Ok(json!({"user_id": user.number(), "login": login, "password": password.expose(), "access_token": token.expose()}))
}

/// A device key for the contacts of a customer; returns its secret.
async fn add_device(store: &Store, customer: CustomerId) -> Result<String, Failure> {
    let secret = access::fresh_device_key()?;
    let hash = access::device_key_hash(secret.expose()).ok_or("the new device key does not read back")?;
    let settings = DeviceSettings {
        name: "demo".to_owned(),
        expires_at: None,
        minute_limit: None,
        groups: Vec::new(),
        blocks: Vec::new(),
        dial_form: DialForm::ALL[0].text().to_owned(),
        outside_prefix: String::new(),
        name_order: NameOrder::ALL[0].text().to_owned(),
        charset: Charset::ALL[0].text().to_owned(),
    };
    store.add_device(NewDevice { customer, key_hash: hash.to_hex(), settings }).await?;
    Ok(secret.expose().clone())
}

fn ordered(object: &Value, members: &[&str]) -> Value {
    members
        .iter()
        .map(|member| ((*member).to_owned(), object[*member].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

fn progress_bar(contacts: u64) -> ProgressBar {
    let style = "making contacts {wide_bar} {human_pos}/{human_len} {per_sec} {eta}";
    let bar = ProgressBar::new(contacts);
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}

/// Ids of the records that contacts refer to, in the order of [`people::Tables`].
struct Ids {
    organizations: Vec<OrganizationId>,
    groups: Vec<GroupId>,
    employees: Vec<EmployeeId>,
    blacklist: Option<GroupId>,
}

async fn fill(
    books: &Books,
    customer: CustomerId,
    seed: u64,
    contacts: u64,
    progress: &ProgressBar,
) -> Result<(), Failure> {
    let tables = people::tables(seed, contacts);
    let ids = create_tables(books, customer, &tables).await?;
    let mut people = people::people(seed, contacts, &tables);
    loop {
        let batch: Vec<_> =
            people.by_ref().take(BATCH_CONTACTS).map(|person| draft(person, &ids)).collect::<Result<_, _>>()?;
        if batch.is_empty() {
            return Ok(());
        }
        let count = batch.len() as u64;
        change(books, customer, Command::AddContacts(batch)).await?;
        progress.inc(count);
    }
}

async fn change(books: &Books, customer: CustomerId, command: Command) -> Result<Vec<u64>, Failure> {
    let outcome = books.change(customer, command).await.map_err(|fault| fault.to_string())?;
    Ok(outcome.created.into_iter().flatten().collect())
}

async fn create_tables(books: &Books, customer: CustomerId, tables: &people::Tables) -> Result<Ids, Failure> {
    let names = |texts: &[String]| texts.iter().map(|text| name(text)).collect::<Result<Vec<Name>, Failure>>();
    let organizations = change(books, customer, Command::AddOrganizations(names(&tables.organizations)?)).await?;
    let groups = change(books, customer, Command::AddGroups(names(&tables.groups)?)).await?;
    let drafts = tables.employees.iter().map(employee).collect::<Result<_, _>>()?;
    let employees = change(books, customer, Command::AddEmployees(drafts)).await?;
    let book = books.book(customer).await.map_err(|fault| fault.to_string())?;
    let blacklist = book.groups().find(|group| group.name.as_str() == ringbook_book::group::SYSTEM_GROUP_NAME);
    Ok(Ids {
        organizations: of_numbers(&organizations, OrganizationId::new),
        groups: of_numbers(&groups, GroupId::new),
        employees: of_numbers(&employees, EmployeeId::new),
        blacklist: blacklist.map(|group| group.id),
    })
}

fn of_numbers<Id>(numbers: &[u64], new: impl Fn(u64) -> Result<Id, IdError>) -> Vec<Id> {
    numbers.iter().filter_map(|number| new(*number).ok()).collect()
}

fn name(text: &str) -> Result<Name, Failure> {
    Name::parse(text).map_err(|fault| format!("the demo name {text:?} {fault}").into())
}

fn employee(draft: &people::EmployeeDraft) -> Result<EmployeeDraft, Failure> {
    let email = draft.email.as_deref().map(Email::parse).transpose();
    let phone = |number: &String| PhoneDraft {
        number: number.as_str().into(),
        channels: 1,
        dial_seconds: 60,
        status: PhoneStatus::Active,
    };
    Ok(EmployeeDraft {
        last_name: name(&draft.last_name)?,
        first_name: draft.first_name.as_deref().map(name).transpose()?,
        patronymic: draft.patronymic.as_deref().map(name).transpose()?,
        email: email.map_err(|fault| format!("a demo e-mail {fault}"))?,
        phones: draft.phone_numbers.iter().map(phone).collect(),
    })
}

fn draft(person: people::ContactDraft, ids: &Ids) -> Result<ContactDraft, Failure> {
    let phones: Result<Vec<Phone>, _> = person.phone_numbers.iter().map(|text| Phone::parse(text)).collect();
    let emails: Result<Vec<Email>, _> = person.emails.iter().map(|text| Email::parse(text)).collect();
    let mut groups: Vec<GroupId> = person.groups.iter().map(|at| ids.groups[*at]).collect();
    groups.extend(ids.blacklist.filter(|_| person.blacklisted));
    groups.sort_unstable();
    let twice = |_| "a demo contact has a phone or an e-mail twice";
    Ok(ContactDraft {
        last_name: name(&person.last_name)?,
        first_name: person.first_name.as_deref().map(name).transpose()?,
        patronymic: person.patronymic.as_deref().map(name).transpose()?,
        phones: Phones::new(phones.map_err(|fault| format!("a demo phone {fault}"))?, |phone| *phone).map_err(twice)?,
        emails: Emails::new(emails.map_err(|fault| format!("a demo e-mail {fault}"))?, Email::folded).map_err(twice)?,
        manager: person.manager.map(|at| ids.employees[at]),
        organization: person.organization.map(|at| ids.organizations[at]),
        groups,
    })
}
