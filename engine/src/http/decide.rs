//! From a parsed request to its end: route, plugins, upstream or own answer, log.
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use gopura_http1::{Framing, Headers, fold_host};
use gopura_router::Verdict;

use super::client::{Broken, Client, flush};
use super::errors::{error, nginx_error, nginx_response, refused};
use super::forward::{Forwarded, remove_asserted};
use super::path::{EncodedSlashes, has_slash};
use super::{debug, filter, grpc, hop_by_hop, proxy, reply};
use crate::exchange::{Exchange, Response, Source, Version};
use crate::phases::{self, Flow, Phase};
use crate::shared::Shared;
use crate::{access_log, real_ip};

/// Serves one request to its end.
pub async fn run<C: Client>(client: &mut C, mut exchange: Box<Exchange>, shared: &Arc<Shared>) {
    remove_asserted(&mut exchange.request.headers);
    real_ip::apply(&mut exchange.request, shared);
    hop_by_hop::leave_client(&mut exchange, shared);
    exchange.request.bodiless = matches!(client.framing(), Framing::Empty | Framing::Length(0));
    debug::take_question(&mut exchange, shared);
    let (exchange, done) = match answer(client, exchange, shared).await {
        (mut exchange, Next::Proxy) => {
            exchange.proxied = true;
            exchange.timing.access_ended = Some(Instant::now());
            proxy::run(client, exchange, shared).await
        }
        (exchange, Next::Answer(response)) => send(client, exchange, response, shared).await,
    };
    finish(client, exchange, done, shared).await;
}

/// Answers a request that could not be understood.
pub async fn refuse<C: Client>(client: &mut C, exchange: Box<Exchange>, status: u16, shared: &Arc<Shared>) {
    let response = refused(&exchange, status, shared);
    let (exchange, done) = send(client, exchange, response, shared).await;
    finish(client, exchange, done, shared).await;
}

/// The log phase and the access log.
async fn finish<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    done: Result<(), Broken>,
    shared: &Arc<Shared>,
) {
    if done.is_err() {
        client.abort();
    }
    exchange.timing.finished = Some(Instant::now());
    (exchange.received, exchange.sent) = client.traffic();
    let status = match &exchange.response {
        Some(response) => response.status,
        None => done.err().map_or(499, |broken| broken.status()),
    };
    access_log::write(&shared.access_log, &exchange, status);
    debug::log(&exchange);
    if exchange.phases.has(Phase::Log) {
        phases::log(exchange).await;
    }
}

enum Next {
    Proxy,
    Answer(Response),
}

/// Everything before the upstream.
async fn answer<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    shared: &Arc<Shared>,
) -> (Box<Exchange>, Next) {
    if let Some(status) = refused_by_nginx(client, &exchange, shared) {
        let response = nginx_error(&exchange, status, shared);
        return (exchange, Next::Answer(response));
    }
    if exchange.snapshot.chains.globals.has(Phase::Rewrite) {
        match phases::rewrite(client, exchange, shared).await {
            (same, Flow::Continue) => exchange = same,
            (same, Flow::Respond(response)) => return (same, Next::Answer(response)),
        }
    }
    debug::rewritten(&mut exchange);
    if let Err(response) = route(&mut exchange, shared) {
        return (exchange, Next::Answer(response));
    }
    access(client, exchange, shared).await
}

/// Method and body size are nginx's to refuse, before any phase; so are paths that can be read in two ways.
fn refused_by_nginx<C: Client>(client: &C, exchange: &Exchange, shared: &Shared) -> Option<u16> {
    if matches!(&exchange.request.method[..], b"TRACE" | b"CONNECT") {
        return Some(405);
    }
    if exchange.slashes == EncodedSlashes::Reject && has_slash(&exchange.request.path) {
        return Some(400);
    }
    let limit = shared.settings.nginx_http_client_max_body_size.0;
    match client.framing() {
        Framing::Length(length) if limit > 0 && length > limit => Some(413),
        _ => None,
    }
}

async fn access<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    shared: &Arc<Shared>,
) -> (Box<Exchange>, Next) {
    if exchange.chain.take().is_some() {
        match phases::access(client, exchange, shared).await {
            (same, Flow::Continue) => exchange = same,
            (same, Flow::Respond(response)) => return (same, Next::Answer(response)),
        }
    }
    if exchange.service.is_none() {
        let response = error(&exchange, 503, "no Service found with those values", shared);
        return (exchange, Next::Answer(response));
    }
    (exchange, Next::Proxy)
}

struct Fields<'a>(&'a Headers);

impl gopura_router::Headers for Fields<'_> {
    fn any(&self, name: &str, test: &mut dyn FnMut(&[u8]) -> bool) -> bool {
        self.0.get_all(name).any(|value| test(value))
    }
}

