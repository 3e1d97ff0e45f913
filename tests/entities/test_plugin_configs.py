"""Configurations of the bundled plugins, each rule of their own once."""

from typing import Any

import pytest

from gopura.entities import plugins
from tests.entities.refusals import fields_of

REASON = "failed conditional validation given value of field '%s'"
ONE_LIMIT = "'config.second', 'config.minute', 'config.hour', 'config.day', 'config.month', 'config.year'"
FLOWS = "enable_authorization_code, enable_implicit_grant, enable_client_credentials, enable_password_grant"

CASES: list[tuple[str, dict[str, Any], Any]] = [
    ("acl", {"allow": ["a"]}, {}),
    ("acl", {"allow": ["a"], "deny": ["b"]},
     {"@entity": ["exactly one of these fields must be non-empty: 'config.allow', 'config.deny'"]}),
    ("acl", {}, {"@entity": ["exactly one of these fields must be non-empty: 'config.allow', 'config.deny'",
                             "at least one of these fields must be non-empty: 'config.allow', 'config.deny'"]}),
    ("acme", {"account_email": "a@b.test"}, {}),
    ("acme", {"account_email": "nope"}, {"config": {"account_email": "invalid value: nope"}}),
    ("acme", {"account_email": "a@b.test", "storage_config": {"shm": {"shm_name": "nope"}}},
     {"config": {"storage_config": {"shm": {"shm_name": "failed validating: nope"}}}}),
    ("acme", {"account_email": "a@b.test", "storage_config": {"redis": {"namespace": "kong_acme:cert_key:x"}}},
     {"config": {"storage_config": {"redis": {"namespace":
                 "namespace can't be prefixed with reserved word: kong_acme:cert_key:"}}}}),
    ("acme", {"account_email": "a@b.test", "api_uri": "https://acme-v02.api.letsencrypt.org"},
     {"config": {"tos_accepted": "value must be true"},
      "@entity": ["terms of service must be accepted, see https://letsencrypt.org/repository/"]}),
    ("aws-lambda", {"aws_key": "k"},
     {"@entity": ["all or none of these fields must be set: 'config.aws_key', 'config.aws_secret'"]}),
    ("aws-lambda", {"proxy_url": "https://a.test"}, {"@entity": ["proxy_url scheme must be http"]}),
    ("azure-functions", {},
     {"config": {"appname": "required field missing", "functionname": "required field missing"}}),
    ("bot-detection", {"deny": ["("]}, {"config": {"deny": ["not a valid regex: ("]}}),
    ("correlation-id", {"generator": "x"}, {"config": {"generator": "expected one of: uuid, uuid#counter, tracker"}}),
    ("cors", {"origins": ["*", "("]}, {"config": {"origins": [None, "'(' is not a valid regex"]}}),
    ("datadog", {"metrics": [{"name": "latency", "stat_type": "gauge"}]},
     {"config": {"metrics": [{"sample_rate": "required field missing", "@entity": [REASON % "stat_type"]}]}}),
    ("file-log", {"path": "a*b"}, {"config": {"path": "not a valid filename"}}),
    ("file-log", {"path": ""}, {"config": {"path": "not a valid filename"}}),
    ("hmac-auth", {"clock_skew": 0}, {"config": {"clock_skew": "value must be greater than 0"}}),
    ("http-log", {"http_endpoint": "http://a.test", "headers": {"x-a": "{vault://env/a}"}}, {}),
    ("http-log", {"http_endpoint": "http://a.test", "headers": {"Content-Type": "a"}},
     {"config": {"headers": "cannot contain 'Content-Type' header"}}),
    ("http-log", {"http_endpoint": "http://u:p@a.test", "headers": {"Authorization": "a"}},
     {"config": "specifying both an 'Authorization' header and user info in 'http_endpoint' is not allowed"}),
    ("ip-restriction", {"allow": ["10.0.0.0/8", "x"]},
     {"config": {"allow": [None, "invalid ip or cidr range: 'x'"]}}),
    ("jwt", {"maximum_expiration": 1, "claims_to_verify": ["nbf"]},
     {"config": {"claims_to_verify": "expected to contain: exp"}, "@entity": [REASON % "config.maximum_expiration"]}),
    ("ldap-auth", {"ldap_host": "a", "base_dn": "b", "attribute": "c", "ldaps": True, "start_tls": True},
     {"config": {"@entity": ["'ldaps' and 'start_tls' cannot be enabled simultaneously"],
                 "start_tls": "value must be false"}}),
    ("loggly", {"key": "k", "log_level": "loud"},
     {"config": {"log_level": "expected one of: debug, info, notice, warning, err, crit, alert, emerg"}}),
    ("oauth2", {"enable_password_grant": True}, {}),
    ("oauth2", {}, {"config": f"at least one of these fields must be true: {FLOWS}"}),
    ("oauth2", {"enable_password_grant": True, "mandatory_scope": True},
     {"config": {"scopes": "required field missing", "@entity": [REASON % "mandatory_scope"]}}),
    ("opentelemetry", {"endpoint": "http://a.test", "resource_attributes": {"a": 1}},
     {"config": {"resource_attributes": "expected a string"}}),
    ("pre-function", {"rewrite": ["x ="]},
     {"config": {"rewrite": ["error parsing pre-function: [string \"x =\"]:1: unexpected symbol near '<eof>'"]}}),
    ("post-function", {"access": ["return"]}, {}),
    ("proxy-cache", {"strategy": "memory", "memory": {"dictionary_name": "x"}},
     {"@entity": ["missing shared dict 'x'"]}),
    ("proxy-cache", {"strategy": "memory", "response_headers": {"X-Cache-Status": "x"}},
     {"config": {"response_headers": {"X-Cache-Status": "expected a boolean"}}}),
    ("rate-limiting", {"minute": 1}, {}),
    ("rate-limiting", {}, {"@entity": [f"at least one of these fields must be non-empty: {ONE_LIMIT}"]}),
    ("rate-limiting", {"second": 10, "hour": 5},
     {"config": "The limit for hour(5.0) cannot be lower than the limit for second(10.0)"}),
    ("rate-limiting", {"second": 1, "sync_rate": 1}, {"config": "sync_rate can only be used with the redis policy"}),
    ("rate-limiting", {"second": 1, "policy": "redis", "redis_host": "a", "sync_rate": 0.01},
     {"config": "sync_rate must be greater than 0.02, or -1 to disable"}),
    ("rate-limiting", {"second": 1, "policy": "redis"},
     {"config": {"redis_host": "required field missing"}, "@entity": [REASON % "config.policy"]}),
    ("rate-limiting", {"second": 1, "limit_by": "header"},
     {"config": {"header_name": "required field missing"}, "@entity": [REASON % "config.limit_by"]}),
    ("request-size-limiting", {"size_unit": "x"},
     {"config": {"size_unit": "expected one of: megabytes, kilobytes, bytes"}}),
    ("request-termination", {"message": "m", "body": "b"},
     {"config": "message cannot be used with content_type or body"}),
    ("request-transformer", {"add": {"headers": ["a"]}}, {"config": {"add": {"headers": ["invalid value: a"]}}}),
    ("request-transformer", {"rename": {"headers": ["a:b c"]}},
     {"config": {"rename": {"headers": ["'b c' is not a valid header"]}}}),
    ("response-ratelimiting", {"limits": {"video": {"second": 1}}}, {}),
    ("response-ratelimiting", {"limits": {"video": {"second": 2, "hour": 1}}},
     {"config": {"limits": "the limit for hour(1.0) cannot be lower than the limit for second(2.0)"}}),
    ("response-ratelimiting", {"limits": {}}, {"config": {"limits": "length must be at least 1"}}),
    ("response-transformer", {"add": {"json": ["a"]}}, {"config": {"add": {"json": ["invalid value: a"]}}}),
    ("session", {"cookie_samesite": "off", "cookie_lifetime": 5}, {}),
    ("session", {"cookie_lifetime": "x"}, {"cookie_lifetime": "expected a number"}),
    ("statsd", {"allow_status_codes": ["200"]}, {"config": {"allow_status_codes": ["invalid value: 200"]}}),
    ("tcp-log", {"host": "a.test", "port": 1}, {}),
    ("udp-log", {}, {"config": {"host": "required field missing", "port": "required field missing"}}),
    ("zipkin", {"static_tags": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]},
     {"config": {"static_tags": "repeated tags are not allowed: a"}}),
    ("zipkin", {"queue": {"max_batch_size": 0}},
     {"config": {"queue": {"max_batch_size": "value should be between 1 and 1000000"}}}),
]  # fmt: skip


@pytest.mark.parametrize(("name", "config", "fields"), CASES)
def test_configurations(name: str, config: dict[str, Any], fields: Any) -> None:
    assert fields_of("plugins", {"name": name, "config": config}) == fields


def test_all_bundled_plugins_are_there() -> None:
    assert len(plugins.enabled()) >= 37


@pytest.mark.parametrize("name", sorted(plugins.enabled()))
def test_every_setting_is_described(name: str) -> None:
    shape = plugins.enabled()[name].Config.shape()
    assert [field.name for field in shape.fields.values() if not field.description] == []
