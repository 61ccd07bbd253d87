//! What is kept of the directory after changes is what reading the whole directory yields.

use fastrand::Rng;
use ringbook_store::{AgentId, DeviceEdit, DeviceId, DeviceSettings, KeyId, NewDevice, Revisions, StoreError, UserId};

use super::*;
use crate::access::snapshot::Counters;

/// What random changes choose from; some of it is gone.
struct Known {
    agents: Vec<AgentId>,
    accounts: Vec<AccountId>,
    users: Vec<UserId>,
    keys: Vec<KeyId>,
    devices: Vec<DeviceId>,
}

fn pick<T: Copy>(rng: &mut Rng, among: &[T]) -> T {
    among[rng.usize(..among.len())]
}

fn settings(rng: &mut Rng) -> DeviceSettings {
    let text = |text: &str| text.to_owned();
    DeviceSettings {
        name: format!("device {}", rng.u8(..)),
        expires_at: None,
        minute_limit: Some(rng.u64(1..50)),
        groups: Vec::new(),
        blocks: Vec::new(),
        dial_form: text("e164"),
        outside_prefix: text(""),
        name_order: text("last"),
        charset: text("utf-8"),
    }
}

/// Makes a random change; it may be refused.
async fn change(rng: &mut Rng, store: &Store, known: &mut Known) -> Result<(), StoreError> {
    let account = pick(rng, &known.accounts);
    let customer = known.accounts.iter().rev().find_map(|account| match account {
        AccountId::Customer(id) if rng.bool() => Some(*id),
        _ => None,
    });
    let user = pick(rng, &known.users);
    let name = format!("n{}", rng.u32(..));
    match rng.u8(..22) {
        0 => known.agents.push(store.add_agent(name).await?),
        1..3 => {
            let agent = rng.bool().then(|| pick(rng, &known.agents));
            let customer = NewCustomer { agent, name, timezone: "UTC".into(), ..NewCustomer::default() };
            known.accounts.push(AccountId::Customer(store.add_customer(customer).await?));
        }
        3..6 => {
            let edit = CustomerEdit {
                agent: rng.bool().then(|| rng.bool().then(|| pick(rng, &known.agents))),
                active: rng.bool().then(|| rng.bool()),
                name: rng.bool().then_some(name),
                ..CustomerEdit::default()
            };
            if let Some(customer) = customer {
                store.set_customer(customer, edit).await?;
            }
        }
        6..9 => {
            let (login, rights) = (format!("login{}", rng.u8(..30)), Rights::all().to_string());
            let (password_hash, description) = ("x".to_owned(), String::new());
            let user = NewUser { account, login, password_hash, name, description, rights };
            known.users.push(store.add_user(user).await?);
        }
        9..11 => {
            let login = rng.bool().then(|| format!("login{}", rng.u8(..30)));
            store.set_user(user, UserEdit { login, name: Some(name), ..UserEdit::default() }).await?;
        }
        11..14 => {
            let token_hash = TokenHash::of(&name).to_hex();
            known.keys.push(store.add_key(NewKey { user, name, token_hash, expires_at: None }).await?);
        }
        14 if !known.keys.is_empty() => store.block_key(pick(rng, &known.keys)).await?,
        15 if !known.keys.is_empty() => store.remove_key(pick(rng, &known.keys)).await?,
        16 => store.add_block(account, format!("10.{}.0.0/16", rng.u8(..4))).await?,
        17 => store.remove_block(account, format!("10.{}.0.0/16", rng.u8(..4))).await?,
        18 => {
            if let Some(customer) = customer {
                let key_hash = TokenHash::of(&name).to_hex();
                let device = NewDevice { customer, key_hash, settings: settings(rng) };
                known.devices.push(store.add_device(device).await?);
            }
        }
        19 if !known.devices.is_empty() => {
            let device = pick(rng, &known.devices);
            match rng.u8(..3) {
                0 => store.block_device(device, true).await?,
                1 => store.remove_device(device).await?,
                _ => store.set_device(device, DeviceEdit { name: Some(name), ..DeviceEdit::default() }).await?,
            }
        }
        20 => store.remove_user(user).await?,
        21 => {
            if let (Some(customer), true) = (customer, rng.u8(..4) == 0) {
                store.remove_customer(customer).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

#[tokio::test]
async fn following_changes_yields_what_reading_the_whole_directory_yields() {
    for seed in 0..6 {
        let mut rng = Rng::with_seed(seed);
        let world = world().await;
        let AccountId::Agent(agent) = world.accounts[AGENT] else { panic!("the first account is the agent") };
        let mut known = Known {
            agents: vec![agent],
            accounts: world.accounts.to_vec(),
            users: world.users.to_vec(),
            keys: Vec::new(),
            devices: Vec::new(),
        };
        let mut made = 0;
        for _ in 0..60 {
            for _ in 0..rng.usize(1..4) {
                made += usize::from(change(&mut rng, &world.store, &mut known).await.is_ok());
            }
            world.access.catch_up().await.expect("seen");
            let directory = world.store.directory().await.expect("read");
            let whole = Snapshot::build(directory, &Counters::default());
            assert_eq!(world.access.directory().contents(), whole.contents(), "seed {seed}");
        }
        assert!(made > 40, "{made} changes were made");
    }
}

#[tokio::test]
async fn a_change_of_one_account_leaves_the_others_as_they_are() {
    let world = world().await;
    let before = world.access.directory();
    let (token, _) = add_key(&world.store, world.users[FIRST], None).await;
    world.access.catch_up().await.expect("seen");
    let after = world.access.directory();
    let same = |who: usize| {
        let of = |snapshot: &Snapshot| Arc::clone(snapshot.accounts.get(&world.accounts[who]).expect("an account"));
        Arc::ptr_eq(&of(&before), &of(&after))
    };
    assert_eq!([AGENT, FIRST, SECOND, OTHER].map(same), [true, false, true, true]);
    assert!(world.access.identify(&token, NOW).await.is_ok());
    assert!(before.keys.get(&TokenHash::of(&token)).is_none(), "calls that have begun see the directory as it was");
}

#[tokio::test]
async fn a_move_that_tells_no_account_has_everything_read_again() {
    let world = world().await;
    let old = world.store.revisions().await.expect("revisions");
    let since = Revisions { sessions: 0, ..old };
    let told = world.store.directory_changes(since).await.expect("read").expect("nothing has changed");
    assert!(told.accounts.is_empty());
    world.store.touch_directory().await.expect("moved");
    assert!(world.store.directory_changes(since).await.expect("read").is_none());
    world.edit(FIRST, CustomerEdit { active: Some(false), ..CustomerEdit::default() }).await;
    assert!(!world.access.directory().accounts.get(&world.accounts[FIRST]).expect("an account").active);
    let newer = Revisions { directory: old.directory + 100, ..old };
    assert!(world.store.directory_changes(newer).await.expect("read").is_none(), "a restored backup");
}
