import hashlib
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from gopura import entities
from gopura.schema import insert
from tests.entities.make import certificate, rsa_key
from tests.entities.refusals import fields_of

AUTHORITY = certificate(rsa_key(), authority=True)

CASES: list[tuple[str, dict[str, Any]]] = [
    (AUTHORITY, {}),
    (AUTHORITY * 2, {"@entity": ["please submit only one certificate at a time"]}),
    (certificate(rsa_key(), authority=True, days=-1),
     {"@entity": ['certificate expired, "Not After" time is in the past']}),
    (certificate(rsa_key()),
     {"@entity": ['certificate does not appear to be a CA because it is missing the "CA" basic constraint']}),
]  # fmt: skip


@pytest.mark.parametrize(("cert", "fields"), CASES)
def test_cases(cert: str, fields: dict[str, Any]) -> None:
    assert fields_of("ca_certificates", {"cert": cert}) == fields


def test_the_digest_is_computed() -> None:
    row = insert(entities.get("ca_certificates"), {"cert": AUTHORITY})
    der = x509.load_pem_x509_certificate(AUTHORITY.encode()).public_bytes(Encoding.DER)
    assert row["cert_digest"] == hashlib.sha256(der).hexdigest()
