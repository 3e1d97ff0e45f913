//! Whom the gateway believes when it connects to somebody.
use std::sync::{Arc, OnceLock};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage};

use super::verify::{self, Anyone};
use super::{der, pem};
use crate::settings::Settings;

const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Whom to believe.
pub type Authorities = Arc<[CertificateDer<'static>]>;

/// Believes everybody: Kong's default for upstreams.
pub fn anyone(provider: Arc<CryptoProvider>) -> Arc<dyn ServerCertVerifier> {
    Arc::new(Anyone(provider))
}

/// Believes who has a certificate of these authorities, with at most `depth` certificates in between.
pub fn authorities(
    certificates: &[CertificateDer<'static>],
    depth: usize,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.iter().cloned());
    let (roots, algorithms) = (Arc::new(roots), provider.signature_verification_algorithms);
    let inner = WebPkiServerVerifier::builder_with_provider(roots.clone(), provider)
        .build()
        .map_err(|error| error.to_string())?;
    Ok(Arc::new(Near { inner, roots, algorithms, depth }))
}

/// What `lua_ssl_trusted_certificate` names.
fn trusted(setting: &[String]) -> Result<Authorities, String> {
    let mut found = Vec::new();
    for path in setting {
        let text = pem::read(if path == "system" { SYSTEM } else { path })?;
        found.extend(pem::chain(&text)?);
    }
    Ok(found.into())
}

/// Whom to believe by the settings.
pub struct Trust {
    setting: Vec<String>,
    pub depth: usize,
    roots: OnceLock<Result<Authorities, String>>,
}

impl Trust {
    /// For health checks: `lua_ssl_trusted_certificate`, within `lua_ssl_verify_depth`.
    pub fn of_probes(settings: &Settings) -> Self {
        let setting = settings.lua_ssl_trusted_certificate.clone();
        Self { setting, depth: settings.lua_ssl_verify_depth, roots: OnceLock::new() }
    }

    /// For requests: `nginx_http_proxy_ssl_trusted_certificate`, else as for health checks.
    pub fn of_upstreams(settings: &Settings) -> Self {
        let own = settings.nginx_http_proxy_ssl_trusted_certificate.clone();
        let setting = own.map_or_else(|| settings.lua_ssl_trusted_certificate.clone(), |path| vec![path]);
        Self { setting, depth: settings.nginx_http_proxy_ssl_verify_depth, roots: OnceLock::new() }
    }

    /// Read when they are first needed.
    pub fn roots(&self) -> Result<Authorities, String> {
        self.roots.get_or_init(|| trusted(&self.setting)).clone()
    }
}

#[derive(Debug)]
struct Near {
    inner: Arc<WebPkiServerVerifier>,
    roots: Arc<RootCertStore>,
    algorithms: WebPkiSupportedAlgorithms,
    depth: usize,
}

impl Near {
    /// Whether a certificate is one of the authorities' own: with its key and name, valid now, and for that server.
    /// webpki takes no authority for a server, but OpenSSL does, and self-signed certificates are commonly made so.
    fn is_believed_itself(
        &self,
        certificate: &CertificateDer<'_>,
        server: &ServerName<'_>,
        now: UnixTime,
    ) -> bool {
        let Ok(read) = EndEntityCert::try_from(certificate) else { return false };
        let key = read.subject_public_key_info();
        let is_same = |anchor: &TrustAnchor<'_>| {
            anchor.subject.as_ref() == read.subject()
                && der::value(&key).is_some_and(|found| found.1 == anchor.subject_public_key_info.as_ref())
        };
        self.roots.roots.iter().any(is_same)
            && read.verify_is_valid_for_subject_name(server).is_ok()
            && der::is_valid_at(certificate, now.as_secs()) == Some(true)
    }
}

impl ServerCertVerifier for Near {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified =
            match self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
                Err(error) if self.is_believed_itself(end_entity, server_name, now) => {
                    tracing::debug!("its own authority: {error}");
                    return Ok(ServerCertVerified::assertion());
                }
                other => other?,
            };
        if intermediates.len() > self.depth {
            let (chain, limit) = ((end_entity, intermediates), (&*self.roots, self.depth));
            verify::within(chain, limit, self.algorithms, KeyUsage::server_auth(), now)
                .map_err(|error| CertificateError::Other(OtherError(Arc::new(error))))?;
        }
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}
