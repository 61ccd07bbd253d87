//! A map whose copies share their entries: copying it costs a counter for each shard, and a change copies one shard.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use ringbook_store::{AccountId, DeviceId, UserId};

use super::secret::TokenHash;

/// Number of shards.
const SHARDS: usize = 256;

/// A key that knows its shard.
pub(super) trait ShardKey {
    /// Any number; equal for equal keys, and different for most others.
    fn shard(&self) -> usize;
}

impl ShardKey for AccountId {
    fn shard(&self) -> usize {
        self.number() as usize
    }
}

impl ShardKey for UserId {
    fn shard(&self) -> usize {
        self.number() as usize
    }
}

impl ShardKey for DeviceId {
    fn shard(&self) -> usize {
        self.number() as usize
    }
}

impl ShardKey for TokenHash {
    fn shard(&self) -> usize {
        self.first_byte().into()
    }
}

impl ShardKey for str {
    fn shard(&self) -> usize {
        self.bytes().fold(0, |sum, byte| sum * 31 % SHARDS + usize::from(byte))
    }
}

impl ShardKey for String {
    fn shard(&self) -> usize {
        self.as_str().shard()
    }
}

/// The map.
#[derive(Debug, Clone)]
pub(super) struct ShardMap<K, V> {
    shards: Vec<Arc<HashMap<K, V>>>,
}

impl<K, V> Default for ShardMap<K, V> {
    fn default() -> Self {
        let empty = Arc::new(HashMap::new());
        Self { shards: vec![empty; SHARDS] }
    }
}

impl<K: ShardKey + Eq + Hash + Clone, V: Clone> ShardMap<K, V> {
    /// The value of a key.
    pub(super) fn get<Q: ShardKey + Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.shards[key.shard() % SHARDS].get(key)
    }

    /// Sets the value of a key.
    pub(super) fn insert(&mut self, key: K, value: V) {
        Arc::make_mut(&mut self.shards[key.shard() % SHARDS]).insert(key, value);
    }

    /// Removes a key; returns its value.
    pub(super) fn remove<Q: ShardKey + Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let shard = &mut self.shards[key.shard() % SHARDS];
        // A shard is only copied if it changes.
        if shard.contains_key(key) { Arc::make_mut(shard).remove(key) } else { None }
    }

    /// All values, in no order.
    pub(super) fn values(&self) -> impl Iterator<Item = &V> {
        self.shards.iter().flat_map(|shard| shard.values())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_does_not_see_later_changes() {
        let mut map = ShardMap::default();
        let logins: Vec<String> = (0..1_000).map(|number| format!("user{number}")).collect();
        logins.iter().enumerate().for_each(|(at, login)| map.insert(login.clone(), at));
        let before = map.clone();
        assert_eq!(map.remove("user7"), Some(7));
        assert_eq!(map.remove("user7"), None);
        map.insert("user8".to_owned(), 0);
        assert_eq!((before.get("user7"), before.get("user8")), (Some(&7), Some(&8)));
        assert_eq!((map.get("user7"), map.get("user8"), map.values().count()), (None, Some(&0), 999));
    }
}
