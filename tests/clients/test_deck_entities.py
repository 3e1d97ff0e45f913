"""decK's own engine with an entity of every kind that it knows in an open gateway."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.clients.conftest import Deck

CONFIGURATION = Path(__file__).with_name("all.yml")
NOTHING = {"created": 0, "updated": 0, "deleted": 0}
ENTITIES = 18  # in CONFIGURATION


def self_signed(authority: bool) -> tuple[str, str]:
    """A certificate and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.com")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now)
    builder = builder.not_valid_after(now + timedelta(days=2))
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(
        serialization.Encoding.PEM
    ).decode(), private.decode()


def web_key(kid: str) -> str:
    """A P-256 key as JSON."""
    private = ec.generate_private_key(ec.SECP256R1()).private_numbers()
    public = private.public_numbers
    parts = {"x": public.x, "y": public.y, "d": private.private_value}
    encoded = {
        name: urlsafe_b64encode(part.to_bytes(32, "big")).rstrip(b"=").decode()
        for name, part in parts.items()
    }
    return json.dumps({"kty": "EC", "crv": "P-256", "kid": kid, **encoded})


def filled(value: Any, words: dict[str, str]) -> Any:
    """A value in which the words in capitals are replaced."""
    if isinstance(value, dict):
        return {key: filled(inner, words) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, words) for inner in value]
    return words.get(value, value) if isinstance(value, str) else value


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """The configuration with certificates that are valid now."""
    text = yaml.safe_load(CONFIGURATION.read_text())
    certificate, key = self_signed(authority=False)
    words = {
        "CERTIFICATE": certificate,
        "KEY": key,
        "JWK": web_key("partner-1"),
        "CA": self_signed(authority=True)[0],
        "CERTIFICATE_ID": text["certificates"][0]["id"],
        "CA_ID": text["ca_certificates"][0]["id"],
    }
    path = tmp_path / "all.yml"
    path.write_text(yaml.safe_dump(filled(text, words)))
    return path


def test_a_diff_after_a_sync_is_empty(deck: Deck, configuration: Path) -> None:
    assert deck("sync", configuration) == NOTHING | {"created": ENTITIES}
    assert deck("diff", configuration) == NOTHING


def test_a_dump_describes_the_same_gateway(deck: Deck, configuration: Path, tmp_path: Path) -> None:
    deck("sync", configuration)
    dumped = tmp_path / "dump.yml"
    deck("dump", dumped)
    assert deck("diff", dumped) == NOTHING


def test_a_reset_deletes_everything(deck: Deck, configuration: Path) -> None:
    deck("sync", configuration)
    assert deck("reset")["deleted"] >= ENTITIES - 5  # children go with their parents
    assert deck("diff", configuration) == NOTHING | {"created": ENTITIES}
