"""AWS Lambda: answers requests by calling a function."""

import os
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from gopura.plugin import Exchange, Plugin, Use, config
from gopura.plugin.http import StepTimeouts
from gopura.plugins.aws_lambda.payload import payload
from gopura.plugins.aws_lambda.result import Result, ResultError
from gopura.plugins.aws_lambda.signing import Credentials, Signer
from gopura.release import VERSION

if TYPE_CHECKING:
    import httpx

BODY_LIMIT = 6 << 20
"""Bytes of a body that a function can take."""

_DROPPED = frozenset({
    "content-length", "content-encoding", "connection", "keep-alive", "proxy-connection", "upgrade",
    "transfer-encoding",
})  # fmt: skip

_Secret = Annotated[str | None, config.Encrypted(), config.Referenceable()]


def _proxy(row: dict[str, Any]) -> str | None:
    url = row["config"]["proxy_url"]
    scheme, separator, _ = url.partition("://") if isinstance(url, str) else ("", "", "")
    is_other = separator and scheme and ":" not in scheme and scheme != "http"
    return "proxy_url scheme must be http" if is_other else None


class AwsLambda(Plugin, name="aws-lambda", priority=750):
    """Calls the function with the request, and answers with what it returns."""

    checks = (
        config.MutuallyRequired("config.aws_key", "config.aws_secret"),
        config.CustomCheck("config.proxy_url", check=_proxy),
    )

    example = {
        "aws_region": "eu-central-1",
        "function_name": "hello",
        "aws_key": "{vault://env/aws-key}",
        "aws_secret": "{vault://env/aws-secret}",
    }

    class Config(config.Record):
        """Which function, called how, given what."""

        timeout: float = 60000
        """How many milliseconds the call may take."""
        keepalive: float = 60000
        """How many milliseconds an idle connection is kept."""
        aws_key: _Secret = None
        """The access key; without it the machine's or the container's role is used."""
        aws_secret: _Secret = None
        """The secret of the access key."""
        aws_assume_role_arn: _Secret = None
        """The role to take on."""
        aws_role_session_name: str | None = "kong"
        """The name of the session of the role."""
        aws_region: config.Host | None = None
        """The region of the function."""
        function_name: Annotated[str | None, config.Optional()] = None
        """The function's name or ARN."""
        qualifier: str | None = None
        """The version or alias of the function."""
        invocation_type: Annotated[str, config.OneOf("RequestResponse", "Event", "DryRun")] = (
            "RequestResponse"
        )
        """Whether to wait for the result, not to wait, or only to try the permissions."""
        log_type: Annotated[str, config.OneOf("Tail", "None")] = "Tail"
        """Whether the answer carries the end of the function's log."""
        host: config.Host | None = None
        """The host of the service, in the place of the region's."""
        port: config.Port | None = 443
        """The port of the service."""
        disable_https: bool | None = False
        """Whether to call by plain HTTP."""
        unhandled_status: Annotated[int | None, config.Between(100, 999)] = None
        """The status to answer with when the function failed."""
        forward_request_method: bool | None = False
        """Whether the function is given the request's method."""
        forward_request_uri: bool | None = False
        """Whether the function is given the request's URI."""
        forward_request_headers: bool | None = False
        """Whether the function is given the request's headers."""
        forward_request_body: bool | None = False
        """Whether the function is given the request's body."""
        is_proxy_integration: bool | None = False
        """Whether the result has the form of the API Gateway's proxy integration: status, headers, body."""
        awsgateway_compatible: bool | None = False
        """Whether the function is given the request in the API Gateway's form."""
        proxy_url: config.Url | None = None
        """The HTTP proxy to call through."""
        skip_large_bodies: bool | None = True
        """Whether bodies that do not fit in memory are left out."""
        base64_encode_body: bool | None = True
        """Whether the function is given the body in base64."""
        aws_imds_protocol_version: Annotated[str, config.OneOf("v1", "v2")] = "v1"
        """The version of the protocol that the machine's role is read by."""

    def request_body_limit(self, config: Config) -> int:
        """Have the body read, as far as functions take it."""
        return BODY_LIMIT

    def prepare(self, config: Config, use: Use) -> Config:
        """Have the client ready before the first call."""
        self.node.http.prepare(verify=config.host is None, proxy=config.proxy_url)
        return config

    async def access(self, exchange: Exchange, config: Config) -> None:
        """Call the function and answer with its result."""
        if not config.skip_large_bodies and exchange.limit_body(BODY_LIMIT):
            return
        answer = await self._invoked(config, payload(exchange, config))
        if answer.status_code >= 400:
            raise RuntimeError(f"the function service answered {answer.status_code}: {answer.text[:500]}")
        headers: dict[str, Any] = {
            name.title(): value for name, value in answer.headers.items() if name.lower() not in _DROPPED
        }
        status, content = answer.status_code, answer.content
        if config.is_proxy_integration:
            try:
                result = Result.read(content)
            except ResultError as error:
                reason = f"could not JSON decode Lambda function response: {error}"
                self.log_to.error("%s", reason)  # noqa: TRY400 - the function's
                exchange.exit(502, {"message": "Bad Gateway", "error": reason})
                return
            status, content = result.status, result.body
            headers |= {name: _plain(value) for name, value in result.headers.items()}
        elif config.unhandled_status and answer.headers.get("X-Amz-Function-Error") == "Unhandled":
            status = config.unhandled_status
        exchange.exit(status, content, headers | {"Via": f"gopura/{VERSION}"})

    async def _invoked(self, config: Config, body: bytes) -> "httpx.Response":
        region = config.aws_region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
        if region is None:
            raise ValueError("no region specified")
        scheme, usual = ("http", 80) if config.disable_https else ("https", 443)
        host, port = config.host or f"lambda.{region}.amazonaws.com", config.port or 443
        authority = host if port == usual else f"{host}:{port}"
        path = f"/2015-03-31/functions/{config.function_name}/invocations"
        query = f"Qualifier={quote(config.qualifier, safe='')}" if config.qualifier else ""
        headers = {
            "Host": authority,
            "Content-Length": str(len(body)),
            "X-Amz-Invocation-Type": config.invocation_type,
            "X-Amz-Log-Type": config.log_type,
        }
        signer = Signer(self._credentials(config), region, "lambda")
        return await self.node.http.request(
            "POST",
            f"{scheme}://{authority}{quote(path, safe='/~')}" + (f"?{query}" if query else ""),
            headers=signer.signed("POST", path, query, headers, body),
            content=body,
            timeout=StepTimeouts.alike(config.timeout / 1000),
            verify=config.host is None,
            proxy=config.proxy_url,
        )

    @staticmethod
    def _credentials(config: Config) -> Credentials:
        if config.aws_assume_role_arn:
            raise ValueError(
                "roles cannot be taken on: leave aws_assume_role_arn out, or set AWS_SESSION_TOKEN"
            )
        if config.aws_key and config.aws_secret:
            return Credentials(config.aws_key, config.aws_secret)
        found = Credentials.of_environment()
        if found is None:
            raise ValueError("no AWS credentials: neither configured nor in the environment")
        return found


def _plain(value: Any) -> Any:
    """A header's value as it is sent: texts, or a list of them."""
    return [str(each) for each in value] if isinstance(value, list) else str(value)
