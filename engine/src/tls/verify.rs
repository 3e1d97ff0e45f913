//! What both ends of TLS share: holding a chain against authorities, and accepting any certificate of an upstream (Kong's
//! default, `tls_verify = false`).
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;
use webpki::{EndEntityCert, KeyUsage, VerifiedPath};

/// Whether a way leads from a certificate to one of the authorities, with at most `depth` certificates in between.
pub fn within(
    (own, between): (&CertificateDer<'_>, &[CertificateDer<'_>]),
    (authorities, depth): (&RootCertStore, usize),
    algorithms: WebPkiSupportedAlgorithms,
    usage: KeyUsage,
    now: UnixTime,
) -> Result<(), webpki::Error> {
    let is_near = |path: &VerifiedPath<'_>| {
        let length = path.intermediate_certificates().count();
        if length > depth { Err(webpki::Error::MaximumPathDepthExceeded) } else { Ok(()) }
    };
    let (certificate, roots) = (EndEntityCert::try_from(own)?, &authorities.roots);
    certificate.verify_for_usage(algorithms.all, roots, between, now, usage, None, Some(&is_near))?;
    Ok(())
}

/// Checks that the peer owns the key of its certificate, not who it is.
#[derive(Debug)]
pub struct Anyone(pub Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
