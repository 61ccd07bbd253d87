//! TLS options: a start with certificate files, a reload of changed files, invalid files.

use std::path::Path;
use std::sync::Arc;

use ringbook_testbed::http_client::{HttpClient, WAIT_MAX, connect_socket, post};
use serde_json::json;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::harness::{Server, added, eventually, outcome, place, program};
use super::stores::named;

const ONE: (&str, &str) =
    (include_str!("../../../http/src/tests/one.pem"), include_str!("../../../http/src/tests/one.key"));
const TWO: (&str, &str) =
    (include_str!("../../../http/src/tests/two.pem"), include_str!("../../../http/src/tests/two.key"));

type Tls = StreamOwned<ClientConnection, std::net::TcpStream>;

fn hold(place: &Path, (certificate, key): (&str, &str)) {
    std::fs::write(place.join("cert.pem"), certificate).expect("written");
    std::fs::write(place.join("key.pem"), key).expect("written");
}

/// A TLS connection that trusts this certificate only.
fn connect(server: &Server, name: &'static str, pem: &str) -> std::io::Result<HttpClient<Tls>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).expect("a certificate")).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name).expect("a name");
    let mut client = ClientConnection::new(Arc::new(config), name).map_err(std::io::Error::other)?;
    let mut stream = connect_socket(server.address);
    while client.is_handshaking() {
        client.complete_io(&mut stream)?;
    }
    Ok(HttpClient::new(StreamOwned::new(client, stream)))
}

fn is_answered(client: &mut HttpClient<Tls>) {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "get.account", "params": {"access_token": "x"}});
    assert_eq!(outcome(&client.request(post(body.to_string())).json()), "access_token_invalid");
}

#[test]
fn certificates_are_reloaded_without_interrupting_calls() {
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add Nobody");
    hold(root.path(), ONE);
    let path = |name: &str| root.path().join(name).display().to_string();
    let server = Server::serve(&data, &["--tls-cert", &path("cert.pem"), "--tls-key", &path("key.pem")]);
    assert!(server.startup_line.starts_with("listening on https://127.0.0.1:"), "{}", server.startup_line);
    let mut old = connect(&server, "one.test", ONE.0).expect("a connection");
    is_answered(&mut old);
    // A certificate and a key that do not match are not loaded.
    hold(root.path(), (TWO.0, ONE.1));
    server.signal("HUP");
    server.wait_for_log("keeping the old certificate");
    is_answered(&mut connect(&server, "one.test", ONE.0).expect("a connection"));
    hold(root.path(), TWO);
    server.signal("HUP");
    eventually(WAIT_MAX, "the new certificate", || connect(&server, "two.test", TWO.0).is_ok());
    assert!(connect(&server, "one.test", ONE.0).is_err());
    is_answered(&mut connect(&server, "two.test", TWO.0).expect("a connection"));
    is_answered(&mut old);
    server.stop();
}

#[test]
fn a_start_with_invalid_files_names_them() {
    let root = place();
    let data = root.path().join("data");
    added(&data, "customer add Nobody");
    hold(root.path(), ("nothing", ONE.1));
    let (certificate, key) = (root.path().join("cert.pem"), root.path().join("key.pem"));
    let mut command = program(["serve", "--listen", "127.0.0.1:0"]);
    command.args(named(&data)).arg("--tls-cert").arg(&certificate).arg("--tls-key").arg(&key);
    let output = command.output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0));
    assert!(text.contains("cert.pem"), "{text}");
}