/// Finds the route and prepares what goes upstream, or answers.
fn route(exchange: &mut Exchange, shared: &Shared) -> Result<(), Response> {
    let snapshot = exchange.snapshot.clone();
    let request = &exchange.request;
    // An expression says itself how it compares.
    let folds = shared.settings.router_flavor != "expressions";
    let host = if folds { fold_host(&request.authority) } else { Cow::Borrowed(&request.authority[..]) };
    let seen = gopura_router::Request {
        method: &request.method,
        host: (!host.is_empty()).then_some(&host),
        path: &request.path,
        query: request.query.as_deref().unwrap_or_default(),
        scheme: match request.scheme {
            crate::exchange::Scheme::Http => gopura_router::Scheme::Http,
            crate::exchange::Scheme::Https => gopura_router::Scheme::Https,
        },
        sni: request.sni.as_ref().map(|sni| sni.as_bytes()),
        headers: &Fields(&request.headers),
    };
    let Some(found) = snapshot.router.find(&seen) else {
        return Err(error(exchange, 404, "no Route matched with those values", shared));
    };
    let forwarded = Forwarded::new(exchange, found.prefix(&request.path));
    let content_type = request.headers.get("content-type").map(|value| &value[..]);
    let served = snapshot.served.get(found.slot).and_then(|served| served.as_ref());
    let verdict = match served {
        Some(served) if served.plain => Verdict::Proceed,
        _ => found.verdict(forwarded.is_https(), request.version == Version::Http2, content_type),
    };
    exchange.slot = served.map(|_| found.slot);
    exchange.service = served.and_then(|served| served.service.clone());
    exchange.chain = served.filter(|served| !served.chain.is_empty()).map(|served| served.chain.clone());
    if verdict != Verdict::Proceed {
        return Err(wrong_protocol(exchange, &forwarded, verdict, shared));
    }
    if let Some(service) = &exchange.service {
        let mut path = Vec::with_capacity(exchange.request.path.len() + 16);
        found.upstream_path(
            &mut path,
            &exchange.request.path,
            service.path.as_deref().unwrap_or("/").as_bytes(),
        );
        let outgoing = &mut exchange.outgoing;
        outgoing.path = path.into();
        outgoing.scheme = Some(service.target.scheme);
        outgoing.host = service.target.host.clone();
        outgoing.port = service.port;
        if found.route.preserve_host {
            outgoing.host_header = Some(exchange.request.authority.clone());
        }
    }
    exchange.captures = captures(&found.captures(&exchange.request.path));
    exchange.outgoing.forwarded = forwarded;
    Ok(())
}

fn captures(found: &[gopura_router::Capture<'_, '_>]) -> Vec<(String, Bytes)> {
    let value = |capture: &gopura_router::Capture<'_, '_>| Bytes::copy_from_slice(capture.value);
    let numbered = found.iter().map(|capture| (capture.number.to_string(), value(capture)));
    let named = found.iter().filter_map(|capture| Some((capture.name?.to_owned(), value(capture))));
    numbered.chain(named).collect()
}

/// The answer when the route does not speak the request's protocol.
fn wrong_protocol(exchange: &Exchange, forwarded: &Forwarded, verdict: Verdict, shared: &Shared) -> Response {
    let (status, text, upgrade) = match verdict {
        Verdict::Redirect(status) => return redirect(exchange, forwarded, status),
        Verdict::UseHttps => (426, "Please use HTTPS protocol", Some("TLS/1.2, HTTP/1.1")),
        Verdict::UseHttp2 => (426, "Please use HTTP2 protocol", Some("HTTP/2")),
        Verdict::UseGrpcs => return use_grpcs(),
        Verdict::NotGrpc | Verdict::Proceed => (415, "Non-gRPC request matched gRPC route", None),
    };
    let mut response = error(exchange, status, text, shared);
    if let Some(upgrade) = upgrade {
        response.headers.append("Upgrade", upgrade);
    }
    response
}

fn redirect(exchange: &Exchange, forwarded: &Forwarded, status: u16) -> Response {
    let mut response = nginx_response(status);
    response.source = Source::Exit;
    response
        .headers
        .append("Location", [b"https://", &forwarded.host[..], &exchange.request.target].concat());
    response
}

fn use_grpcs() -> Response {
    let mut headers = Headers::default();
    headers.append("grpc-status", "1");
    headers.append("grpc-message", "gRPC request matched gRPCs route");
    grpc::answer(200, None, headers, Source::Exit)
}

/// Sends an answer of the gateway or of a plugin, downstream phases included.
pub async fn send<C: Client>(
    client: &mut C,
    mut exchange: Box<Exchange>,
    response: Response,
    shared: &Arc<Shared>,
) -> (Box<Exchange>, Result<(), Broken>) {
    exchange.response = Some(response);
    filter::begin(&mut exchange);
    if exchange.phases.has(Phase::HeaderFilter) {
        exchange = phases::header_filter(exchange, shared).await;
    }
    let body = exchange.response.as_mut().and_then(|response| response.body.take()).unwrap_or_default();
    let (mut exchange, body) = filter::whole(exchange, body).await;
    let Some(body) = body else { return (exchange, Err(Broken::Gone)) };
    filter::add_headers(&mut exchange, shared);
    let status = exchange.response.as_ref().map_or(500, |response| response.status);
    let framing = reply::framing(status, Framing::Length(body.len() as u64));
    client.start(&exchange, framing);
    if framing != Framing::Empty {
        client.push(&body);
        exchange.body_sent = body.len() as u64;
    }
    client.finish(b"");
    let done = flush(client).await;
    (exchange, done)
}
