//! One request and its response as plugins see it.
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use gopura_http1::Headers as Lines;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBytes, PyDict, PyString};

use super::facts::Facts;
use super::{Entity, Request, Response, Tls, UpstreamRequest, entity, headers};
use crate::exchange as own;
use crate::http::grpc;
use crate::phases::slot::Slot;
use crate::phases::text;
use crate::phases::{self, Phase};
use crate::snapshot::Entity as Row;

#[pyclass(frozen, module = "gopura._engine")]
pub struct Exchange {
    slot: Arc<Slot>,
    request: PyOnceLock<Py<Request>>,
    upstream_request: PyOnceLock<Py<UpstreamRequest>>,
    response: PyOnceLock<Py<Response>>,
    ctx: OnceLock<Py<PyDict>>,
}

impl Exchange {
    pub fn new(slot: Arc<Slot>) -> Self {
        Self {
            slot,
            request: PyOnceLock::new(),
            upstream_request: PyOnceLock::new(),
            response: PyOnceLock::new(),
            ctx: OnceLock::new(),
        }
    }

    /// Whether plugins may have kept something in `ctx`.
    pub fn keeps(&self) -> bool {
        self.ctx.get().is_some()
    }

    /// Breaks circles through what plugins kept.
    pub fn forget(&self, py: Python<'_>) {
        if let Some(ctx) = self.ctx.get() {
            ctx.bind(py).clear();
        }
    }

    /// Works on the response's headers, or on those that will be added to it.
    pub fn response_lines<T>(&self, work: impl FnOnce(&mut Lines) -> T) -> PyResult<T> {
        self.slot.with(|exchange| work(headers::lines_of(exchange, headers::Side::Response)))
    }

    /// The row of a kind whose id `pick` finds in the exchange.
    fn row(
        &self,
        py: Python<'_>,
        pick: impl FnOnce(&own::Exchange) -> Option<Arc<Row>>,
    ) -> PyResult<Option<Py<Entity>>> {
        self.slot.with(|exchange| pick(exchange))?.map(|row| entity(py, &row)).transpose()
    }

    fn answer(&self, response: own::Response) -> PyResult<()> {
        let done = self.slot.with(|exchange| {
            let phase = exchange.context.phase;
            let may = !matches!(phase, None | Some(Phase::Certificate | Phase::BodyFilter | Phase::Log));
            if may {
                exchange.context.answered = true;
                exchange.context.error = None;
                let before = exchange.response.take().filter(|_| phase == Some(Phase::HeaderFilter));
                exchange.response = Some(over(before, response));
            }
            may
        })?;
        if done { Ok(()) } else { Err(PyRuntimeError::new_err("it is too early or too late to answer")) }
    }
}

#[pymethods]
impl Exchange {
    #[getter]
    fn request(&self, py: Python<'_>) -> PyResult<Py<Request>> {
        let made = self.request.get_or_try_init(py, || Py::new(py, Request::new(self.slot.clone())))?;
        Ok(made.clone_ref(py))
    }

    #[getter]
    fn upstream_request(&self, py: Python<'_>) -> PyResult<Py<UpstreamRequest>> {
        let make = || Py::new(py, UpstreamRequest::new(self.slot.clone()));
        Ok(self.upstream_request.get_or_try_init(py, make)?.clone_ref(py))
    }

    #[getter]
    fn response(&self, py: Python<'_>) -> PyResult<Py<Response>> {
        let made = self.response.get_or_try_init(py, || Py::new(py, Response::new(self.slot.clone())))?;
        Ok(made.clone_ref(py))
    }

    /// The client's TLS; `None` over plain HTTP.
    #[getter]
    fn tls(&self, py: Python<'_>) -> PyResult<Option<Py<Tls>>> {
        let is_secured = self.slot.with(|exchange| exchange.request.scheme == own::Scheme::Https)?;
        is_secured.then(|| Py::new(py, Tls::new(self.slot.clone()))).transpose()
    }

    /// What the plugins of this request share.
    #[getter]
    fn ctx(&self, py: Python<'_>) -> Py<PyDict> {
        self.ctx.get_or_init(|| PyDict::new(py).unbind()).clone_ref(py)
    }

    #[getter]
    fn route(&self, py: Python<'_>) -> PyResult<Option<Py<Entity>>> {
        self.row(py, |exchange| exchange.snapshot.tables.get("routes", &exchange.route()?.id).cloned())
    }

    #[getter]
    fn service(&self, py: Python<'_>) -> PyResult<Option<Py<Entity>>> {
        self.row(py, |exchange| {
            exchange.snapshot.tables.get("services", &exchange.service.as_ref()?.id).cloned()
        })
    }

    #[getter]
    fn consumer(&self, py: Python<'_>) -> PyResult<Option<Py<Entity>>> {
        self.row(py, |exchange| exchange.consumer.clone())
    }

    #[getter]
    fn credential(&self, py: Python<'_>) -> PyResult<Option<Py<Entity>>> {
        self.row(py, |exchange| exchange.credential.clone())
    }

