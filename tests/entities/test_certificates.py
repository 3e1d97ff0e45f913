from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed448, rsa

from tests.entities.make import certificate, ec_key, encrypted_pem, private_pem, rsa_key
from tests.entities.refusals import fields_of

RSA, OTHER_RSA, EC = rsa_key(), rsa_key(1), ec_key()
PAIR = {"cert": certificate(RSA), "key": private_pem(RSA)}
EC_PAIR = {"cert_alt": certificate(EC), "key_alt": private_pem(EC)}
SAME_KIND = (
    "certificate and alternative certificate need to have different type (e.g. RSA and ECDSA), "
    "the provided certificates were both of the same type"
)

CASES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (PAIR, {}),
    ({**PAIR, **EC_PAIR}, {}),
    ({"cert": certificate(RSA) + certificate(OTHER_RSA), "key": private_pem(RSA)}, {}),
    ({"cert": "{vault://env/cert}", "key": "{vault://env/key}"}, {}),
    ({"cert": certificate(RSA)}, {"key": "required field missing"}),
    ({"cert": certificate(RSA), "key": private_pem(OTHER_RSA)}, {"@entity": ["certificate does not match key"]}),
    ({**PAIR, "cert_alt": certificate(EC)},
     {"@entity": ["all or none of these fields must be set: 'cert_alt', 'key_alt'"]}),
    ({**PAIR, "cert_alt": certificate(EC), "key_alt": private_pem(RSA)},
     {"@entity": ["alternative certificate does not match key"]}),
    ({**PAIR, "cert_alt": certificate(OTHER_RSA), "key_alt": private_pem(OTHER_RSA)}, {"@entity": [SAME_KIND]}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "fields"), CASES)
def test_pairs(given: dict[str, Any], fields: dict[str, Any]) -> None:
    assert fields_of("certificates", given) == fields


@pytest.mark.parametrize(
    ("field", "text", "start"),
    [
        ("cert", "nonsense", "invalid certificate: x509.new: "),
        ("cert", private_pem(RSA), "invalid certificate: x509.new: "),
        ("key", "nonsense", "invalid key: pkey.new: "),
        ("key", certificate(RSA), "invalid key: pkey.new: "),
        ("key", encrypted_pem(RSA), "invalid key: pkey.new: "),
    ],
)
def test_what_cannot_be_read(field: str, text: str, start: str) -> None:
    message = fields_of("certificates", {**PAIR, field: text})[field]
    assert message.startswith(start)
    assert "\n" not in message


@pytest.mark.parametrize(
    ("key", "hashed"),
    [
        (ed448.Ed448PrivateKey.generate(), False),
        (rsa.generate_private_key(65537, 1024), True),
        (ec.generate_private_key(ec.SECP256K1()), True),
    ],
)
def test_kinds_of_keys_that_few_clients_take(key: Any, hashed: bool) -> None:
    """They are presented to those that do, and told in the log and by `/status`."""
    assert fields_of("certificates", {"cert": certificate(key, hashed=hashed), "key": private_pem(key)}) == {}
