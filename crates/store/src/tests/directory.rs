//! The directory on real engines: what adding, setting and removing do, and what removing takes along.

use ringbook_book::id::{CustomerId, GroupId};

use super::*;

on_both_engines! {
    a_removed_customer_takes_everything_along;
    refusals_of_the_directory_say_why;
    a_new_password_ends_the_sessions;
    a_session_too_many_ends_those_that_would_be_over_first;
    device_keys_are_kept_as_they_were_set;
    points_add_up_and_start_anew;
}

async fn a_removed_customer_takes_everything_along(data: TestData) {
    let store = server(&data);
    let (gone, stays) =
        (store.add_customer(customer("A")).await.expect("a"), store.add_customer(customer("B")).await.expect("b"));
    for (account, login) in [(gone, "a"), (stays, "b")] {
        let id = store.add_user(user(AccountId::Customer(account), login)).await.expect("added");
        let key = NewKey { user: id, name: "k".into(), token_hash: login.into(), expires_at: None };
        store.add_key(key).await.expect("added");
        store.add_session(login.into(), SessionRow { user: id, expires_at: 9 }, 10).await.expect("added");
        store.add_block(AccountId::Customer(account), "::/0".into()).await.expect("added");
        let used = PointsUse { account: AccountId::Customer(account), day: 1, day_used: 1, minute: 1, minute_used: 1 };
        store.add_points(vec![used]).await.expect("added");
        store.add_device(device(account, login, Vec::new())).await.expect("added");
    }
    store.remove_customer(gone).await.expect("removed");
    let missing = Err(StoreError::NotFound { what: EntityKind::Customer });
    assert_eq!(store.remove_customer(gone).await, missing);
    let count = |session: &dyn Session| -> Result<Vec<i64>, StoreError> {
        let tables = [
            "SELECT COUNT(*) FROM customers",
            "SELECT COUNT(*) FROM users",
            "SELECT COUNT(*) FROM keys",
            "SELECT COUNT(*) FROM sessions",
            "SELECT COUNT(*) FROM allowed_blocks",
            "SELECT COUNT(*) FROM points",
            "SELECT COUNT(*) FROM books",
            "SELECT COUNT(*) FROM groups",
            "SELECT COUNT(*) FROM devices",
        ];
        tables.into_iter().map(|sql| session.one(sql, &[], |row| row.number(0))).collect()
    };
    assert_eq!(store.read(count).await, Ok(vec![1; 9]));
    let next = store.add_customer(customer("C")).await.expect("added");
    assert_eq!(next.number(), 3, "an id is never used again");
}

async fn refusals_of_the_directory_say_why(data: TestData) {
    let store = server(&data);
    let agent = store.add_agent("A".into()).await.expect("added");
    let id = store.add_customer(NewCustomer { agent: Some(agent), ..customer("C") }).await.expect("added");
    assert_eq!(store.remove_agent(agent).await, Err(StoreError::StillHasCustomers { count: 1 }));
    let ann = store.add_user(user(AccountId::Customer(id), "ann")).await.expect("added");
    let bob = store.add_user(user(AccountId::Agent(agent), "bob")).await.expect("added");
    assert_eq!(store.add_user(user(AccountId::Agent(agent), "ann")).await, Err(StoreError::LoginTaken));
    let login = |login: &str| UserEdit { login: Some(login.into()), ..UserEdit::default() };
    assert_eq!(store.set_user(bob, login("ann")).await, Err(StoreError::LoginTaken));
    assert_eq!(store.set_user(ann, login("ann")).await, Ok(()));
    let dialing = Dialing { country: Some("DE".into()), area_code: Some("030".into()), outside_prefix: None };
    let edit = CustomerEdit {
        agent: Some(None),
        day_limit: Some(None),
        active: Some(false),
        dialing: Some(dialing.clone()),
        ..CustomerEdit::default()
    };
    store.set_customer(id, edit).await.expect("set");
    let row = store.directory().await.expect("the directory").customers.remove(0);
    assert_eq!(row.dialing, dialing);
    assert_eq!((row.agent, row.day_limit, row.active, row.name.as_str()), (None, None, false, "C"));
    assert_eq!(store.remove_agent(agent).await, Ok(()));
    assert_eq!(store.remove_user(bob).await, Err(StoreError::NotFound { what: EntityKind::User }));
}

fn device(customer: CustomerId, key_hash: &str, groups: Vec<GroupId>) -> NewDevice {
    let settings = DeviceSettings {
        name: "desk".into(),
        expires_at: None,
        minute_limit: Some(60),
        groups,
        blocks: vec!["10.0.0.0/8".into(), "::1/128".into()],
        dial_form: "e164".into(),
        outside_prefix: String::new(),
        name_order: "last".into(),
        charset: "utf-8".into(),
    };
    NewDevice { customer, key_hash: key_hash.into(), settings }
}

