//! Certificate and key from PEM files, exchangeable while the server runs.
//!
//! A reload that fails leaves the old pair in place: a renewal gone wrong must not take the server down.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use super::byte_stream::ByteStream;

/// Why a pair of files cannot be used, and what to do about it.
#[derive(Debug)]
pub struct TlsError {
    file: PathBuf,
    cause: String,
    mend: &'static str,
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.file.display(), self.cause, self.mend)
    }
}

impl std::error::Error for TlsError {}

/// A certificate chain and its key, as last read.
#[derive(Debug)]
pub struct TlsFiles {
    certificate: PathBuf,
    key: PathBuf,
    current: RwLock<Arc<ServerConfig>>,
}

impl TlsFiles {
    /// Reads the files.
    ///
    /// # Errors
    /// When one cannot be read, holds no PEM of its kind, or the two do not belong together.
    pub fn read(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<TlsFiles, TlsError> {
        let (certificate, key) = (certificate.into(), key.into());
        let current = RwLock::new(config(&certificate, &key)?);
        Ok(TlsFiles { certificate, key, current })
    }

    /// Reads the files again; connections made from now on use them.
    ///
    /// # Errors
    /// As [`TlsFiles::read`]; the pair read before stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let fresh = config(&self.certificate, &self.key)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// Encrypts a connection that has begun in the clear.
    ///
    /// # Errors
    /// The handshake fails. It has no bound of its own.
    pub async fn accept(&self, stream: Box<dyn ByteStream>) -> std::io::Result<Box<dyn ByteStream>> {
        let encrypted = TlsAcceptor::from(self.current()).accept(stream).await?;
        Ok(Box::new(encrypted))
    }

    pub(super) fn current(&self) -> Arc<ServerConfig> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&current)
    }
}

fn config(certificate: &Path, key: &Path) -> Result<Arc<ServerConfig>, TlsError> {
    let chain = chain(certificate)?;
    let secret = PrivateKeyDer::from_pem_file(key).map_err(|cause| TlsError {
        file: key.to_path_buf(),
        cause: in_words(&cause, "no private key in it"),
        mend: "give --tls-key a readable PEM file with an unencrypted private key",
    })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, secret))
        .map_err(|cause| unusable(certificate, key, &cause))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let fault = |cause| TlsError {
        file: file.to_path_buf(),
        cause,
        mend: "give --tls-cert a readable PEM file, the server's certificate first",
    };
    let none = "no certificate in it";
    let chain = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|cause| fault(in_words(&cause, none)))?;
    if chain.is_empty() {
        return Err(fault(none.to_owned()));
    }
    Ok(chain)
}

fn in_words(cause: &pem::Error, none: &str) -> String {
    match cause {
        pem::Error::NoItemsFound => none.to_owned(),
        pem::Error::Io(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

fn unusable(certificate: &Path, key: &Path, cause: &rustls::Error) -> TlsError {
    let (file, mend) = match cause {
        rustls::Error::InconsistentKeys(_) => (key, "give the key that belongs to --tls-cert"),
        rustls::Error::InvalidCertificate(_) => (certificate, "give a valid X.509 certificate"),
        _ => (key, "give an RSA, ECDSA or Ed25519 key in PKCS#8, PKCS#1 or SEC1"),
    };
    TlsError { file: file.to_path_buf(), cause: cause.to_string(), mend }
}
