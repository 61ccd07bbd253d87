//! TLS to the database: whose certificate is good.

use std::sync::Arc;

use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::address::{Address, TlsMode};
use crate::StoreError;

/// What makes TLS of a connection, as the address wants it.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, StoreError> {
    let provider = Arc::new(ring::default_provider());
    let judge = Arc::new(Judge { trust: trust(address)?, provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StoreError::unavailable)?
        .dangerous()
        .with_custom_certificate_verifier(judge)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn trust(address: &Address) -> Result<Trust, StoreError> {
    match address.tls {
        TlsMode::Disable | TlsMode::Prefer => Ok(Trust::Anybody),
        TlsMode::Require if address.roots.is_none() => Ok(Trust::Anybody),
        TlsMode::Require | TlsMode::VerifyCa => roots(address).map(Trust::Issuers),
        TlsMode::VerifyFull => roots(address).map(Trust::IssuersAndName),
    }
}

/// Those who are trusted: the certificates of a file, or those that the system trusts.
#[derive(Debug)]
struct Roots {
    issuers: RootCertStore,
    /// Those of the file themselves: a server may show one of them, which need not have an issuer then.
    certificates: Vec<CertificateDer<'static>>,
}

fn roots(address: &Address) -> Result<Roots, StoreError> {
    let mut issuers = RootCertStore::empty();
    let Some(path) = address.roots.as_ref().filter(|path| path.as_os_str() != "system") else {
        let (known, _) = issuers.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let roots = Roots { issuers, certificates: Vec::new() };
        return if known > 0 { Ok(roots) } else { Err(StoreError::unavailable(NO_ROOTS)) };
    };
    let unread = |cause: &dyn std::fmt::Display| {
        let path = path.display();
        StoreError::unavailable(format_args!("sslrootcert {path}: {cause}; name a PEM file of certificates"))
    };
    let read = CertificateDer::pem_file_iter(path).map_err(|cause| unread(&cause))?;
    let certificates = read.collect::<Result<Vec<_>, _>>().map_err(|cause| unread(&cause))?;
    for certificate in &certificates {
        issuers.add(certificate.clone()).map_err(|cause| unread(&cause))?;
    }
    if issuers.is_empty() { Err(unread(&"it holds no certificate")) } else { Ok(Roots { issuers, certificates }) }
}

const NO_ROOTS: &str = "the system has no certificates to trust: install ca-certificates, or name a file of them with \
                        sslrootcert in the URL of --database";

/// Whose certificates are good.
#[derive(Debug)]
enum Trust {
    Anybody,
    Issuers(Roots),
    IssuersAndName(Roots),
}

/// Judges the certificate of the server.
#[derive(Debug)]
struct Judge {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl Judge {
    fn is_known(
        &self,
        roots: &Roots,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        if roots.certificates.iter().any(|certificate| certificate == shown) {
            return Ok(());
        }
        let algorithms = self.provider.signature_verification_algorithms.all;
        let parsed = ParsedCertificate::try_from(shown)?;
        verify_server_cert_signed_by_trust_anchor(&parsed, &roots.issuers, between, now, algorithms)
    }
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.trust {
            Trust::Anybody => {}
            Trust::Issuers(roots) => self.is_known(roots, shown, between, now)?,
            Trust::IssuersAndName(roots) => {
                self.is_known(roots, shown, between, now)?;
                verify_server_name(&ParsedCertificate::try_from(shown)?, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
