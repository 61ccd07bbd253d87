//! Sessions and logins on a real store.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::*;

#[tokio::test]
async fn a_session_lives_an_hour_or_until_logout() {
    let world = world().await;
    let session = world.login("first", PASSWORD).await.expect("logged in");
    assert_eq!((session.expires_at, session.account), (NOW.plus(3600), world.accounts[FIRST]));
    let token = session.token.expose();
    let known =
        async |access: &Access, now: Moment| access.identify(token, now).await.map(|identity| identity.user().id);
    let ann = world.users[FIRST];
    assert_eq!(known(&world.access, NOW.plus(3599)).await, Ok(ann));
    assert_eq!(known(&world.access, NOW.plus(3600)).await, Err(AccessError::TokenInvalid));
    let node = Access::open(world.store.clone(), Clock::manual(NOW)).await.expect("another node");
    assert_eq!(known(&node, NOW).await, Ok(ann), "found in the store");
    let bystander = world.login("second", PASSWORD).await.expect("logged in");
    let other = world.access.identify(token, NOW).await.expect("a session");
    world.access.logout(&other).await.expect("logged out");
    assert_eq!(known(&world.access, NOW).await, Err(AccessError::TokenInvalid));
    node.catch_up().await.expect("seen");
    assert_eq!(known(&node, NOW).await, Err(AccessError::TokenInvalid));
    assert!(node.identify(bystander.token.expose(), NOW).await.is_ok());
    let key = world.identity(FIRST).await;
    world.access.logout(&key).await.expect("nothing to end");
    assert!(world.access.identify(&world.tokens[FIRST], NOW).await.is_ok());
}

#[tokio::test]
async fn a_user_with_too_many_sessions_loses_the_first_ones() {
    let world = world().await;
    let first = world.login("first", PASSWORD).await.expect("logged in");
    let bystander = world.login("second", PASSWORD).await.expect("logged in");
    let is_known = async |session: &Session| world.access.identify(session.token.expose(), NOW).await.is_ok();
    assert!(is_known(&first).await);
    // Those that other servers begin count as well.
    let session = SessionRow { user: world.users[FIRST], expires_at: NOW.plus(3601).unix() };
    let mut others = tokio::task::JoinSet::new();
    for at in 1..SESSIONS_PER_USER_MAX {
        let store = world.store.clone();
        others.spawn(async move { store.add_session(format!("session {at}"), session, SESSIONS_PER_USER_MAX).await });
    }
    assert!(others.join_all().await.into_iter().all(|begun| begun == Ok(None)));
    assert!(is_known(&first).await);
    let last = world.login("first", PASSWORD).await.expect("logged in");
    assert!(!is_known(&first).await && is_known(&last).await);
    // Neither the login nor following it makes the server forget the sessions of others.
    world.access.catch_up().await.expect("seen");
    world.faults.fail_nth(1);
    assert!(is_known(&bystander).await, "found in memory");
}

#[tokio::test]
async fn a_login_is_judged_by_its_password_first() {
    let world = world().await;
    world.store.remove_block(world.accounts[FIRST], "127.0.0.0/8".into()).await.expect("removed");
    world
        .edit(FIRST, CustomerEdit { active: Some(false), minute_limit: Some(Some(1)), ..CustomerEdit::default() })
        .await;
    let told = async |login: &str, password: &str| world.login(login, password).await.map(|session| session.account);
    assert_eq!(told("first", "wrong").await, Err(AccessError::LoginWrong));
    assert_eq!(told("nobody", PASSWORD).await, Err(AccessError::LoginWrong));
    assert_eq!(told("first", PASSWORD).await, Err(AccessError::AccountInactive));
    world.edit(FIRST, CustomerEdit { active: Some(true), ..CustomerEdit::default() }).await;
    assert_eq!(told("first", PASSWORD).await, Err(AccessError::AddressNotAllowed { address: HOME }));
    world.store.add_block(world.accounts[FIRST], "127.0.0.1/32".into()).await.expect("added");
    world.access.catch_up().await.expect("seen");
    world.faults.fail_nth(1);
    assert!(matches!(told("first", PASSWORD).await, Err(AccessError::Unavailable(_))));
    assert_eq!(told("first", PASSWORD).await, Ok(world.accounts[FIRST]), "the failed one gave its point back");
    let refused = world.login_from(HOME, NOW, "first", PASSWORD).await.expect_err("no point left");
    assert_eq!(refused.refused, AccessError::LimitExceeded { per: LimitKind::Minute, max: 1 });
    let view = refused.identity.and_then(|identity| world.access.limits(&identity, NOW));
    assert_eq!(view.and_then(|view| view.minute_remaining), Some(0));
}

