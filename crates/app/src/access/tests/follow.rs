//! What the operator changes on a running server, and what outlasts it.

use super::*;

#[tokio::test]
async fn the_operator_is_heard_on_a_running_server() {
    let world = world().await;
    let operator = Store::open(world.place.path(), Role::Operator).expect("an operator");
    let (token, key) = add_key(&operator, world.users[FIRST], Some(NOW.unix() + 10)).await;
    let known = async |now: Moment| {
        world.access.catch_up().await.expect("seen");
        world.access.identify(&token, now).await.map(|identity| identity.user().id)
    };
    assert_eq!(known(NOW).await, Ok(world.users[FIRST]));
    assert_eq!(known(NOW.plus(10)).await, Err(AccessError::TokenExpired));
    operator.block_key(key).await.expect("blocked");
    assert_eq!(known(NOW.plus(10)).await, Err(AccessError::TokenBlocked));
    operator.unblock_key(key).await.expect("unblocked");
    assert_eq!(known(NOW).await, Ok(world.users[FIRST]));
    operator.remove_user(world.users[FIRST]).await.expect("removed");
    assert_eq!(known(NOW).await, Err(AccessError::TokenInvalid));
    for wrong in [String::new(), "x".repeat(64), "a".repeat(64), "a".repeat(100_000)] {
        assert_eq!(world.access.identify(&wrong, NOW).await.map(|_| ()), Err(AccessError::TokenInvalid));
    }
}

#[tokio::test]
async fn following_sees_changes_by_itself_and_saves_at_the_end() {
    let world = world().await;
    world.edit(FIRST, CustomerEdit { day_limit: Some(Some(10)), ..CustomerEdit::default() }).await;
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let story = async {
        let edit = CustomerEdit { active: Some(false), ..CustomerEdit::default() };
        world.store.set_customer(world.customer(SECOND), edit).await.expect("set");
        while world.call(SECOND, None, Scope::CustomerMethod).await.is_ok() {
            tokio::task::yield_now().await;
        }
        world.call(FIRST, None, Scope::CustomerMethod).await.expect("admitted").succeed();
        stop.send(()).expect("it follows");
    };
    let shutdown = async { stopped.await.expect("told to stop") };
    tokio::join!(world.access.follow(shutdown), story);
    let used: u64 = world.store.points().await.expect("points").iter().map(|row| row.day_used).sum();
    assert_eq!(used, 1);
}

#[tokio::test]
async fn points_outlive_a_restart_and_a_directory_that_moves() {
    let world = world().await;
    world.edit(FIRST, CustomerEdit { day_limit: Some(Some(3)), ..CustomerEdit::default() }).await;
    for _ in 0..2 {
        world.call(FIRST, None, Scope::CustomerMethod).await.expect("admitted").succeed();
    }
    world.edit(SECOND, CustomerEdit { name: Some("moved".into()), ..CustomerEdit::default() }).await;
    drop(world.call(FIRST, None, Scope::CustomerMethod).await.expect("admitted"));
    world.faults.fail_nth(1);
    assert!(world.access.save_points().await.is_err());
    world.access.save_points().await.expect("saved");
    let again = Access::open(world.store.clone(), Clock::manual(NOW)).await.expect("access");
    let identity = again.identify(&world.tokens[FIRST], NOW).await.expect("a good token");
    let view = again.limits(&identity, NOW).expect("a limit");
    assert_eq!((view.day_remaining, view.minute_remaining), (Some(1), None));
    let other = again.identify(&world.tokens[OTHER], NOW).await.expect("a good token");
    assert_eq!(again.limits(&other, NOW), None);
}

#[tokio::test]
async fn what_does_not_read_back_closes_only_its_own() {
    let world = world().await;
    world.store.add_block(world.accounts[FIRST], "not a block".into()).await.expect("added");
    let rights = UserEdit { rights: Some("everything".into()), ..UserEdit::default() };
    world.store.set_user(world.users[SECOND], rights).await.expect("set");
    world.access.catch_up().await.expect("seen");
    for who in [FIRST, SECOND] {
        let outcome = world.outcome(who, None, Scope::CustomerMethod).await;
        assert!(matches!(outcome, Err(AccessError::Unavailable(StoreError::Unreadable { .. }))), "{outcome:?}");
    }
    assert_eq!(world.outcome(OTHER, None, Scope::CustomerMethod).await, Ok(Some(3)));
    assert_eq!(unreadable(world.store.directory().await.expect("rows")).len(), 2);
}
