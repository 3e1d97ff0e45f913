"""AWS Lambda: answers requests by calling a function."""

import re
from typing import Annotated, Any

from gopura.plugin import Plugin, config

_Secret = Annotated[str | None, config.Encrypted(), config.Referenceable()]


def _proxy(row: dict[str, Any]) -> str | None:
    url = row["config"]["proxy_url"]
    scheme = re.match(r"([^:]+)://", url) if isinstance(url, str) else None
    return "proxy_url scheme must be http" if scheme and scheme[1] != "http" else None


class AwsLambda(Plugin, name="aws-lambda", priority=750):
    """Calls the function with the request, and answers with what it returns."""

    checks = (
        config.MutuallyRequired("config.aws_key", "config.aws_secret"),
        config.CustomCheck("config.proxy_url", check=_proxy),
    )

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
