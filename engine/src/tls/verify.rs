//! What both ends of TLS share: holding a chain against authorities, and accepting any certificate of an upstream (Kong's
//! default, `tls_verify = false`).
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::{DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use std::sync::Arc;
use webpki::{EndEntityCert, KeyUsage, RawPublicKeyEntity, VerifiedPath};

use super::der;

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

/// Checks a handshake's signature where `usual` did not: of a certificate that webpki does not read, such as X.509 v1,
/// nothing but the key is looked at. Who it is for has to be nobody's question.
pub fn signature(
    usual: Result<HandshakeSignatureValid, Error>,
    message: &[u8],
    certificate: &CertificateDer<'_>,
    signed: &DigitallySignedStruct,
    algorithms: &WebPkiSupportedAlgorithms,
) -> Result<HandshakeSignatureValid, Error> {
    let error = match usual {
        Err(error) if EndEntityCert::try_from(certificate).is_err() => error,
        other => return other,
    };
    let Some(info) = der::key_info(certificate).map(SubjectPublicKeyInfoDer::from) else { return Err(error) };
    let Ok(key) = RawPublicKeyEntity::try_from(&info) else { return Err(error) };
    let known = algorithms.mapping.iter().find(|known| known.0 == signed.scheme);
    let mut known = known.into_iter().flat_map(|known| known.1);
    let is_valid =
        known.any(|algorithm| key.verify_signature(*algorithm, message, signed.signature()).is_ok());
    if is_valid { Ok(HandshakeSignatureValid::assertion()) } else { Err(error) }
}

/// Whether TLS 1.3 has given the scheme up (RFC 8446, 4.2.3).
pub fn is_old(scheme: SignatureScheme) -> bool {
    use SignatureScheme as S;
    matches!(scheme, S::RSA_PKCS1_SHA1 | S::ECDSA_SHA1_Legacy | S::RSA_PKCS1_SHA256)
        || matches!(scheme, S::RSA_PKCS1_SHA384 | S::RSA_PKCS1_SHA512)
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
        let algorithms = &self.0.signature_verification_algorithms;
        let usual = verify_tls12_signature(message, certificate, signed, algorithms);
        signature(usual, message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        let usual = verify_tls13_signature(message, certificate, signed, algorithms);
        if is_old(signed.scheme) { usual } else { signature(usual, message, certificate, signed, algorithms) }
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
