"""`/acme`: create a certificate, renew all, and show them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from starlette.responses import Response

from gopura.admin import answers
from gopura.admin.described import described
from gopura.admin.router import Endpoint
from gopura.plugin.http_transport import transport
from gopura.plugins.acme import domains, names
from gopura.plugins.acme.issuing import IssuingError
from gopura.plugins.acme.storage import StorageError

if TYPE_CHECKING:
    from gopura.admin.call import Call
    from gopura.plugins.acme import Acme
    from gopura.plugins.acme.control import AcmeControl

_NO_ROUTE = "no Route matched with those values"
_SANITY_SECONDS = 10


class Endpoints:
    """The methods that answer."""

    def __init__(self, control: AcmeControl) -> None:
        self._control = control

    def all(self) -> Iterator[Endpoint]:
        """Every endpoint."""
        yield Endpoint("/acme", {"POST": self.create, "PATCH": self.renew})
        yield Endpoint("/acme/certificates", {"GET": self.certificates})
        yield Endpoint("/acme/certificates/{certificates}", {"GET": self.certificate})

    @described(
        body={"host": "www.example.com"},
        answer={"message": "certificate for host www.example.com is created"},
        status=201,
        statuses={200: "The test was passed (`test_http_challenge_flow`)."},
    )
    async def create(self, call: Call) -> Response:
        """Get a certificate for `host`, or with `test_http_challenge_flow` see whether an authority would reach it."""
        config = await self._control.config()
        if config is None:
            return _absent()
        given = call.query | call.body.value
        host = given.get("host")
        if not isinstance(host, str) or not host:
            return answers.message("host must be provided and containing a single domain", 400)
        if ":" in host:
            return answers.message("port is not allowed in host", 400)
        if given.get("test_http_challenge_flow") in (True, "true"):
            return await _sanity(config, host)
        return await self._create(call, config, host)

    @described(answer={"message": "Renewal process started successfully"}, status=202)
    async def renew(self, call: Call) -> Response:
        """Renew in the background what ends soon."""
        self._control.begin_renewal()
        return answers.message("Renewal process started successfully", 202)

    @described(
        query={"invalid_only": "With any value: only those that are not valid."},
        answer={"data": [{"host": "www.example.com", "not_after": "2027-02-01 12:00:00", "valid": True}]},
    )
    async def certificates(self, call: Call) -> Response:
        """Show all certificates that are renewed."""
        config = await self._control.config()
        if config is None:
            return _absent()
        try:
            planned = await self._control.storage(config).names(names.RENEW)
            kept = self._control.certificates(config)
            pairs = [await kept.find(name.removeprefix(names.RENEW)) for name in planned]
        except StorageError as error:
            return answers.message(str(error), 500)
        found = [shown(pair.cert) for pair in pairs if pair is not None]
        wanted = [one for one in found if not (call.query.get("invalid_only") and one["valid"])]
        return answers.json({"data": wanted or {}})

    @described(
        path={"certificates": "The name that it is for."},
        answer={"data": {"host": "www.example.com", "not_after": "2027-02-01 12:00:00", "valid": True}},
    )
    async def certificate(self, call: Call) -> Response:
        """Show the certificate of one name."""
        config = await self._control.config()
        if config is None:
            return _absent()
        host = call.param("certificates")
        try:
            pair = await self._control.certificates(config).find(host)
        except StorageError as error:
            return answers.message(str(error), 500)
        if pair is None:
            return answers.message(f"Certificate for host {host}not found in storage", 404)
        return answers.json({"data": shown(pair.cert)})

    async def _create(self, call: Call, config: Acme.Config, host: str) -> Response:
        try:
            await self._control.issuer(config).create(host)
        except (IssuingError, StorageError) as error:
            return answers.message(f"failed to update certificate: {error}", 500)
        call.version = await self._control.store.version()
        return answers.message(f"certificate for host {host} is created", 201)


def _absent() -> Response:
    return Response(status_code=404)


async def _sanity(config: Acme.Config, host: str) -> Response:
    problem = await _problem(config, host)
    if problem is None:
        return answers.message(f"sanity test for host {host} passed", 200)
    return answers.message(f"problem found running sanity check for {host}: {problem}", 400)


async def _problem(config: Acme.Config, host: str) -> str | None:
    """Why an authority's questions about a name would not arrive here."""
    if not domains.listed(config, host):
        return "host is not included in plugin config.domains"
    place = f"http://{host}/.well-known/acme-challenge/"
    try:
        way = transport(verify=True)
        async with httpx.AsyncClient(transport=way, trust_env=False, timeout=_SANITY_SECONDS) as client:
            answer = await client.get(f"{place}x")
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    if _NO_ROUTE in answer.text:
        return f"{place}* doesn't map to a Route; create one, with any Service, for this path"
    if answer.text == "Not found\n":
        return None
    status = "" if answer.status_code == 404 else f", unexpected status code: {answer.status_code}"
    return f'unexpected response: "{answer.text}"{status}'


def shown(pem: str) -> dict[str, Any]:
    """A certificate as the Admin API shows it."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    rsa_key = isinstance(certificate.public_key(), rsa.RSAPublicKey)
    return {
        # A fingerprint that tells certificates apart; nothing rests on its strength.
        "digest": certificate.fingerprint(hashes.SHA1()).hex(":").upper(),  # noqa: S303
        "host": _common_name(certificate.subject) or _first_name(certificate),
        "issuer_cn": _common_name(certificate.issuer),
        "not_before": _local(begins),
        "not_after": _local(ends),
        "valid": begins < datetime.now(UTC) < ends,
        "serial_number": _hexadecimal(certificate.serial_number),
        "pubkey_type": "rsaEncryption" if rsa_key else "id-ecPublicKey",
    }


def _common_name(name: x509.Name) -> str | None:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else None


def _first_name(certificate: x509.Certificate) -> str | None:
    """Authorities leave the common name out; the alternative names are what counts."""
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return next((str(name.value) for name in names), None)


def _local(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _hexadecimal(number: int) -> str:
    return number.to_bytes((number.bit_length() + 7) // 8).hex(":").upper()