async fn device_keys_are_kept_as_they_were_set(data: TestData) {
    let store = server(&data);
    let id = store.add_customer(customer("C")).await.expect("added");
    let group = |number| GroupId::new(number).expect("an id");
    let missing = Err(StoreError::NotFound { what: EntityKind::Group });
    assert_eq!(store.add_device(device(id, "h", vec![group(1), group(99)])).await, missing);
    let first = store.add_device(device(id, "h", vec![group(1)])).await.expect("added");
    let edit = DeviceEdit {
        name: Some("hall".into()),
        groups: Some(Vec::new()),
        blocks: Some(Vec::new()),
        expires_at: Some(Some(9)),
        minute_limit: Some(None),
        ..DeviceEdit::default()
    };
    let before = store.directory().await.expect("the directory");
    assert_eq!(before.devices[0].settings, device(id, "h", vec![group(1)]).settings);
    store.set_device(first, edit).await.expect("set");
    store.block_device(first, true).await.expect("blocked");
    let revision = store.directory().await.expect("the directory").revision;
    assert!(revision > before.revision);
    let used = DeviceUse { at: 7, from: "10.1.1.1".into(), user_agent: "Yealink".into() };
    let gone = DeviceId::new(first.number() + 1).expect("an id");
    store.used_devices(vec![(gone, used.clone()), (first, used.clone())]).await.expect("noted");
    let after = store.directory().await.expect("the directory");
    let row = &after.devices[0];
    assert_eq!(
        (row.settings.name.as_str(), row.settings.expires_at, row.settings.minute_limit),
        ("hall", Some(9), None)
    );
    assert_eq!((row.settings.groups.len(), row.settings.blocks.len(), row.blocked), (0, 0, true));
    assert_eq!((row.used.as_ref(), after.revision), (Some(&used), revision), "a use moves nothing");
    assert_eq!(
        store.set_device(first, DeviceEdit { groups: Some(vec![group(9)]), ..DeviceEdit::default() }).await,
        missing.map(drop)
    );
    store.remove_device(first).await.expect("removed");
    assert_eq!(store.remove_device(first).await, Err(StoreError::NotFound { what: EntityKind::Device }));
}

async fn a_session_too_many_ends_those_that_would_be_over_first(data: TestData) {
    const MAX: u32 = 20;
    let store = server(&data);
    let account = AccountId::Customer(store.add_customer(customer("C")).await.expect("added"));
    let ann = store.add_user(user(account, "ann")).await.expect("added");
    let bob = store.add_user(user(account, "bob")).await.expect("added");
    let begin = async |of: UserId, at: u32| {
        let session = SessionRow { user: of, expires_at: i64::from(at) };
        store.add_session(format!("{} {at}", of.number()), session, MAX).await.expect("added").is_some()
    };
    assert!(!begin(bob, 0).await);
    for at in 0..MAX {
        assert!(!begin(ann, at).await, "{at}");
    }
    let before = store.revisions().await.expect("revisions").sessions;
    assert!(begin(ann, MAX).await);
    assert!(store.revisions().await.expect("revisions").sessions > before, "other servers are told");
    let mut left = Vec::new();
    for at in 0..=MAX {
        if store.session(format!("{} {at}", ann.number())).await.expect("read").is_some() {
            left.push(at);
        }
    }
    assert_eq!(left, (3..=MAX).collect::<Vec<_>>(), "one too many, and a tenth that makes room for further ones");
    assert!(!begin(ann, MAX + 1).await && !begin(ann, MAX + 2).await && begin(ann, MAX + 3).await);
    assert!(store.session(format!("{} 0", bob.number())).await.expect("read").is_some());
}

async fn a_new_password_ends_the_sessions(data: TestData) {
    let store = server(&data);
    let id = store.add_customer(customer("C")).await.expect("added");
    let ann = store.add_user(user(AccountId::Customer(id), "ann")).await.expect("added");
    store.add_session("s".into(), SessionRow { user: ann, expires_at: 9 }, 10).await.expect("added");
    let before = store.revisions().await.expect("revisions").sessions;
    let edit = UserEdit { password_hash: Some("other".into()), ..UserEdit::default() };
    store.set_user(ann, edit).await.expect("set");
    assert_eq!(store.session("s".into()).await, Ok(None));
    assert!(store.revisions().await.expect("revisions").sessions > before);
}

async fn points_add_up_and_start_anew(data: TestData) {
    let store = server(&data);
    let account = AccountId::Customer(store.add_customer(customer("C")).await.expect("added"));
    let used = |day, minute, points| PointsUse { account, day, day_used: points, minute, minute_used: points };
    let mut total = PointsRow { account, day: 1, day_used: 3, minute: 10, minute_used: 3 };
    assert_eq!(store.add_points(vec![used(1, 10, 3)]).await, Ok(vec![total]));
    total = PointsRow { day_used: 4, minute: 11, minute_used: 1, ..total };
    assert_eq!(store.add_points(vec![used(1, 11, 1)]).await, Ok(vec![total]));
    total = PointsRow { day: 2, day_used: 2, minute: 12, minute_used: 2, ..total };
    assert_eq!(store.add_points(vec![used(2, 12, 3), used(2, 12, -1)]).await.map(|rows| rows[1]), Ok(total));
    assert_eq!(store.points().await, Ok(vec![total]));
}
