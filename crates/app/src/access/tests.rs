//! The gate on a real store: every row of the order of refusals, agents and customers apart, the operator's hand,
//! sessions, logins and points.

use tempfile::TempDir;

use super::*;
use ringbook_store::{CustomerEdit, FaultInjector, NewCustomer, NewKey, NewUser, Role, UserEdit};
use ringbook_telemetry::{LoginRefusal, Metrics};
use ringbook_workers::{Bounds, Client, Owner, Workers};

mod directory_changes;
mod follow;
mod login;

const NOW: Moment = Moment::from_unix(1_700_000_000);
const HOME: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "correct horse";

/// An agent with two customers and a third customer on its own; one user and key each.
struct World {
    place: TempDir,
    store: Store,
    faults: FaultInjector,
    access: Access,
    workers: Workers,
    /// The accounts: the agent, its two customers, the other customer.
    accounts: [AccountId; 4],
    users: [UserId; 4],
    tokens: [String; 4],
}

const AGENT: usize = 0;
const FIRST: usize = 1;
const SECOND: usize = 2;
const OTHER: usize = 3;

async fn add_user(store: &Store, account: AccountId, login: &str) -> UserId {
    let password_hash = hash_password(&Secret::new(PASSWORD.to_owned())).expect("a hash");
    let text = |text: &str| text.to_owned();
    let rights = Rights::all().to_string();
    let user = NewUser { account, login: text(login), password_hash, name: text(login), description: text(""), rights };
    store.add_user(user).await.expect("a user")
}

async fn add_key(store: &Store, user: UserId, expires_at: Option<i64>) -> (String, ringbook_store::KeyId) {
    let token = fresh_token().expect("chance");
    let token_hash = TokenHash::of(token.expose()).to_hex();
    let key = NewKey { user, name: "key".into(), token_hash, expires_at };
    (token.expose().clone(), store.add_key(key).await.expect("a key"))
}

async fn add_customer(store: &Store, agent: Option<ringbook_store::AgentId>) -> AccountId {
    let customer = NewCustomer { agent, name: "c".into(), timezone: "UTC".into(), ..NewCustomer::default() };
    AccountId::Customer(store.add_customer(customer).await.expect("a customer"))
}

async fn world() -> World {
    let place = tempfile::tempdir().expect("a directory");
    let faults = FaultInjector::none();
    let store = Store::open_with(place.path(), Role::Server, faults.clone()).expect("a store");
    let agent = store.add_agent("agent".into()).await.expect("an agent");
    let (first, second) = (add_customer(&store, Some(agent)).await, add_customer(&store, Some(agent)).await);
    let accounts = [AccountId::Agent(agent), first, second, add_customer(&store, None).await];
    let mut users = Vec::new();
    let mut tokens = Vec::new();
    for (account, login) in accounts.into_iter().zip(["agent", "first", "second", "other"]) {
        let user = add_user(&store, account, login).await;
        users.push(user);
        tokens.push(add_key(&store, user, None).await.0);
        store.add_block(account, "127.0.0.0/8".into()).await.expect("a block");
    }
    let access = Access::open(store.clone(), Clock::manual(NOW)).await.expect("access");
    let (users, tokens) = (users.try_into().expect("four"), tokens.try_into().expect("four"));
    let workers = Workers::new(Bounds::default(), &Metrics::new(&[], &[], &[]));
    World { place, store, faults, access, workers, accounts, users, tokens }
}

impl World {
    fn customer(&self, who: usize) -> ringbook_book::id::CustomerId {
        match self.accounts[who] {
            AccountId::Customer(id) => id,
            AccountId::Agent(_) => panic!("{who} is the agent"),
        }
    }

    async fn edit(&self, who: usize, edit: CustomerEdit) {
        self.store.set_customer(self.customer(who), edit).await.expect("set");
        self.access.catch_up().await.expect("seen");
    }

    async fn identity(&self, who: usize) -> Identity {
        self.access.identify(&self.tokens[who], NOW).await.expect("a good token")
    }

    /// A call by the token of `who`, for the user of `whom`, with a right that all users hold.
    async fn call(&self, who: usize, whom: Option<usize>, scope: Scope) -> Result<Caller, AccessError> {
        let user_id = whom.map(|whom| self.users[whom].number());
        let needs = Requirement { scope, right: Some(Right::AddressBookSelect) };
        let admitted = self.access.admit(&self.identity(who).await, user_id, needs, HOME, NOW);
        admitted.map_err(|denied| denied.error)
    }

    /// What became of a call: the customer acted for, or the refusal.
    async fn outcome(&self, who: usize, whom: Option<usize>, scope: Scope) -> Result<Option<u64>, AccessError> {
        let caller = self.call(who, whom, scope).await;
        caller.map(|caller| caller.customer().map(|id| id.number()))
    }

    async fn login(&self, login: &str, password: &str) -> Result<Session, AccessError> {
        self.login_from(HOME, NOW, login, password).await.map_err(|refused| refused.refused)
    }

    async fn login_from(&self, peer: IpAddr, now: Moment, login: &str, password: &str) -> Result<Session, LoginError> {
        let attempt = LoginAttempt { login, password: Secret::new(password.to_owned()), peer, now };
        self.access.login(attempt, &self.workers, &Client::new(Owner::address(peer))).await
    }
}

