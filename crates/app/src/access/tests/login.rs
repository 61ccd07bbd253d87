//! Sessions and logins on a real store.

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
    let refused =
        world.access.login("first", Secret::new(PASSWORD.into()), HOME, NOW).await.expect_err("no point left");
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
    let later = world.access.login("first", Secret::new(PASSWORD.into()), HOME, NOW.plus(60)).await;
    assert!(later.is_ok());
}
