//! Who calls with a device key, and whether the call may be answered.

use std::net::IpAddr;
use std::sync::Arc;

use ringbook_clock::Moment;
use ringbook_store::{AccountId, DeviceId};

use super::device::{Device, normal};
use super::quota::LimitKind;
use super::secret::TokenHash;
use super::snapshot::Account;
use super::{Access, AccessError};

/// Whom a device key belongs to, as the directory was when the request came.
#[derive(Debug, Clone)]
pub struct DeviceIdentity {
    /// The key.
    pub device: Arc<Device>,
    /// The customer's account.
    pub account: Arc<Account>,
}

/// A request with a device key that may be answered. Only [`Access::admit_device`] makes one.
#[derive(Debug)]
pub struct DeviceCaller(DeviceIdentity);

impl DeviceCaller {
    /// The key.
    pub const fn device(&self) -> &Arc<Device> {
        &self.0.device
    }
}

impl Access {
    /// Whose key this is. Asks nobody: keys are held in memory.
    ///
    /// # Errors
    /// [`AccessError::TokenInvalid`]: it is no device key, a token of the API perhaps; that is logged.
    pub fn identify_device(&self, key: &str, now: Moment) -> Result<DeviceIdentity, AccessError> {
        let directory = self.directory();
        let found = normal(key).and_then(|key| directory.devices.get(&TokenHash::of(&key)).map(Arc::clone));
        let Some(device) = found else {
            if key.len() <= super::TOKEN_BYTES_MAX
                && let Some(token) = directory.keys.get(&TokenHash::of(key))
                && self.misused_keys.is_due(now)
            {
                tracing::warn!(key = token.id.number(), "an access key was used as a device key: refused");
            }
            return Err(AccessError::TokenInvalid);
        };
        let account = directory.accounts.get(&AccountId::Customer(device.customer)).map(Arc::clone);
        let account = account.ok_or(AccessError::TokenInvalid)?;
        Ok(DeviceIdentity { device, account })
    }

    /// Logs that a device key came where tokens belong, if it did.
    pub(super) fn note_device_misuse(&self, token: &str, now: Moment) {
        let device = normal(token).and_then(|key| self.directory().devices.get(&TokenHash::of(&key)).map(Arc::clone));
        if let Some(device) = device.filter(|_| self.misused_devices.is_due(now)) {
            tracing::warn!(device = device.id.number(), "a device key was used as an access token: refused");
        }
    }

    /// The key with this id, for a front end that knows its devices by their addresses.
    ///
    /// # Errors
    /// [`AccessError::TokenInvalid`]: there is none.
    pub fn device(&self, id: DeviceId) -> Result<DeviceIdentity, AccessError> {
        let directory = self.directory();
        let device = directory.devices_by_id.get(&id).map(Arc::clone).ok_or(AccessError::TokenInvalid)?;
        let account = directory.accounts.get(&AccountId::Customer(device.customer)).map(Arc::clone);
        Ok(DeviceIdentity { device, account: account.ok_or(AccessError::TokenInvalid)? })
    }

    /// Lets a request through, or says why not: first the key, then the account, the address, the limit. `user_agent` is
    /// what the device calls itself, for the list of keys.
    ///
    /// # Errors
    /// The first of these that does not hold.
    pub fn admit_device(
        &self,
        identity: &DeviceIdentity,
        peer: IpAddr,
        user_agent: &str,
        now: Moment,
    ) -> Result<DeviceCaller, AccessError> {
        let DeviceIdentity { device, account } = identity;
        if device.is_blocked {
            return Err(AccessError::TokenBlocked);
        }
        if device.expires_at.is_some_and(|at| at <= now) {
            return Err(AccessError::TokenExpired);
        }
        let address = peer.to_canonical();
        super::account_is_open(account, address)?;
        if !device.blocks.is_empty() && !device.blocks.iter().any(|block| block.contains(address)) {
            return Err(AccessError::AddressNotAllowed { address });
        }
        let point = device.counter.take(device.limits, now);
        point.map_err(|(per, max): (LimitKind, u64)| AccessError::LimitExceeded { per, max })?.keep();
        self.device_uses.note(device.id, address, user_agent, now);
        Ok(DeviceCaller(identity.clone()))
    }
}
