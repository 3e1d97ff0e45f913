//! Kong's error bodies: JSON, HTML, XML or plain text, by what the client accepts.
use bytes::Bytes;

use crate::settings::Settings;

/// A form of error bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Json,
    Html,
    Xml,
    Plain,
}

impl Form {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Xml => "application/xml; charset=utf-8",
            Self::Plain => "text/plain; charset=utf-8",
        }
    }

    /// The form for an Accept header (or a Content-Type): the acceptable type of the highest quality, the first of
    /// equals; JSON when there is none, or it has no form of its own.
    pub fn accepted(accept: &[u8]) -> Self {
        let mut best = (0.0, Self::Json);
        for item in accept.split(|byte| *byte == b',') {
            let mut parts = item.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
            let media = parts.next().unwrap_or_default();
            if !is_media_type(media) {
                continue;
            }
            let quality = parts.find_map(quality).unwrap_or(1.0);
            if quality > best.0 {
                best = (quality, Self::of_media_type(media));
            }
        }
        best.1
    }

    /// The form that a Content-Type says, if it is one of them.
    pub fn named(content_type: &[u8]) -> Option<Self> {
        let all = [Self::Json, Self::Html, Self::Xml, Self::Plain];
        all.into_iter().find(|form| media(form.content_type().as_bytes()) == media(content_type))
    }

    fn of_media_type(media: &[u8]) -> Self {
        match media.to_ascii_lowercase().as_slice() {
            b"text/html" => Self::Html,
            b"application/xml" => Self::Xml,
            b"text/plain" | b"text/*" => Self::Plain,
            _ => Self::Json,
        }
    }
}

fn is_media_type(media: &[u8]) -> bool {
    media.iter().position(|byte| *byte == b'/').is_some_and(|slash| slash > 0 && slash + 1 < media.len())
}

/// A Content-Type without its parameters.
fn media(content_type: &[u8]) -> &[u8] {
    content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

fn quality(parameter: &[u8]) -> Option<f64> {
    let equals = parameter.iter().position(|byte| *byte == b'=')?;
    let (name, value) = (parameter[..equals].trim_ascii(), parameter[equals + 1..].trim_ascii());
    if !name.eq_ignore_ascii_case(b"q") {
        return None;
    }
    std::str::from_utf8(value).ok()?.parse().ok().filter(|quality| (0.0..=1.0).contains(quality))
}

/// The message that nginx's own errors carry.
pub fn message(status: u16) -> String {
    let known = match status {
        400 => "Bad request",
        404 => "Not found",
        405 => "Method not allowed",
        408 => "Request timeout",
        411 => "Length required",
        412 => "Precondition failed",
        413 => "Payload too large",
        414 => "URI too long",
        417 => "Expectation failed",
        494 => "Request header or cookie too large",
        500 => "An unexpected error occurred",
        502 => "An invalid response was received from the upstream server",
        503 => "The upstream server is currently unavailable",
        504 => "The upstream server is timing out",
        _ => return format!("The upstream server responded with {status}"),
    };
    known.to_owned()
}

/// Texts with two `%s`: the message, then the request id.
pub struct Templates {
    json: String,
    html: String,
    xml: String,
    plain: String,
    /// The form when a request names none.
    pub default: Form,
}

const JSON: &str = "{\n  \"message\":\"%s\",\n  \"request_id\":\"%s\"\n}";
const HTML: &str = "<!doctype html>\n<html>\n  <head>\n    <meta charset=\"utf-8\">\n    <title>Error</title>\n  \
    </head>\n  <body>\n    <h1>Error</h1>\n    <p>%s.</p>\n    <p>request_id: %s</p>\n  </body>\n</html>\n";
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error>\n  <message>%s</message>\n  \
    <requestid>%s</requestid>\n</error>\n";
const PLAIN: &str = "%s\nrequest_id: %s\n";

impl Templates {
    pub fn new(settings: &Settings) -> Self {
        Self {
            json: template(settings.error_template_json.as_deref(), JSON),
            html: template(settings.error_template_html.as_deref(), HTML),
            xml: template(settings.error_template_xml.as_deref(), XML),
            plain: template(settings.error_template_plain.as_deref(), PLAIN),
            default: Form::accepted(settings.error_default_type.as_bytes()),
        }
    }

    pub fn render(&self, form: Form, message: &str, request_id: &[u8]) -> Bytes {
        let template = match form {
            Form::Json => &self.json,
            Form::Html => &self.html,
            Form::Xml => &self.xml,
            Form::Plain => &self.plain,
        };
        let id = std::str::from_utf8(request_id).unwrap_or_default();
        template.replacen("%s", message, 1).replacen("%s", id, 1).into()
    }
}

/// The file's text, or the built-in one when there is none.
fn template(path: Option<&str>, built_in: &str) -> String {
    let Some(path) = path.filter(|path| !path.is_empty()) else { return built_in.to_owned() };
    std::fs::read_to_string(path).unwrap_or_else(|error| {
        tracing::error!("error template {path}: {error}; using the built-in one");
        built_in.to_owned()
    })
}

/// Whether nginx has a page of its own for a status.
pub fn has_nginx_page(status: u16) -> bool {
    matches!(status, 301..=303 | 307 | 308 | 400..=406 | 408..=416 | 421 | 429 | 500..=505 | 507)
}

/// nginx's page for statuses that no error handler covers.
pub fn nginx_page(status: u16) -> Bytes {
    let name = match super::status_text::reason(status) {
        "Moved Temporarily" => "Found",
        "Unauthorized" => "Authorization Required",
        name => name,
    };
    let title = format!("{status} {name}");
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n\
         </body>\r\n</html>\r\n"
    )
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_by_accept() {
        let cases = [
            ("application/json", Form::Json),
            ("text/html", Form::Html),
            ("text/plain", Form::Plain),
            ("application/xml", Form::Xml),
            ("text/html;q=0.1, application/xml;q=0.9", Form::Xml),
            ("text/html, application/xml", Form::Html),
            ("*/*", Form::Json),
            ("image/webp", Form::Json),
            ("text/html;q=0.5, image/webp;q=0.9", Form::Json),
            ("application/json;q=0.9, text/html, text/plain;q=0.9", Form::Html),
            ("text/plain;q=0.7, application/json;q=0.8, text/html;q=0.5", Form::Json),
            ("application/xml, text/html;q=5", Form::Xml),
            ("", Form::Json),
            ("text/*", Form::Plain),
            ("application/*", Form::Json),
            ("text/html; charset=utf-8", Form::Html),
            ("text/html;q=0.5, image/webp", Form::Json),
        ];
        for (accept, form) in cases {
            assert_eq!(Form::accepted(accept.as_bytes()), form, "{accept}");
        }
    }
}
