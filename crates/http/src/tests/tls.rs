//! TLS, and the exchange of its files.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use ringbook_testbed::async_http_client::AsyncHttpClient;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::super::{HttpSettings, TlsFiles};
use super::client::{BRIEF, Echo, Running, big, post};

const ONE: (&str, &str) = (include_str!("one.pem"), include_str!("one.key"));
const TWO: (&str, &str) = (include_str!("two.pem"), include_str!("two.key"));

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let name = format!("ringbook-tls-{}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    fn hold(&self, (certificate, key): (&str, &str)) {
        fs::write(self.0.join("cert.pem"), certificate).unwrap();
        fs::write(self.0.join("key.pem"), key).unwrap();
    }

    fn read(&self) -> Result<TlsFiles, String> {
        let fault = |fault: super::super::TlsError| fault.to_string();
        TlsFiles::read(self.0.join("cert.pem"), self.0.join("key.pem")).map_err(fault)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

async fn connect(
    server: &Running,
    name: &'static str,
    pem: &str,
) -> std::io::Result<AsyncHttpClient<TlsStream<TcpStream>>> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address).await?;
    let name = ServerName::try_from(name).unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream);
    stream.await.map(AsyncHttpClient::new)
}

#[tokio::test]
async fn calls_go_over_tls_and_files_are_exchanged_under_way() {
    let folder = Folder::new("exchange");
    folder.hold(ONE);
    let files = Arc::new(folder.read().unwrap());
    let tls = Some(Arc::clone(&files));
    let server = Running::start_with(HttpSettings::default(), Echo::default(), tls).await;
    let mut old = connect(&server, "one.test", ONE.0).await.unwrap();
    old.send(post("big")).await;
    assert_eq!(old.read_response().await.body, big().concat());

    folder.hold((TWO.0, ONE.1));
    let fault = files.reload().unwrap_err().to_string();
    assert!(fault.contains("key.pem") && fault.contains("--tls-cert"), "{fault}");
    connect(&server, "one.test", ONE.0).await.unwrap();

    folder.hold(TWO);
    files.reload().unwrap();
    let mut new = connect(&server, "two.test", TWO.0).await.unwrap();
    assert!(connect(&server, "one.test", ONE.0).await.is_err());
    for client in [&mut old, &mut new] {
        client.send(post("x")).await;
        assert_eq!(client.read_response().await.text(), "127.0.0.1:x");
    }
}

#[tokio::test]
async fn a_refusal_arrives_over_tls_while_the_client_sends() {
    let folder = Folder::new("refusal");
    folder.hold(ONE);
    let tls = Some(Arc::new(folder.read().unwrap()));
    let server = Running::start_with(HttpSettings::default(), Echo::default(), tls).await;
    let mut client = connect(&server, "one.test", ONE.0).await.unwrap();
    client.send(post(&"x".repeat(8 << 20))).await;
    assert_eq!(client.read_response().await.status, 413);
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let folder = Folder::new("handshake");
    folder.hold(ONE);
    let settings = HttpSettings { handshake_time_max: BRIEF, ..HttpSettings::default() };
    let tls = Some(Arc::new(folder.read().unwrap()));
    let server = Running::start_with(settings, Echo::default(), tls).await;
    server.connect().await.expect_closed().await;
}

#[test]
fn a_bad_file_is_named_with_its_mend() {
    let folder = Folder::new("bad");
    let fault = folder.read().unwrap_err();
    assert!(fault.contains("cert.pem: No such file"), "{fault}");
    folder.hold(("nothing", ONE.1));
    let fault = folder.read().unwrap_err();
    assert!(fault.contains("cert.pem: no certificate in it; give --tls-cert"), "{fault}");
    folder.hold((ONE.0, ONE.0));
    let fault = folder.read().unwrap_err();
    assert!(fault.contains("key.pem: no private key in it; give --tls-key"), "{fault}");
}
