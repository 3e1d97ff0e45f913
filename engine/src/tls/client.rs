//! The client's side of a TLS connection: asking for its certificate, and what it showed.
use std::borrow::Cow;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ProtocolVersion, RootCertStore, ServerConnection,
    SignatureScheme,
};
use webpki::{EndEntityCert, KeyUsage};

use super::openssl::Facts;
use super::{name, pem, suites, verify};

/// What plugins want of a handshake.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Ask {
    /// Present this chain with its key, both PEM, instead of what the server name leads to.
    pub pair: Option<(String, String)>,
    /// Ask for a certificate, and hint at these authorities: subjects in DER, in order.
    pub certificate: Option<Vec<Vec<u8>>>,
    /// The session shall not be resumed.
    pub once: bool,
}

impl Ask {
    /// Asks for a certificate; hints of several plugins come together.
    pub fn for_certificate(&mut self, authorities: &RootCertStore) {
        let hints = self.certificate.get_or_insert_default();
        hints.extend(authorities.subjects().iter().map(|subject| subject.as_ref().to_vec()));
        hints.sort_unstable();
        hints.dedup();
    }

    /// Whether it differs from what every connection gets.
    pub fn is_special(&self) -> bool {
        *self != Self::default()
    }
}

/// Takes any certificate, or none: plugins judge it later. That the client has its key is always checked.
#[derive(Debug)]
pub struct Asking {
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Asking {
    pub fn new(hints: &[Vec<u8>], provider: &CryptoProvider) -> Arc<Self> {
        let hints = hints.iter().cloned().map(DistinguishedName::from).collect();
        Arc::new(Self { hints, algorithms: provider.signature_verification_algorithms })
    }
}

impl ClientCertVerifier for Asking {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let usual = verify_tls12_signature(message, certificate, signed, &self.algorithms);
        verify::signature(usual, message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let usual = verify_tls13_signature(message, certificate, signed, &self.algorithms);
        if verify::is_old(signed.scheme) {
            return usual;
        }
        verify::signature(usual, message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// What is known of a client once the handshake is done.
#[derive(Debug)]
pub struct Client {
    /// As OpenSSL names it: `TLSv1.3`.
    pub version: Cow<'static, str>,
    /// OpenSSL's name of the cipher suite.
    pub cipher: Cow<'static, str>,
    /// Its certificate and those above it; empty when it showed none.
    pub chain: Vec<CertificateDer<'static>>,
}

impl Client {
    pub fn of(session: &ServerConnection) -> Arc<Self> {
        let version = match session.protocol_version() {
            Some(ProtocolVersion::TLSv1_2) => "TLSv1.2",
            _ => "TLSv1.3",
        };
        let cipher = session.negotiated_cipher_suite().map_or("", suites::name);
        let chain = session.peer_certificates().unwrap_or_default();
        let (version, cipher) = (version.into(), cipher.into());
        Arc::new(Self { version, cipher, chain: chain.iter().map(|it| it.clone().into_owned()).collect() })
    }

    /// One that OpenSSL serves: it is asked for no certificate.
    pub fn of_facts(facts: &Facts) -> Arc<Self> {
        let (version, cipher) = (facts.version.clone().into(), facts.cipher.clone().into());
        Arc::new(Self { version, cipher, chain: Vec::new() })
    }

    /// The whole chain; `None` when it showed none.
    pub fn pem(&self) -> Option<String> {
        (!self.chain.is_empty()).then(|| pem::texts(&self.chain))
    }

    /// The subject of its certificate, as RFC 4514 writes it.
    pub fn subject(&self) -> Option<String> {
        let certificate = EndEntityCert::try_from(self.chain.first()?).ok()?;
        name::text(certificate.subject())
    }

    /// Holds its certificate against authorities, with at most `depth` certificates in between.
    pub fn verify(&self, authorities: &RootCertStore, depth: usize) -> Result<(), String> {
        let (own, between) = self.chain.split_first().ok_or("no certificate")?;
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        let usage = KeyUsage::client_auth();
        let verified =
            verify::within((own, between), (authorities, depth), algorithms, usage, UnixTime::now());
        verified.map_err(|error| reason(&error))
    }
}

fn reason(error: &webpki::Error) -> String {
    match error {
        webpki::Error::UnknownIssuer => "unknown authority".to_owned(),
        webpki::Error::CertExpired { .. } => "certificate has expired".to_owned(),
        webpki::Error::CertNotValidYet { .. } => "certificate is not yet valid".to_owned(),
        webpki::Error::MaximumPathDepthExceeded => "certificate chain too long".to_owned(),
        other => other.to_string(),
    }
}

/// The certificates of `ca_certificates` entities.
pub fn authorities<'a>(texts: impl Iterator<Item = &'a str>) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for text in texts {
        roots.add_parsable_certificates(pem::chain(text.as_bytes())?);
    }
    Ok(roots)
}
