//! Why TLS came to nothing, in words for people.
use std::io;

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible};

/// Why rustls does not understand an upstream, or refuses it.
pub fn of_upstream(error: &io::Error) -> String {
    match inner(error) {
        Some(error) => words(error, "the upstream"),
        None => error.to_string(),
    }
}

/// Why there is no connection with a client.
pub fn of_client(error: &io::Error) -> String {
    match inner(error) {
        Some(error) => words(error, "the client"),
        None => error.to_string(),
    }
}

/// Whether it is TLS that failed, rather than the connection under it.
pub fn is_of_tls(error: &io::Error) -> bool {
    inner(error).is_some()
}

fn inner(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

fn words(error: &Error, peer: &str) -> String {
    match error {
        Error::InvalidCertificate(reason) => format!("the certificate of {peer} {}", fault(reason)),
        Error::AlertReceived(alert) => format!("{peer} refuses: {}", said(*alert)),
        Error::PeerIncompatible(reason) => {
            format!("{peer} and the gateway have {} in common", lacking(reason))
        }
        Error::NoCertificatesPresented => format!("{peer} shows no certificate"),
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => format!("{peer} does not speak TLS"),
        Error::InappropriateHandshakeMessage { .. } | Error::PeerMisbehaved(_) => {
            format!("{peer} does not keep to TLS: {error}")
        }
        other => other.to_string(),
    }
}

fn fault(reason: &CertificateError) -> &'static str {
    use CertificateError as E;
    match reason {
        E::Expired | E::ExpiredContext { .. } => "has expired",
        E::NotValidYet | E::NotValidYetContext { .. } => "is not valid yet",
        E::Revoked => "is revoked",
        E::UnknownIssuer => "comes from no authority that is believed",
        E::NotValidForName | E::NotValidForNameContext { .. } => {
            "has no subject alternative name that is the server name"
        }
        E::BadSignature => "is not signed with the key that it should be",
        E::InvalidPurpose | E::InvalidPurposeContext { .. } => "is not meant for this side of TLS",
        E::BadEncoding => "is not written as X.509 demands",
        E::Other(_) => "is of an old version, has a key of an unusual kind, or is too far from its authority",
        _ => "or its key is of a kind that is not supported",
    }
}

fn said(alert: AlertDescription) -> &'static str {
    use AlertDescription as A;
    match alert {
        A::HandshakeFailure | A::InsufficientSecurity => "no common cipher, key or signature",
        A::ProtocolVersion => "no common version of TLS",
        A::UnrecognisedName => "it does not know the server name",
        A::CertificateRequired => "it wants a certificate",
        A::BadCertificate | A::UnsupportedCertificate | A::CertificateUnknown => {
            "it does not like the certificate"
        }
        A::CertificateExpired => "the certificate has expired",
        A::CertificateRevoked => "the certificate is revoked",
        A::UnknownCA => "it does not know the authority of the certificate",
        A::AccessDenied => "it denies access",
        A::NoApplicationProtocol => "no common protocol (ALPN)",
        A::InternalError => "it has an error of its own",
        _ => "an alert",
    }
}

fn lacking(reason: &PeerIncompatible) -> &'static str {
    use PeerIncompatible as P;
    match reason {
        P::NoCipherSuitesInCommon => "no cipher suite",
        P::NoKxGroupsInCommon => "no group for the exchange of keys",
        P::NoSignatureSchemesInCommon => "no signature scheme",
        P::ServerDoesNotSupportTls12Or13 | P::Tls12NotOffered | P::Tls13RequiredForQuic => {
            "no version of TLS"
        }
        _ => "not enough of TLS",
    }
}

/// What to do about an upstream that is not believed.
pub fn mend(reason: &str) -> &'static str {
    if reason.contains("not believed") || reason.contains("than allowed") {
        "; mend its certificate, the Service's ca_certificates or tls_verify_depth, or set tls_verify to false"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_of_tls_and_others() {
        let of_tls = io::Error::new(io::ErrorKind::InvalidData, Error::NoCertificatesPresented);
        assert!(is_of_tls(&of_tls));
        for error in [
            io::ErrorKind::ConnectionReset.into(),
            io::Error::new(io::ErrorKind::UnexpectedEof, "tls handshake eof"),
        ] {
            assert!(!is_of_tls(&error), "{error}");
        }
    }
}
