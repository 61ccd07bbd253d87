//! The front ends for telephones and switches, put together: what they are told, and what they listen on.

use std::net::SocketAddr;
use std::sync::Arc;

use ringbook_app::application::Application;
use ringbook_http::{Listener, Mount, Mounts, Protocol};
use ringbook_phones::Settings;
use tokio::net::TcpListener;

use crate::config::DeviceAccess;

/// The sockets of the front ends, taken before the server is ready.
pub struct DeviceListeners {
    phones: Option<(TcpListener, SocketAddr)>,
}

impl DeviceListeners {
    /// Takes the addresses.
    ///
    /// # Errors
    /// One of them cannot be had.
    pub async fn take(access: &DeviceAccess) -> std::io::Result<Self> {
        let phones = match access.phones_listen {
            Some(address) => Some(crate::serve::listen(&address.to_string()).await?),
            None => None,
        };
        Ok(Self { phones })
    }

    /// The settings of the front ends; `api` is where the API is reached if the operator does not say it.
    pub fn settings(&self, access: &DeviceAccess, api: &str) -> Settings {
        let own = self.phones.as_ref().map(|(_, bound)| format!("http://{bound}"));
        let public_url = access.public_url.clone().or(own).unwrap_or_else(|| api.to_owned());
        Settings { public_url, keeps_numbers: access.keeps_numbers }
    }

    /// The mounts of the front ends on the API's listener, and listeners of their own.
    pub fn build(self, app: &Arc<Application>, settings: &Settings) -> (Vec<Mount>, Vec<Listener>) {
        let mounts = ringbook_phones::mounts(Arc::clone(app), settings.clone());
        let phones = self.phones.map(|(socket, bound)| {
            tracing::info!(address = %bound, "answering telephones in plain HTTP");
            let mut mounts = ringbook_phones::mounts(Arc::clone(app), settings.clone()).into_iter();
            let table = mounts.next().map(|first| mounts.fold(Mounts::new(first), Mounts::with));
            table.map(|table| Listener::new(socket, Protocol::Http(table)))
        });
        (mounts, phones.flatten().into_iter().collect())
    }
}
