//! Why a name server gave no records, in Kong's words where it has some.
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::{ProtoError, ProtoErrorKind};
use hickory_resolver::{ResolveError, ResolveErrorKind};

/// Whether the name server knows that there are no such records.
pub fn is_absence(error: &ResolveError) -> bool {
    match code(error) {
        Some(code) => matches!(code, ResponseCode::NoError | ResponseCode::NXDomain),
        None => error.is_no_records_found() || error.is_nx_domain(),
    }
}

/// For a log that people read.
pub fn reason(error: &ResolveError) -> String {
    match (code(error), error.proto().map(ProtoError::kind)) {
        (Some(code), _) => format!("dns server error: {} {}", u16::from(code), words(code)),
        (_, Some(ProtoErrorKind::Timeout)) => "dns client error: no name server answers in time".to_owned(),
        (_, Some(ProtoErrorKind::NoConnections)) => {
            "dns client error: no name server can be reached".to_owned()
        }
        (_, Some(ProtoErrorKind::Io(error))) => format!("dns client error: {error}"),
        _ => format!("dns client error: {error}"),
    }
}

/// What the name server said, if it answered.
fn code(error: &ResolveError) -> Option<ResponseCode> {
    let ResolveErrorKind::Proto(error) = error.kind() else { return None };
    match error.kind() {
        ProtoErrorKind::NoRecordsFound { response_code, .. } => Some(*response_code),
        _ => None,
    }
}

fn words(code: ResponseCode) -> &'static str {
    match code {
        ResponseCode::FormErr => "format error",
        ResponseCode::ServFail => "server failure",
        ResponseCode::NXDomain => "name error",
        ResponseCode::NotImp => "not implemented",
        ResponseCode::Refused => "refused",
        _ => "unknown",
    }
}
