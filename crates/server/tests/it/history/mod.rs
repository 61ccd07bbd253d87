//! Several servers, a database and the ways between them, all of which fail, and clients that must not notice more than
//! that they are refused: every answer fits one order of the changes of the account.
//!
//! A round is a window: clients work while something goes wrong and is mended; then everything rests, every server is
//! read, and the judge takes the window in. Chance is the same in every run of a seed, the moments are not.
//! `RINGBOOK_CRASH_NODES`, `RINGBOOK_CRASH_ROUNDS` and `RINGBOOK_CRASH_SEED` make it long.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::crashing::{Dice, setting};
use super::fleet::Fleet;
use super::harness::eventually;
use super::stores::Engine;
use super::wire::PATIENCE;

mod checker;
mod clients;
mod failover;
mod model;
mod nemesis;

use checker::Judge;
use clients::{BookWriter, Client};
use model::State;
use nemesis::Harm;

/// Rounds if nothing is said.
const ROUNDS: u64 = 6;
/// Clients, each with a connection to every server.
const CLIENTS: u64 = 6;
/// What each of them does in a round.
const CALLS: u64 = 16;
const REGISTERS: usize = 4;
/// What a mirror is told at once: few, so that it has to ask again.
const PAGE: u64 = 5;

/// What happened, for people.
#[derive(Debug, Default)]
struct Count {
    harm: Harm,
    calls: u64,
    unknown: u64,
}

/// A copy of the book that follows its changes, each time on another server.
#[derive(Default)]
struct Mirror {
    cursor: String,
    contacts: BTreeMap<u64, Value>,
}

impl Mirror {
    /// Follows on one server up to now.
    fn follow(&mut self, fleet: &Fleet, node: usize) {
        loop {
            let answer = fleet.call(node, "get.contact_changes", json!({"since": self.cursor, "limit": PAGE}));
            for change in answer["result"]["data"].as_array().unwrap_or_else(|| panic!("{answer}")) {
                let id = change["id"].as_u64().expect("an id");
                if change["deleted"] == true {
                    self.contacts.remove(&id);
                } else {
                    self.contacts.insert(id, change["contact"].clone());
                }
            }
            let metadata = &answer["result"]["metadata"];
            self.cursor = metadata["cursor"].as_str().expect("a cursor").to_owned();
            if metadata["has_more"] == false {
                return;
            }
        }
    }

    /// It holds what the pages of all servers show, once nothing is on its way any more.
    fn compare(&mut self, desk: &BookWriter, nodes: usize) {
        for node in 0..nodes {
            eventually(PATIENCE, "a mirror that is like its page", || {
                let page = desk.read_at_rest(node);
                self.follow(desk.fleet, (node + 1) % nodes);
                let shown = page["result"]["data"].as_array().expect("a page");
                self.contacts.values().eq(shown)
            });
        }
    }
}

/// One window: work and harm, then rest.
fn window(desk: &BookWriter, dice: &mut Dice, round: u64) -> Harm {
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            let mut client = Client::new(desk, Dice::new(dice.below(u64::from(u32::MAX))));
            scope.spawn(move || (0..CALLS).for_each(|_| client.act()));
        }
        nemesis::strike(desk, dice, round)
    })
}

/// So many rounds on so many servers.
fn play(nodes: usize, rounds: u64, seed: u64) {
    let fleet = Fleet::start(nodes);
    let desk = BookWriter::new(&fleet, REGISTERS);
    let mut judge = Judge::new(State::new(REGISTERS));
    let (mut dice, mut mirror, mut count) = (Dice::new(seed * 16 + nodes as u64), Mirror::default(), Count::default());
    for round in 0..rounds {
        count.harm += window(&desk, &mut dice, round);
        mirror.compare(&desk, nodes);
        let page = desk.read_at_rest(0);
        let calls = desk.take_calls();
        count.calls += calls.len() as u64;
        count.unknown += calls.iter().filter(|call| call.answered.is_none()).count() as u64;
        judge.take(calls).unwrap_or_else(|why| panic!("round {round} of seed {seed} on {nodes} nodes: {why}"));
        desk.adopt(&page);
        if round % 50 == 49 || round + 1 == rounds {
            tell(nodes, round + 1, &count);
        }
    }
    read_anew(&desk, nodes);
    judge.take(desk.take_calls()).unwrap_or_else(|why| panic!("after seed {seed} on {nodes} nodes: {why}"));
    fleet.stop();
}

/// What servers have in memory after all this is what others read from the rows.
fn read_anew(desk: &BookWriter, nodes: usize) {
    let pages: Vec<Value> = (0..nodes).map(|node| desk.read_at_rest(node)).collect();
    for (node, page) in pages.iter().enumerate() {
        desk.fleet.kill(node);
        desk.fleet.launch(node);
        assert_eq!(desk.read_at_rest(node)["result"]["data"], page["result"]["data"]);
    }
}

fn tell(nodes: usize, rounds: u64, Count { harm, calls, unknown }: &Count) {
    let Harm { nodes_killed, databases_ended, cuts, silences, delays } = harm;
    eprintln!(
        "{nodes} nodes, {rounds} rounds: {nodes_killed} kills of a node, {databases_ended} of PostgreSQL, {cuts} cuts, \
         {silences} silences, {delays} delays; {calls} calls, {unknown} of them unknown; {rounds} histories fit one order"
    );
}

#[test]
fn every_answer_fits_one_order_of_the_changes() {
    let _engine = Engine::Postgres.select();
    let (rounds, seed) = (setting("RINGBOOK_CRASH_ROUNDS", ROUNDS), setting("RINGBOOK_CRASH_SEED", 1));
    match setting("RINGBOOK_CRASH_NODES", 0) {
        0 => (2..=3).for_each(|nodes| play(nodes, ROUNDS, seed)),
        nodes => play(nodes as usize, rounds, seed),
    }
}
