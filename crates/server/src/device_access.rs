//! The front ends for telephones and switches, put together: what they are told, and what they listen on.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use ringbook_app::application::Application;
use ringbook_http::{Listener, Mount, Mounts, Protocol, TlsFiles};
use ringbook_ldap::{Ldap, LdapSettings};
use ringbook_phones::Settings;
use tokio::net::TcpListener;

use crate::config::DeviceAccess;

/// A socket and the address that it has.
type Socket = (TcpListener, SocketAddr);

/// The sockets of the front ends, taken before the server is ready.
pub struct DeviceListeners {
    phones: Option<Socket>,
    ldap: Option<Socket>,
    ldaps: Option<Socket>,
}

/// The names that requests of devices are counted under.
pub fn methods() -> Vec<&'static str> {
    ringbook_phones::methods().into_iter().chain(ringbook_ldap::METHODS).chain(ringbook_carddav::METHODS).collect()
}

async fn take(address: Option<SocketAddr>) -> io::Result<Option<Socket>> {
    match address {
        Some(address) => crate::listen_address::listen(&address.to_string()).await.map(Some),
        None => Ok(None),
    }
}

impl DeviceListeners {
    /// Takes the addresses.
    ///
    /// # Errors
    /// One of them cannot be had.
    pub async fn take(access: &DeviceAccess) -> io::Result<Self> {
        Ok(Self {
            phones: take(access.phones_listen).await?,
            ldap: take(access.ldap_listen).await?,
            ldaps: take(access.ldaps_listen).await?,
        })
    }

    /// Where they listen: a line for each.
    pub fn addresses(&self) -> Vec<String> {
        let line = |scheme: &str, socket: &Option<Socket>| {
            socket.as_ref().map(|(_, bound)| format!("listening on {scheme}://{bound}"))
        };
        let lines = [("http", &self.phones), ("ldap", &self.ldap), ("ldaps", &self.ldaps)];
        lines.into_iter().filter_map(|(scheme, socket)| line(scheme, socket)).collect()
    }

    /// Where LDAP is answered without TLS.
    pub fn ldap_address(&self) -> Option<SocketAddr> {
        self.ldap.as_ref().map(|(_, bound)| *bound)
    }

    /// The settings of the front ends over HTTP; `api` is where the API is reached if the operator does not say it, and the
    /// client area, if it is switched on.
    pub fn settings(&self, access: &DeviceAccess, api: &str, client_area: bool) -> Settings {
        let own = self.phones.as_ref().map(|(_, bound)| format!("http://{bound}"));
        let public_url = access.public_url.clone().or(own).unwrap_or_else(|| api.to_owned());
        if ["//0.0.0.0:", "//[::]:"].iter().any(|every| public_url.contains(every)) {
            tracing::warn!(
                "links in phone books begin with {public_url}, which no telephone reaches: set --public-url"
            );
        }
        let pages_url = client_area.then(|| access.public_url.clone().unwrap_or_else(|| api.to_owned()));
        Settings { public_url, pages_url, keeps_numbers: access.keeps_numbers }
    }

    /// The mounts of the front ends on the API's listener, and listeners of their own.
    pub fn build(
        self,
        app: &Arc<Application>,
        settings: &Settings,
        ldap: &LdapSettings,
        tls: Option<&Arc<TlsFiles>>,
    ) -> (Vec<Mount>, Vec<Listener>) {
        let of_phones = || ringbook_phones::mounts(Arc::clone(app), settings.clone());
        let phones = self.phones.and_then(|(socket, _)| {
            // Clients of CardDAV know TLS: their passwords stay off the listener without it.
            let mut mounts = of_phones().into_iter();
            let table = mounts.next().map(|first| mounts.fold(Mounts::new(first), Mounts::with))?;
            Some(Listener::new(socket, Protocol::Http(table)))
        });
        let of_ldap = |socket| {
            let protocol = Protocol::stream(Ldap::new(Arc::clone(app), ldap.clone()));
            Listener::new(socket, protocol)
                .connections_max(ringbook_ldap::CONNECTIONS_MAX)
                .connections_per_address_max(ringbook_ldap::CONNECTIONS_PER_ADDRESS_MAX)
        };
        let plain = self.ldap.map(|(socket, _)| of_ldap(socket).with_start_tls(tls.map(Arc::clone)));
        let encrypted = self.ldaps.map(|(socket, _)| of_ldap(socket).with_tls(tls.map(Arc::clone)));
        let mounts = of_phones().into_iter().chain(ringbook_carddav::mounts(Arc::clone(app)));
        (mounts.collect(), [phones, plain, encrypted].into_iter().flatten().collect())
    }
}