    /// What the route's regular expression captured: by number and by name.
    #[getter]
    fn captures<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let captures = self.slot.with(|exchange| exchange.captures.clone())?;
        let dict = PyDict::new(py);
        for (name, value) in captures {
            dict.set_item(name, text::decode(py, &value)?)?;
        }
        Ok(dict)
    }

    /// Moments, latencies, tries and sizes, as far as they are known.
    #[getter]
    fn facts<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        self.slot.with(|exchange| Facts::of(exchange))?.to_dict(py)
    }

    /// The entity of that kind whose `field` is `value`, in the configuration that this request runs on.
    fn find(
        &self,
        py: Python<'_>,
        kind: &str,
        field: &str,
        value: &Bound<'_, PyString>,
    ) -> PyResult<Option<Py<Entity>>> {
        let snapshot = self.slot.with(|exchange| exchange.snapshot.clone())?;
        phases::found(py, &snapshot, kind, field, value)?.map(|row| entity(py, &row)).transpose()
    }

    /// The entities of that kind that belong to `owner` by the foreign key `field`, in no order.
    fn belonging(
        &self,
        py: Python<'_>,
        kind: &str,
        field: &str,
        owner: &Entity,
    ) -> PyResult<Vec<Py<Entity>>> {
        let owner = owner.row()?;
        let snapshot = self.slot.with(|exchange| exchange.snapshot.clone())?;
        let rows = snapshot.tables.belonging(kind, field, owner.id());
        if rows.is_empty() {
            snapshot.lookups.check(py, kind, field)?;
        }
        rows.iter().map(|row| entity(py, row)).collect()
    }

    /// The consumer that a credential belongs to.
    fn owner(&self, py: Python<'_>, credential: &Entity) -> PyResult<Option<Py<Entity>>> {
        let row = credential.row()?;
        self.row(py, |exchange| exchange.snapshot.tables.get("consumers", row.foreign("consumer")?).cloned())
    }

    /// Says who the client is: sets consumer and credential and the headers that tell the upstream.
    /// `identifier` names the credential's field for X-Credential-Identifier. Without a credential the consumer is an
    /// anonymous one.
    #[pyo3(signature = (consumer, credential=None, identifier="id"))]
    fn authenticate(
        &self,
        consumer: Option<&Entity>,
        credential: Option<&Entity>,
        identifier: &str,
    ) -> PyResult<()> {
        let consumer = consumer.map(Entity::row).transpose()?;
        let credential = credential.map(Entity::row).transpose()?;
        self.slot.with(|exchange| authenticate(exchange, consumer, credential, identifier))
    }

    /// Authenticates the consumer whose credential of that kind has `value` in `field`; False when there is none.
    #[pyo3(signature = (kind, field, value, identifier="id"))]
    fn log_in(
        &self,
        py: Python<'_>,
        kind: &str,
        field: &str,
        value: &Bound<'_, PyString>,
        identifier: &str,
    ) -> PyResult<bool> {
        let snapshot = self.slot.with(|exchange| exchange.snapshot.clone())?;
        let Some(credential) = phases::found(py, &snapshot, kind, field, value)? else { return Ok(false) };
        let consumer = credential.foreign("consumer").and_then(|id| snapshot.tables.get("consumers", id));
        let consumer = consumer.cloned();
        self.slot.with(|exchange| authenticate(exchange, consumer, Some(credential), identifier))?;
        Ok(true)
    }

    /// Answers the client at once with an error, in the form that it accepts.
    #[pyo3(signature = (status, message, headers=None))]
    fn error(
        &self,
        py: Python<'_>,
        status: u16,
        message: String,
        headers: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Py<Response>> {
        within(status, 400)?;
        let headers = headers::lines(headers)?;
        self.answer(own::Response { status, headers, body: None, source: own::Source::Exit })?;
        self.slot.with(|exchange| exchange.context.error = Some((status, message)))?;
        self.response(py)
    }

    /// Lets no more than so many bytes of the client's body pass. A request that announces more, or of which more was
    /// read, is answered at once, as `error` does; else the limit counts while the body comes, and ends the request.
    #[pyo3(signature = (size, message="Request body is too large", status=413))]
    fn limit_body(
        &self,
        py: Python<'_>,
        size: u64,
        message: &str,
        status: u16,
    ) -> PyResult<Option<Py<Response>>> {
        within(status, 400)?;
        let exceeded = self.slot.with(|exchange| {
            let early = matches!(exchange.context.phase, Some(Phase::Rewrite | Phase::Access));
            early.then(|| limit_body(exchange, size, message, status))
        })?;
        match exceeded {
            None => Err(PyRuntimeError::new_err("it is too late to limit the body")),
            Some(true) => self.error(py, status, message.to_owned(), None).map(Some),
            Some(false) => Ok(None),
        }
    }

    /// Answers the client at once. A body of other types than bytes and str is sent as JSON; without one, the client
    /// gets nginx's or the gateway's page for the status, where there is one. A gRPC client reads the body, or its
    /// `message`, as `grpc-message`. With `proxied` the answer counts as the upstream's, kept from an earlier request:
    /// it gets the headers that one would get.
    #[pyo3(signature = (status, body=None, headers=None, *, proxied=false))]
    fn exit(
        &self,
        py: Python<'_>,
        status: u16,
        body: Option<&Bound<'_, PyAny>>,
        headers: Option<&Bound<'_, PyDict>>,
        proxied: bool,
    ) -> PyResult<Py<Response>> {
        within(status, 100)?;
        let mut headers = headers::lines(headers)?;
        let (is_call, is_late) = self.slot.with(|exchange| {
            (grpc::is_call(&exchange.request), exchange.context.phase == Some(Phase::HeaderFilter))
        })?;
        self.answer(match body {
            Some(body) if is_call && !headers.contains("content-type") => {
                grpc::answer(status, message(body)?, headers, own::Source::Exit)
            }
            body => {
                let body = body.map(|body| encoded(body, &mut headers)).transpose()?;
                let body = body.or_else(|| is_late.then(Bytes::new));
                if headers.get("content-type").is_some_and(|media| grpc::is_grpc(media)) {
                    grpc::complete(&mut headers, status);
                }
                own::Response { status, headers, body, source: own::Source::Exit }
            }
        })?;
        self.slot.with(|exchange| exchange.proxied |= proxied)?;
        self.response(py)
    }
}