#[tokio::test]
async fn the_eleventh_login_of_a_minute_is_not_computed() {
    let world = world().await;
    for _ in 0..10 {
        assert_eq!(world.login("first", "wrong").await.map(|_| ()), Err(AccessError::LoginWrong));
    }
    assert_eq!(world.login("first", PASSWORD).await.map(|_| ()), Err(AccessError::LoginWrong), "even the right one");
    assert!(world.login("second", PASSWORD).await.is_ok());
    let later = world.login_from(HOME, NOW.plus(60), "first", PASSWORD).await;
    assert!(later.is_ok());
}

/// An address of an office, and one of somebody who guesses.
const OFFICE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 1, 1));
const STRANGER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(127, 0, 2, 1));

/// Clients repeat a failed login four or five times at once.
#[tokio::test]
async fn an_office_that_mistypes_is_not_locked_out() {
    let world = world().await;
    for login in ["first", "second", "other", "agent"] {
        for _ in 0..9 {
            let failed = world.login_from(OFFICE, NOW, login, "wrong").await.expect_err("wrong");
            assert_eq!((failed.refused, failed.unchecked), (AccessError::LoginWrong, None));
        }
    }
    for login in ["first", "second", "other", "agent"] {
        assert!(world.login_from(OFFICE, NOW, login, PASSWORD).await.is_ok(), "{login}");
    }
}

#[tokio::test]
async fn who_varies_the_names_fails_at_the_bound_of_the_address() {
    let world = world().await;
    for n in 0..FAILURES_PER_ADDRESS_MAX {
        let failed = world.login_from(STRANGER, NOW, &format!("guess {n}"), "wrong").await.expect_err("wrong");
        assert_eq!((failed.refused, failed.unchecked), (AccessError::LoginWrong, None), "{n}");
    }
    let failed = world.login_from(STRANGER, NOW, "first", PASSWORD).await.expect_err("not checked");
    assert_eq!((failed.refused, failed.unchecked), (AccessError::TooManyFailedLogins, Some(LoginRefusal::Address)));
    assert!(world.login_from(OFFICE, NOW, "first", PASSWORD).await.is_ok());
    assert!(world.login_from(STRANGER, NOW.plus(60), "first", PASSWORD).await.is_ok());
}

/// 300 connections of one address kept every other login from being checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_logins_waits_for_itself() {
    let world = Arc::new(world().await);
    let checked = Arc::new(AtomicUsize::new(0));
    let flood: Vec<_> = (0..300)
        .map(|n| {
            let (world, checked) = (Arc::clone(&world), Arc::clone(&checked));
            tokio::spawn(async move {
                let failed = world.login_from(STRANGER, NOW, &format!("guess {n}"), "wrong").await.expect_err("wrong");
                checked.fetch_add(usize::from(failed.unchecked.is_none()), SeqCst);
                failed.unchecked
            })
        })
        .collect();
    while checked.load(SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..5 {
        let before = checked.load(SeqCst);
        assert!(world.login_from(OFFICE, NOW, "first", PASSWORD).await.is_ok());
        let meanwhile = checked.load(SeqCst) - before;
        assert!(meanwhile <= 5 * world.workers.bounds().slots, "{meanwhile} of the flood went first");
    }
    let mut refusals = Vec::new();
    for attempt in flood {
        refusals.push(attempt.await.expect("no panic"));
    }
    let count = |refusal: Option<LoginRefusal>| refusals.iter().filter(|other| **other == refusal).count();
    let slots = world.workers.bounds().slots;
    let checked = count(None);
    let bound = FAILURES_PER_ADDRESS_MAX as usize;
    assert!((bound..bound + slots).contains(&checked), "{checked} were checked");
    assert!(count(Some(LoginRefusal::Queue)) >= 300 - 256 - slots - 1, "the queue of an address is bounded");
    assert_eq!(checked + count(Some(LoginRefusal::Queue)) + count(Some(LoginRefusal::Address)), 300);
}
