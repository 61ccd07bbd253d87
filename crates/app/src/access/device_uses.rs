//! When and by whom device keys were used last, on its way to the store; and how often a misuse is logged.
//!
//! A use is written at most once a minute for a key, unless another address or another program uses it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ringbook_clock::Moment;
use ringbook_store::{DeviceId, DeviceUse};

/// How much of what a device calls itself is kept, in characters.
pub const USER_AGENT_CHARS_MAX: usize = 120;

/// The last use of a key.
struct LastUse {
    address: IpAddr,
    user_agent: String,
    at: Moment,
    is_unsaved: bool,
}

/// The last uses of all keys.
#[derive(Default)]
pub(super) struct DeviceUses(Mutex<HashMap<DeviceId, LastUse>>);

impl DeviceUses {
    /// A key was used.
    pub(super) fn note(&self, device: DeviceId, address: IpAddr, user_agent: &str, now: Moment) {
        let mut uses = self.uses();
        if let Some(last) = uses.get_mut(&device)
            && last.address == address
            && is_shown_as(&last.user_agent, user_agent)
        {
            last.is_unsaved |= last.at.minute() != now.minute();
            if last.is_unsaved {
                last.at = now;
            }
            return;
        }
        let user_agent = shown(user_agent).collect();
        uses.insert(device, LastUse { address, user_agent, at: now, is_unsaved: true });
    }

    /// What the store does not know yet; from now on it counts as told.
    pub(super) fn unsaved(&self) -> Vec<(DeviceId, DeviceUse)> {
        let mut uses = self.uses();
        let row = |last: &LastUse| DeviceUse {
            at: last.at.unix(),
            from: last.address.to_string(),
            user_agent: last.user_agent.clone(),
        };
        let fresh = |last: &mut LastUse| std::mem::take(&mut last.is_unsaved);
        uses.iter_mut().filter_map(|(device, last)| fresh(last).then(|| (*device, row(last)))).collect()
    }

    /// The store was not reached: the use has to be saved again.
    pub(super) fn not_saved(&self, devices: impl IntoIterator<Item = DeviceId>) {
        let mut uses = self.uses();
        for device in devices {
            if let Some(last) = uses.get_mut(&device) {
                last.is_unsaved = true;
            }
        }
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<DeviceId, LastUse>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is kept of a name: its first characters, without control characters.
fn shown(user_agent: &str) -> impl Iterator<Item = char> {
    user_agent.chars().filter(|letter| !letter.is_control()).take(USER_AGENT_CHARS_MAX)
}

fn is_shown_as(kept: &str, user_agent: &str) -> bool {
    kept.chars().eq(shown(user_agent))
}

/// Lets one log line a minute through.
#[derive(Default)]
pub(super) struct OncePerMinute(AtomicI64);

impl OncePerMinute {
    /// Whether the line may be logged now.
    pub(super) fn is_due(&self, now: Moment) -> bool {
        self.0.swap(now.minute(), Ordering::Relaxed) != now.minute()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_told_once_a_minute_and_when_it_is_another_one() {
        let uses = DeviceUses::default();
        let device = DeviceId::new(7).expect("an id");
        let (desk, hall) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let now = Moment::from_unix(1_700_000_000);
        let told = |seconds, address, agent: &str| {
            uses.note(device, address, agent, now.plus(seconds));
            uses.unsaved().len()
        };
        assert_eq!([told(0, desk, "Yealink"), told(1, desk, "Yealink"), told(2, hall, "Yealink")], [1, 0, 1]);
        assert_eq!([told(3, hall, "Snom"), told(4, hall, "Snom"), told(64, hall, "Snom")], [1, 0, 1]);
        uses.not_saved([device]);
        assert_eq!(uses.unsaved()[0].1.at, now.plus(64).unix());
        assert_eq!(told(65, hall, &format!("a\u{1b}{}", "b".repeat(500))), 1);
        assert_eq!(told(66, hall, &format!("a\u{1b}{}", "b".repeat(900))), 0, "what is kept is the same");
    }
}