pub fn within(status: u16, least: u16) -> PyResult<()> {
    if (least..600).contains(&status) {
        return Ok(());
    }
    Err(PyValueError::new_err(format!("a status here is between {least} and 599, not {status}")))
}

/// Keeps the smallest limit; whether it is exceeded already.
fn limit_body(exchange: &mut own::Exchange, bytes: u64, message: &str, status: u16) -> bool {
    if exchange.body_limit.as_ref().is_none_or(|limit| bytes < limit.bytes) {
        exchange.body_limit = Some(Box::new(own::BodyLimit { bytes, status, message: message.to_owned() }));
    }
    let announced = exchange.request.headers.get("content-length");
    let announced = announced.and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    let read = exchange.request.body.as_ref().map_or(exchange.read_ahead.len(), Bytes::len) as u64;
    announced.unwrap_or(0).max(read) > bytes
}

/// What a body says to a gRPC client.
fn message(body: &Bound<'_, PyAny>) -> PyResult<Option<Bytes>> {
    let Ok(fields) = body.cast::<PyDict>() else { return text::raw(body).map(Some) };
    fields.get_item("message")?.map(|text| text::raw(&text)).transpose()
}

/// An answer in `header_filter` keeps the headers that the response had already; an error has its own form.
fn over(before: Option<own::Response>, mut answer: own::Response) -> own::Response {
    if let Some(own::Response { mut headers, .. }) = before {
        headers.remove("content-length");
        if answer.body.is_none() {
            headers.remove("content-type");
        }
        for line in &answer.headers {
            headers.set(line.name.clone(), line.value.clone());
        }
        answer.headers = headers;
    }
    answer
}

fn encoded(body: &Bound<'_, PyAny>, lines: &mut Lines) -> PyResult<Bytes> {
    if body.is_instance_of::<PyBytes>() || body.is_instance_of::<PyString>() {
        return text::raw(body);
    }
    if !lines.contains("content-type") {
        lines.append("Content-Type", "application/json; charset=utf-8");
    }
    let json = body.py().import("gopura.json_text")?.call_method1("dumps", (body,))?;
    text::raw(&json).map_err(|_| PyTypeError::new_err("this body cannot be sent"))
}

fn authenticate(
    exchange: &mut own::Exchange,
    consumer: Option<Arc<Row>>,
    credential: Option<Arc<Row>>,
    identifier: &str,
) {
    let known = consumer.as_deref();
    let text = |row: Option<&'_ Row>, field: &str| row.and_then(|row| Some(value(&row.text(field)?)));
    let told = [
        ("X-Consumer-ID", known.map(|consumer| value(consumer.id()))),
        ("X-Consumer-Custom-ID", text(known, "custom_id")),
        ("X-Consumer-Username", text(known, "username")),
        ("X-Credential-Identifier", text(credential.as_deref(), identifier)),
        ("X-Anonymous-Consumer", credential.is_none().then(|| Bytes::from_static(b"true"))),
    ];
    let lines = &mut exchange.request.headers;
    lines.retain(|line| !told.iter().any(|(name, _)| line.name.eq_ignore_ascii_case(name.as_bytes())));
    for (name, value) in told {
        if let Some(value) = value {
            lines.append(name, value);
        }
    }
    exchange.consumer = consumer;
    exchange.credential = credential;
}

fn value(text: &str) -> Bytes {
    text::within_line(Bytes::copy_from_slice(text.as_bytes()))
}