#[tokio::test]
async fn nobody_reaches_what_is_not_theirs() {
    let world = world().await;
    let book = |who: usize| Ok(Some(world.accounts[who].number()));
    let foreign = || Err(AccessError::UserIdForeign);
    for (who, whom, expected) in [
        (AGENT, None, Err(AccessError::UserIdMissing)),
        (AGENT, Some(AGENT), foreign()),
        (AGENT, Some(FIRST), book(FIRST)),
        (AGENT, Some(SECOND), book(SECOND)),
        (AGENT, Some(OTHER), foreign()),
        (FIRST, None, book(FIRST)),
        (FIRST, Some(FIRST), book(FIRST)),
        (FIRST, Some(SECOND), foreign()),
        (FIRST, Some(AGENT), foreign()),
        (OTHER, Some(FIRST), foreign()),
        (OTHER, None, book(OTHER)),
    ] {
        assert_eq!(world.outcome(who, whom, Scope::CustomerMethod).await, expected, "{who} for {whom:?}");
    }
    for user_id in [0, 999, u64::MAX] {
        let needs = Requirement { scope: Scope::CustomerMethod, right: None };
        let caller = world.access.admit(&world.identity(AGENT).await, Some(user_id), needs, HOME, NOW);
        let denied = caller.expect_err("a foreign user");
        assert_eq!((denied.error, denied.effective_user.is_some()), (AccessError::UserIdForeign, false), "{user_id}");
    }
}

#[tokio::test]
async fn each_side_has_its_methods() {
    let world = world().await;
    for (who, scope, expected) in [
        (AGENT, Scope::CustomerOnly, Err(AccessError::WrongSide)),
        (AGENT, Scope::AgentOnly, Ok(None)),
        (AGENT, Scope::AnySide, Ok(None)),
        (FIRST, Scope::CustomerOnly, Ok(Some(1))),
        (FIRST, Scope::AgentOnly, Err(AccessError::WrongSide)),
        (FIRST, Scope::AnySide, Ok(Some(1))),
    ] {
        assert_eq!(world.outcome(who, None, scope).await, expected, "{who} {scope:?}");
    }
    let caller = world.call(AGENT, None, Scope::AgentOnly).await.expect("admitted");
    let users: Vec<_> = caller.customer_users().iter().map(|user| user.id).collect();
    assert_eq!(users, [world.users[FIRST], world.users[SECOND]]);
    assert!(world.call(FIRST, None, Scope::AnySide).await.expect("admitted").customer_users().is_empty());
}

#[tokio::test]
async fn refusals_come_in_their_order() {
    let world = world().await;
    let call = || world.outcome(FIRST, None, Scope::CustomerMethod);
    let rights = |text: &str| UserEdit { rights: Some(text.into()), ..UserEdit::default() };
    world.store.set_user(world.users[FIRST], rights("address_book:insert")).await.expect("set");
    world.store.remove_block(world.accounts[FIRST], "127.0.0.0/8".into()).await.expect("removed");
    world
        .edit(FIRST, CustomerEdit { active: Some(false), minute_limit: Some(Some(0)), ..CustomerEdit::default() })
        .await;
    assert_eq!(world.outcome(FIRST, Some(SECOND), Scope::CustomerMethod).await, Err(AccessError::UserIdForeign));
    assert_eq!(call().await, Err(AccessError::AccountInactive));
    world.edit(FIRST, CustomerEdit { active: Some(true), ..CustomerEdit::default() }).await;
    assert_eq!(call().await, Err(AccessError::AddressNotAllowed { address: HOME }));
    world.store.add_block(world.accounts[FIRST], "127.0.0.1/32".into()).await.expect("added");
    world.access.catch_up().await.expect("seen");
    assert_eq!(call().await, Err(AccessError::LimitExceeded { per: LimitKind::Minute, max: 0 }));
    world.edit(FIRST, CustomerEdit { minute_limit: Some(Some(1)), ..CustomerEdit::default() }).await;
    assert_eq!(call().await, Err(AccessError::RightMissing(Right::AddressBookSelect)));
    assert_eq!(call().await, Err(AccessError::RightMissing(Right::AddressBookSelect)), "a refusal costs no point");
    world.store.set_user(world.users[FIRST], rights("address_book:select")).await.expect("set");
    world.access.catch_up().await.expect("seen");
    world.call(FIRST, None, Scope::CustomerMethod).await.expect("admitted").succeed();
    assert_eq!(call().await, Err(AccessError::LimitExceeded { per: LimitKind::Minute, max: 1 }));
    assert_eq!(world.outcome(AGENT, Some(FIRST), Scope::CustomerMethod).await, Ok(Some(1)), "the agent's points count");
}

#[tokio::test]
async fn the_list_of_the_customer_acted_for_decides() {
    let world = world().await;
    world.store.remove_block(world.accounts[AGENT], "127.0.0.0/8".into()).await.expect("removed");
    world.store.remove_block(world.accounts[SECOND], "127.0.0.0/8".into()).await.expect("removed");
    world.access.catch_up().await.expect("seen");
    let refused = Err(AccessError::AddressNotAllowed { address: HOME });
    assert_eq!(world.outcome(AGENT, Some(FIRST), Scope::CustomerMethod).await, Ok(Some(1)));
    assert_eq!(world.outcome(AGENT, Some(SECOND), Scope::CustomerMethod).await, refused);
    assert_eq!(world.outcome(AGENT, None, Scope::AgentOnly).await, refused);
    assert_eq!(world.outcome(AGENT, None, Scope::CustomerOnly).await, refused, "the side is judged last");
    let mapped = "::ffff:127.0.0.1".parse().expect("an address");
    let needs = Requirement { scope: Scope::CustomerMethod, right: None };
    let caller = world.access.admit(&world.identity(FIRST).await, None, needs, mapped, NOW);
    assert!(caller.is_ok());
}
