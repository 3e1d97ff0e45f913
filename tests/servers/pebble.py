"""Pebble, a certificate authority that speaks ACME (RFC 8555), built from a pinned Go module."""

import json
import shutil
import socket
import subprocess
from pathlib import Path

import httpx
from cryptography import x509
from cryptography.x509.oid import NameOID

from tests.servers.ports import free_port
from tests.servers.process import ServerError, ServerProcess

_MODULE = Path(__file__).parent.parent / "plugins" / "pebble"
_COMMANDS = "github.com/letsencrypt/pebble/v2/cmd"


class Pebble:
    """Looks for answers on `http_port` of this machine, whatever the name.

    `pair` are the paths of its own certificate, for `localhost`, and of the key.
    """

    host = "127.0.0.1"

    def __init__(self, http_port: int, pair: tuple[Path, Path], external_key: str | None = None) -> None:
        self._server, self._names = ServerProcess("pebble"), ServerProcess("pebble-names")
        self._port, self._management, self._names_port = (free_port() for _ in range(3))
        _build(self._server.folder)
        self._start_names()
        self._configure(http_port, pair, external_key)
        self.start()

    @property
    def directory(self) -> str:
        return f"https://localhost:{self._port}/dir"

    @property
    def log(self) -> str:
        """What it wrote."""
        return self._server.log.read_text()

    def start(self) -> None:
        """Start the authority (again, after `halt`); it forgets all accounts and orders."""
        folder = self._server.folder
        names = f"{self.host}:{self._names_port}"
        command = [folder / "pebble", "-config", folder / "config.json", "-dnsserver", names, "-strict"]
        environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_ALTERNATE_ROOTS": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        self._server.start(command, self._ready, environment=environment)

    def root(self, number: int = 0) -> x509.Certificate:
        """The root of the usual chain, or of an alternative."""
        address = f"https://{self.host}:{self._management}/roots/{number}"
        answer = httpx.get(address, verify=False, trust_env=False)
        return x509.load_pem_x509_certificate(answer.content)

    def root_name(self, number: int) -> str:
        """The common name of a root."""
        return str(self.root(number).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    def signed_by(self, chain: str, number: int) -> bool:
        """Whether a chain ends below a root."""
        return x509.load_pem_x509_certificates(chain.encode())[-1].issuer == self.root(number).subject

    def halt(self) -> None:
        self._server.halt()

    def stop(self) -> None:
        self._server.stop()
        self._names.stop()

    def _configure(self, http_port: int, pair: tuple[Path, Path], external_key: str | None) -> None:
        settings = {
            "listenAddress": f"{self.host}:{self._port}",
            "managementListenAddress": f"{self.host}:{self._management}",
            "certificate": str(pair[0]),
            "privateKey": str(pair[1]),
            "httpPort": http_port,
            "tlsPort": free_port(),
            "ocspResponderURL": "",
            "externalAccountBindingRequired": external_key is not None,
            "externalAccountMACKeys": {"kid-1": external_key} if external_key else {},
            "retryAfter": {"authz": 1, "order": 1},
            "keyAlgorithm": "ecdsa",
            "profiles": {"default": {"description": "usual", "validityPeriod": 7776000}},
        }
        (self._server.folder / "config.json").write_text(json.dumps({"pebble": settings}))

    def _start_names(self) -> None:
        """A name server that knows every name, as this machine."""
        off = [f"-{name}=" for name in ("http01", "https01", "tlsalpn01", "doh")]
        address = f"{self.host}:{self._names_port}"
        manage = f"{self.host}:{free_port()}"
        program = self._server.folder / "pebble-challtestsrv"
        command = [program, *off, "-dnsserver", address, "-management", manage, "-defaultIPv6", ""]
        self._names.start(command, lambda: self._names_answer())

    def _names_answer(self) -> bool:
        try:
            with socket.create_connection((self.host, self._names_port), timeout=1):
                return True
        except OSError:
            return False

    def _ready(self) -> bool:
        try:
            return httpx.get(self.directory, verify=False, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


def _build(folder: Path) -> None:
    go = shutil.which("go")
    if go is None:
        raise ServerError("Go is needed to build the authority: run `make test`, which brings it")
    packages = [f"{_COMMANDS}/pebble", f"{_COMMANDS}/pebble-challtestsrv"]
    done = subprocess.run(
        [go, "build", "-mod=readonly", "-o", folder, *packages],
        cwd=_MODULE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServerError(done.stdout)
