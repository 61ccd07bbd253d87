//! TLS to the database: whose certificate is good.

use std::sync::Arc;

use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
};

use super::address::{Address, Secrecy};
use crate::store::StoreFault;

/// What makes TLS of a connection, as the address wants it.
pub(super) fn connector(address: &Address) -> Result<MakeRustlsConnect, StoreFault> {
    let provider = Arc::new(ring::default_provider());
    let trust = trust(address, &provider)?;
    let judge = Arc::new(Judge { trust, provider: Arc::clone(&provider) });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(StoreFault::unavailable)?
        .dangerous()
        .with_custom_certificate_verifier(judge)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn trust(address: &Address, provider: &Arc<CryptoProvider>) -> Result<Trust, StoreFault> {
    let verifier = || {
        let roots = Arc::new(roots(address)?);
        let builder = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider));
        builder.build().map_err(StoreFault::unavailable)
    };
    match address.secrecy {
        Secrecy::Disable | Secrecy::Prefer => Ok(Trust::Anybody),
        Secrecy::Require if address.roots.is_none() => Ok(Trust::Anybody),
        Secrecy::Require | Secrecy::VerifyCa => verifier().map(Trust::Issuer),
        Secrecy::VerifyFull => verifier().map(Trust::IssuerAndName),
    }
}

/// The certificates of a file, or those that the system trusts.
fn roots(address: &Address) -> Result<RootCertStore, StoreFault> {
    let mut roots = RootCertStore::empty();
    let Some(path) = address.roots.as_ref().filter(|path| path.as_os_str() != "system") else {
        let (known, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        return if known > 0 { Ok(roots) } else { Err(StoreFault::unavailable(NO_ROOTS)) };
    };
    let unread = |cause: &dyn std::fmt::Display| {
        let path = path.display();
        StoreFault::unavailable(format_args!("sslrootcert {path}: {cause}; name a PEM file of certificates"))
    };
    for certificate in CertificateDer::pem_file_iter(path).map_err(|cause| unread(&cause))? {
        roots.add(certificate.map_err(|cause| unread(&cause))?).map_err(|cause| unread(&cause))?;
    }
    if roots.is_empty() { Err(unread(&"it holds no certificate")) } else { Ok(roots) }
}

const NO_ROOTS: &str = "the system has no certificates to trust: install ca-certificates, or name a file of them with \
                        sslrootcert in the URL of --database";

/// Whose certificates are good.
#[derive(Debug)]
enum Trust {
    Anybody,
    Issuer(Arc<WebPkiServerVerifier>),
    IssuerAndName(Arc<WebPkiServerVerifier>),
}

/// Judges the certificate of the server.
#[derive(Debug)]
struct Judge {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Judge {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.trust {
            Trust::Anybody => Ok(ServerCertVerified::assertion()),
            Trust::IssuerAndName(verifier) => verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now),
            Trust::Issuer(verifier) => match verifier.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
                // The name is looked at last, when all else was found good.
                Err(Error::InvalidCertificate(
                    CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
                )) => Ok(ServerCertVerified::assertion()),
                verdict => verdict,
            },
        }
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
