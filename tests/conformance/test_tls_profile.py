"""sslyze: what the TLS listener offers, against Mozilla's intermediate profile."""

import datetime
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.servers.gateway import Gateway

LOCK = Path(__file__).with_name("sslyze.lock")
UV = Path(sys.executable).with_name("uv")
NAME = "localhost"


def certificate(authority: ec.EllipticCurvePrivateKey, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certificate of ninety days, as a public authority would give it."""
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    built = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of this test")]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=89))
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(usage, critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(authority, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def presented(gateway: Gateway) -> None:
    """The gateway presents such a certificate for `localhost`."""
    authority, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    body = {"cert": certificate(authority, key).decode(), "key": private.decode(), "snis": [NAME]}
    with gateway.client() as admin:
        admin.post("/certificates", json=body).raise_for_status()


def test_mozilla_intermediate(gateway: Gateway, presented: None) -> None:
    words = [
        "run",
        "--quiet",
        "--no-project",
        "--with-requirements",
        str(LOCK),
        "--",
        "python",
        "-m",
        "sslyze",
    ]
    target = f"{NAME}:{gateway.tls_port}"
    done = subprocess.run(
        [UV, *words, "--mozilla_config=intermediate", target],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert "SCANS COMPLETED" in done.stdout, done.stdout + done.stderr
    verdict = done.stdout.partition(f"{target}: ")[2]
    # No public trust store knows the authority of this test; nothing else may be amiss.
    assert re.findall(r"\* (\w+):", verdict) == ["certificate_path_validation"], done.stdout
