"""aws-lambda: signed calls, what functions are given, and what becomes of their results."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from gopura.plugins.aws_lambda.result import Result, ResultError
from gopura.plugins.aws_lambda.signing import Credentials, Signer
from gopura.testing import Gateway
from gopura.testing.upstream import Reply


@pytest.fixture(scope="module")
def running() -> Iterator[Gateway]:
    with Gateway() as gateway:
        yield gateway


@pytest.fixture
def gateway(running: Gateway) -> Gateway:
    """The upstream plays the function."""
    running.upstream.reply = Reply(headers={"X-From": "lambda"}, body=b'{"a":1}')
    running.upstream.requests.clear()
    return running


def configure(gateway: Gateway, **config: Any) -> None:
    place = {"host": "127.0.0.1", "port": gateway.upstream.port, "disable_https": True}
    credentials = {"aws_key": "AK", "aws_secret": "SK", "aws_region": "us-east-1", "function_name": "fn"}
    settings = place | credentials | config
    route = {"name": "r", "paths": ["~/g/(?<id>[0-9]+)", "/"], "service": "echo"}
    gateway.configure({"routes": [route], "plugins": [{"name": "aws-lambda", "config": settings}]})


def test_calls(gateway: Gateway) -> None:
    configure(gateway, qualifier="prod", log_type="None", invocation_type="Event")
    answer = gateway.post("/?q=1", form={"b": "2"})
    assert (answer.status, answer.json(), answer.headers["X-From"]) == (200, {"a": 1}, "lambda")
    assert answer.headers["Via"].startswith("gopura/")
    received = gateway.upstream.last
    assert (received.method, received.query) == ("POST", "Qualifier=prod")
    assert received.path == "/2015-03-31/functions/fn/invocations"
    assert json.loads(received.body) == {"q": "1", "b": "2"}
    assert received.headers["X-Amz-Invocation-Type"] == "Event"
    signed = "content-length;host;x-amz-date;x-amz-invocation-type;x-amz-log-type"
    assert f"SignedHeaders={signed}, Signature=" in received.headers["Authorization"]


def test_the_signature_is_amazons() -> None:
    secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
    signer = Signer(Credentials("AKIDEXAMPLE", secret), "us-east-1", "iam")
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        "Host": "iam.amazonaws.com",
    }
    moment = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
    found = signer.signed("GET", "/", "Action=ListUsers&Version=2010-05-08", headers, b"", moment)
    expected = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"
    assert found["authorization"].endswith(f"Signature={expected}")


def test_forwarded_parts(gateway: Gateway) -> None:
    names = ("method", "uri", "headers", "body")
    configure(gateway, **{f"forward_request_{name}": True for name in names})
    gateway.post("/x?a=1", {"Content-Type": "application/octet-stream"}, body=b"\xff\x00")
    given = json.loads(gateway.upstream.last.body)
    assert (given["request_method"], given["request_uri"]) == ("POST", "/x?a=1")
    assert given["request_uri_args"] == {"a": "1"}
    assert given["request_headers"]["content-type"] == "application/octet-stream"
    assert base64.b64decode(given["request_body"]) == b"\xff\x00"
    assert given["request_body_base64"] is True
    gateway.post("/", json={"x": [1]})
    given = json.loads(gateway.upstream.last.body)
    assert (given["request_body_args"], json.loads(given["request_body"])) == ({"x": [1]}, {"x": [1]})


def test_gateway_events(gateway: Gateway) -> None:
    configure(gateway, awsgateway_compatible=True)
    gateway.post("/g/5?q=1&q=2", {"X-M": ["a", "b"]}, body=b"text")
    event = json.loads(gateway.upstream.last.body)
    assert (event["path"], event["httpMethod"]) == ("/g/5", "POST")
    assert event["multiValueQueryStringParameters"] == {"q": ["1", "2"]}
    assert (event["headers"]["x-m"], event["multiValueHeaders"]["x-m"]) == ("a", ["a", "b"])
    assert event["pathParameters"] == {"id": "5"}
    assert (base64.b64decode(event["body"]), event["isBase64Encoded"]) == (b"text", True)
    assert event["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


def test_results_of_proxy_integrations(gateway: Gateway) -> None:
    configure(gateway, is_proxy_integration=True)
    result = {
        "statusCode": "201",
        "headers": {"X-N": 5},
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        "body": base64.b64encode(b"\x00done").decode(),
        "isBase64Encoded": True,
    }
    gateway.upstream.reply = Reply(body=json.dumps(result).encode())
    answer = gateway.get("/")
    assert (answer.status, answer.body, answer.headers["X-N"]) == (201, b"\x00done", "5")
    assert answer.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    gateway.upstream.reply = Reply(body=b"junk")
    answer = gateway.get("/")
    assert (answer.status, answer.json()["message"]) == (502, "Bad Gateway")


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        {"statusCode": "abc"},
        {"statusCode": 99},
        {"statusCode": True},
        {"statusCode": 200, "headers": "x"},
        {"statusCode": 200, "body": {}},
        {"statusCode": 200, "isBase64Encoded": "yes"},
        {"statusCode": 200, "isBase64Encoded": True, "body": "!"},
    ],
)
def test_bad_results(value: Any) -> None:
    with pytest.raises(ResultError):
        Result.read(json.dumps(value).encode())


def test_failing_functions(gateway: Gateway) -> None:
    configure(gateway, unhandled_status=412)
    gateway.upstream.reply = Reply(headers={"X-Amz-Function-Error": "Unhandled"}, body=b"{}")
    assert gateway.get("/").status == 412
    gateway.upstream.reply = Reply(403, body=b"denied")
    assert gateway.get("/").status == 500


def test_credentials_of_the_environment(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(gateway, aws_key=None, aws_secret=None, aws_region=None)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    assert gateway.get("/").status == 500
    variables = {"AWS_ACCESS_KEY_ID": "EK", "AWS_SECRET_ACCESS_KEY": "ES", "AWS_SESSION_TOKEN": "ET"}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert gateway.get("/").status == 200
    headers = gateway.upstream.last.headers
    assert "Credential=EK/" in headers["Authorization"]
    assert "eu-west-1" in headers["Authorization"]
    assert headers["X-Amz-Security-Token"] == "ET"
