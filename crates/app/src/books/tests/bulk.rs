//! Changes of many records: they are stored as lists or in steps, and read back whole or not at all.

use super::*;

on_both_engines! {
    memberships_and_deletions_of_many_contacts_are_read_back_before_and_after_folding;
    a_large_change_is_there_whole_or_not_at_all;
    a_long_list_of_members_is_there_whole_or_not_at_all;
}

/// More than a change deletes row by row, and than it adds in one transaction.
const MANY: u64 = 300;

/// A list of so many ids is written in steps of its own.
const LISTED: u64 = 1_000;

async fn many_contacts(world: &World) -> Vec<ContactId> {
    some_contacts(world, MANY).await
}

async fn some_contacts(world: &World, count: u64) -> Vec<ContactId> {
    let outcome = change(world, Command::AddContacts((0..count).map(draft).collect())).await.expect("they are new");
    let ids = outcome.created.into_iter().map(|id| ContactId::new(id.expect("it was made")).expect("an id"));
    ids.collect()
}

async fn add_group(world: &World, text: &str, members: &[ContactId]) -> GroupId {
    let added = change(world, Command::AddGroup(name(text), members.to_vec())).await.expect("it is new");
    made(&added, GroupId::new)
}

async fn set_members(world: &World, group: GroupId, members: &[ContactId]) {
    let command = Command::EditGroup(group, Edit::Keep, Edit::Set(members.to_vec()));
    change(world, command).await.expect("the group exists");
}

/// Fails unless a table has no rows.
fn is_empty(world: &World, table: &str) {
    world.data.execute(&format!(
        "CREATE TABLE no_rows (n BIGINT CHECK (n = 0)); INSERT INTO no_rows SELECT COUNT(*) FROM {table}; DROP TABLE no_rows"
    ));
}

async fn checked(world: &World) {
    store_equals_memory(world).await;
    watched(world).await;
}

/// Joins, leaves, edits and deletes, with a look at the rows after each.
async fn memberships_and_deletions(world: &World) {
    let contacts = many_contacts(world).await;
    let first = add_group(world, "First", &contacts).await;
    let second = add_group(world, "Second", &contacts[10..200]).await;
    checked(world).await;
    set_members(world, first, &contacts[100..]).await;
    // A row that is written after a bulk change contains it; a later bulk change applies to it.
    let edit = ContactEdit { first_name: Edit::Set(Some(name("Later"))), ..ContactEdit::default() };
    change(world, Command::EditContact(contacts[150], edit)).await.expect("it exists");
    set_members(world, second, &contacts[150..160]).await;
    set_members(world, first, &contacts[..151]).await;
    checked(world).await;
    change(world, Command::DropContacts(contacts[5..].to_vec())).await.expect("they exist");
    checked(world).await;
    change(world, Command::DropGroup(second)).await.expect("it exists");
    checked(world).await;
}

async fn memberships_and_deletions_of_many_contacts_are_read_back_before_and_after_folding(data: TestData) {
    let world = world(data).await;
    memberships_and_deletions(&world).await;
    world.store.folded(world.customer).await;
    checked(&world).await;
    world.store.fold_all(world.customer).await.expect("the rows are written");
    is_empty(&world, "bulk_changes");
    checked(&world).await;
    let before = picture(&world.books.book(world.customer).await.expect("the book"));
    let World { data, store, books: first, customer, .. } = world;
    drop((first, store));
    let store = Store::open(data.location(), Role::Server).expect("it opens again");
    assert_eq!(picture(&books(&store).book(customer).await.expect("the book")), before);
    assert_eq!(store.verify().await.expect("it reads").0, Vec::<String>::new());
}

#[tokio::test]
async fn a_node_sees_bulk_changes_of_another_before_and_after_folding() {
    let mut world = world(TestData::postgres()).await;
    let other = books(&Store::open(world.data.location(), Role::Server).expect("another node's store"));
    other.book(world.customer).await.expect("the book");
    world.watcher = Some(other);
    memberships_and_deletions(&world).await;
    world.store.fold_all(world.customer).await.expect("the rows are written");
    let contacts = many_contacts(&world).await;
    let group = add_group(&world, "Third", &contacts).await;
    world.store.fold_all(world.customer).await.expect("the rows are written");
    checked(&world).await;
    set_members(&world, group, &contacts[..7]).await;
    checked(&world).await;
}

async fn a_large_change_is_there_whole_or_not_at_all(data: TestData) {
    let mut world = world(data).await;
    let uploads = |from: u64| {
        let upload = |at| Upload {
            draft: draft(at),
            organization_name: Some(name(&format!("organization {at}"))),
            group_names: vec![name(&format!("group {}", at % 7))],
        };
        (from..from + MANY).map(upload).collect::<Vec<_>>()
    };
    for n in 1.. {
        world = world.with_another_customer().await;
        world.books.book(world.customer).await.expect("the book");
        world.faults.fail_nth(n);
        let uploaded = change(&world, Command::Upload(uploads(0), OnError::Reject)).await;
        let is_over = world.faults.is_pending();
        world.faults.fail_nth(0);
        store_equals_memory(&world).await;
        let count = world.books.book(world.customer).await.expect("the book").contacts_len() as u64;
        assert_eq!(count, if uploaded.is_ok() { MANY } else { 0 });
        // The same names again: nothing of a failed change is in the way.
        if uploaded.is_err() {
            change(&world, Command::Upload(uploads(0), OnError::Reject)).await.expect("the next change works");
        }
        store_equals_memory(&world).await;
        is_empty(&world, "staged_rows");
        // A failed query for the revisions of several books is repeated for each, so that the upload need not fail.
        if is_over {
            assert!(uploaded.is_ok() && n > 4, "a change of {n} operations");
            break;
        }
    }
}

async fn a_long_list_of_members_is_there_whole_or_not_at_all(data: TestData) {
    let mut world = world(data).await;
    for n in 1.. {
        world = world.with_another_customer().await;
        let contacts = some_contacts(&world, LISTED).await;
        let group = add_group(&world, "Some", &contacts[..10]).await;
        let members = |members: &[ContactId]| Command::EditGroup(group, Edit::Keep, Edit::Set(members.to_vec()));
        world.faults.fail_nth(n);
        let joined = change(&world, members(&contacts)).await;
        let is_over = world.faults.is_pending();
        world.faults.fail_nth(0);
        checked(&world).await;
        if joined.is_err() {
            change(&world, members(&contacts)).await.expect("the next change works");
        }
        checked(&world).await;
        is_empty(&world, "staged_rows");
        change(&world, Command::DropContacts(contacts)).await.expect("they exist");
        checked(&world).await;
        // Deletes rows in the background, which must not count as operations of the next change.
        world.store.folded(world.customer).await;
        if is_over {
            assert!(joined.is_ok() && n > 2, "a change of {n} operations");
            break;
        }
    }
}
