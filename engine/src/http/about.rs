//! What a line of the error log says about the request that it concerns.
use std::net::IpAddr;

use crate::exchange::Exchange;

pub struct About {
    pub id: String,
    pub client: IpAddr,
    /// Method and path; queries may hold secrets.
    pub request: String,
    pub route: Option<String>,
    pub service: Option<String>,
    pub consumer: Option<String>,
}

impl About {
    pub fn of(exchange: &Exchange) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let request = &exchange.request;
        let path = request.target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default();
        let named = |id: &str, name: Option<&str>| name.unwrap_or(id).to_owned();
        let consumer = exchange.consumer.as_ref();
        Self {
            id: text(&request.id),
            client: request.client.ip().to_canonical(),
            request: format!("{} {}", text(&request.method), text(path).escape_debug()),
            route: exchange.route().map(|route| named(&route.id, route.name.as_deref())),
            service: exchange.service.as_ref().map(|service| named(&service.id, service.name.as_deref())),
            consumer: consumer.map(|consumer| named(consumer.id(), consumer.text("username").as_deref())),
        }
    }
}

/// Logs a line about a request: `tell!(warn, &exchange, field = value, "message")`.
macro_rules! tell {
    ($level:ident, $exchange:expr, $($message:tt)+) => {{
        let about = $crate::http::about::About::of($exchange);
        tracing::$level!(
            request_id = about.id,
            client = %about.client,
            request = about.request,
            route = about.route,
            service = about.service,
            consumer = about.consumer,
            $($message)+
        );
    }};
}

pub(crate) use tell;
