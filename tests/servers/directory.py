"""An LDAP server from the distribution (OpenLDAP's slapd)."""

import datetime
import ipaddress
import socket
import subprocess
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess, program

BASE = "dc=example,dc=com"

_CONFIGURATION = """\
include /etc/ldap/schema/core.schema
pidfile {folder}/slapd.pid
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
database ldif
suffix "{base}"
rootdn "cn=admin,{base}"
rootpw admin
directory {folder}/data
"""

_ENTRIES = """\
dn: dc=example,dc=com
objectClass: top
objectClass: dcObject
objectClass: organization
o: Example
dc: example
"""

_PERSON = """
dn: cn={rdn},dc=example,dc=com
objectClass: person
cn: {name}
sn: x
userPassword: {password}
"""


class Directory:
    """A directory of people: names with passwords, below `BASE`."""

    host = "127.0.0.1"

    def __init__(self, people: dict[str, str]) -> None:
        self._server = ServerProcess("slapd")
        self.port, self.tls_port = free_port(), free_port()
        self._program = program("slapd", "slapd", "/usr/sbin")
        self._set_up(people)
        self.start()

    @property
    def certificate(self) -> str:
        """The path of the certificate."""
        return str(self._server.folder / "cert.pem")

    def start(self) -> None:
        """Start the server (again, after `halt`) on the same ports."""
        addresses = f"ldap://{self.host}:{self.port}/ ldaps://{self.host}:{self.tls_port}/"
        command = [self._program, "-d", "0", "-f", self._server.folder / "slapd.conf", "-h", addresses]
        self._server.start(command, self._ready)

    def halt(self) -> None:
        self._server.halt()

    def stop(self) -> None:
        self._server.stop()

    def _ready(self) -> bool:
        try:
            with socket.create_connection((self.host, self.tls_port), timeout=1):
                return True
        except OSError:
            return False

    def _set_up(self, people: dict[str, str]) -> None:
        folder = self._server.folder
        (folder / "data").mkdir(parents=True)
        _certificate(folder)
        (folder / "slapd.conf").write_text(_CONFIGURATION.format(folder=folder, base=BASE))
        entries = [
            _PERSON.format(rdn=name.replace(",", "\\,"), name=name, password=password)
            for name, password in people.items()
        ]
        add = program("slapadd", "slapd", "/usr/sbin")
        subprocess.run(
            [add, "-f", folder / "slapd.conf"], input=_ENTRIES + "".join(entries), text=True, check=True
        )


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = (
        builder.not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(names, critical=False)
    )
    certificate = builder.sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
