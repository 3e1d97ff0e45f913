//! Answers of the gateway itself, in the form that the client accepts.
use bytes::Bytes;
use gopura_http1::Headers;

use super::client::{Broken, limit_of};
use super::error_page::{Form, has_nginx_page, message, nginx_page};
use super::grpc;
use crate::exchange::{Exchange, Response, Source};
use crate::shared::Shared;

/// An error of the gateway, in the form that the client accepts.
pub fn error(exchange: &Exchange, status: u16, text: &str, shared: &Shared) -> Response {
    if grpc::is_call(&exchange.request) {
        return grpc::answer(status, None, Headers::default(), Source::Error);
    }
    let accepted: Vec<_> = exchange.request.headers.get_all("accept").map(|value| &value[..]).collect();
    page(exchange, status, text, Form::accepted(&accepted.join(&b',')), shared)
}

/// An error that a plugin answers with, with its headers; one of these may name the form.
pub fn plugin_error(
    exchange: &Exchange,
    status: u16,
    text: &str,
    given: &Headers,
    shared: &Shared,
) -> Response {
    let form = given.get("content-type").and_then(|media| Form::named(media));
    let mut response = match form {
        Some(form) => page(exchange, status, text, form, shared),
        None => error(exchange, status, text, shared),
    };
    for line in given {
        response.headers.set(line.name.clone(), line.value.clone());
    }
    response.source = Source::Exit;
    response
}

fn page(exchange: &Exchange, status: u16, text: &str, form: Form, shared: &Shared) -> Response {
    let mut headers = Headers::default();
    headers.append("Content-Type", form.content_type());
    let body = shared.templates.render(form, text, &exchange.request.id);
    Response { status, headers, body: Some(body), source: Source::Error }
}

/// An error that nginx finds, or that proxying ends in: Kong's error handler goes by Accept, then Content-Type,
/// then `error_default_type`.
pub fn nginx_error(exchange: &Exchange, status: u16, shared: &Shared) -> Response {
    let request = &exchange.request.headers;
    let named = request.get("accept").or_else(|| request.get("content-type"));
    match status {
        400 | 404 | 405 | 408 | 411 | 412 | 413 | 414 | 417 | 494 | 500 | 502..=504 => {}
        _ => return nginx_response(status),
    }
    if named.is_some_and(|value| grpc::is_grpc(value)) {
        return if grpc::is_call(&exchange.request) {
            grpc::answer(status, Some(message(status).into()), Headers::default(), Source::Error)
        } else {
            bare_error(status, &message(status))
        };
    }
    let form = named.map_or(shared.templates.default, |value| Form::accepted(value));
    page(exchange, status, &message(status), form, shared)
}

/// The answer to a client whose body cannot be had: a plugin that limits it has its own words.
pub fn broken(exchange: &Exchange, broken: &Broken, shared: &Shared) -> Response {
    let usual = limit_of(&shared.settings);
    match exchange.body_limit.as_deref().filter(|limit| limit.bytes <= usual) {
        Some(limit) if matches!(broken, Broken::TooLarge) => {
            plugin_error(exchange, limit.status, &limit.message, &Headers::default(), shared)
        }
        _ => nginx_error(exchange, broken.status(), shared),
    }
}

/// The answer to a request that could not be understood. nginx's own 494 is 400 to clients.
pub fn refused(exchange: &Exchange, status: u16, shared: &Shared) -> Response {
    let mut response = nginx_error(exchange, status, shared);
    if response.status == 494 {
        response.status = 400;
    }
    response
}

/// What nginx makes of an answer that a plugin gives without a body: an error page where there is one.
pub fn without_body(exchange: &Exchange, given: Response, shared: &Shared) -> Response {
    if grpc::is_call(&exchange.request) {
        return grpc::answer(given.status, None, given.headers, given.source);
    }
    if given.status < 300 {
        return given;
    }
    let mut page = nginx_error(exchange, given.status, shared);
    let framing = ["content-type", "content-length"];
    for line in &given.headers {
        if !framing.iter().any(|name| line.name.eq_ignore_ascii_case(name.as_bytes())) {
            page.headers.append(line.name.clone(), line.value.clone());
        }
    }
    page
}

/// What nginx itself says, where no error handler covers it.
pub fn nginx_response(status: u16) -> Response {
    let mut headers = Headers::default();
    if !has_nginx_page(status) {
        return Response { status, headers, body: Some(Bytes::new()), source: Source::Exit };
    }
    headers.append("Content-Type", if status < 303 { "text/html" } else { "text/html; charset=UTF-8" });
    Response { status, headers, body: Some(nginx_page(status)), source: Source::Error }
}

/// Kong's error handler leaves the request id out when it takes the client for a gRPC one.
fn bare_error(status: u16, text: &str) -> Response {
    let mut headers = Headers::default();
    headers.append("Content-Type", "application/json; charset=utf-8");
    let body = serde_json::json!({ "message": text }).to_string();
    Response { status, headers, body: Some(body.into()), source: Source::Error }
}
