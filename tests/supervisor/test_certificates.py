import base64
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from gopura.settings import Settings
from gopura.supervisor.certificates import certificates
from gopura.supervisor.key_files import CertificateError, pem_of
from gopura.supervisor.prefix import Prefix


def make(prefix, **settings):
    made = Settings.load(None, {}, {"prefix": str(prefix), **settings})
    Prefix(made).prepare()
    return certificates(made, ["proxy_listen", "status_listen"])


def test_a_pair_is_generated_once(tmp_path):
    pairs = make(tmp_path)["proxy_listen"]
    kinds = [type(x509.load_pem_x509_certificate(Path(crt).read_bytes()).public_key()) for crt, _ in pairs]
    assert issubclass(kinds[0], rsa.RSAPublicKey)
    assert issubclass(kinds[1], ec.EllipticCurvePublicKey)
    assert [stat.S_IMODE(Path(key).stat().st_mode) for _, key in pairs] == [0o600, 0o600]
    before = [Path(crt).read_bytes() for crt, _ in pairs]
    assert [Path(crt).read_bytes() for crt, _ in make(tmp_path)["proxy_listen"]] == before


def test_only_listeners_with_tls_have_certificates(tmp_path):
    assert list(make(tmp_path)) == ["proxy_listen"]


@pytest.mark.parametrize("form", ["path", "pem", "base64", "wrapped"])
def test_configured_ones_may_be_paths_or_texts(tmp_path, form):
    crt, key = make(tmp_path / "source")["proxy_listen"][1]
    forms = {
        "path": lambda path: path,
        "pem": lambda path: Path(path).read_text(),
        "base64": lambda path: base64.b64encode(Path(path).read_bytes()).decode(),
        "wrapped": lambda path: base64.encodebytes(Path(path).read_bytes()).decode(),
    }
    (pair,) = make(tmp_path / "p", ssl_cert=forms[form](crt), ssl_cert_key=forms[form](key))["proxy_listen"]
    assert [Path(path).read_text().strip() for path in pair] == [
        Path(p).read_text().strip() for p in (crt, key)
    ]


def test_a_bad_one_is_named(tmp_path):
    with pytest.raises(
        CertificateError,
        match=r"ssl_cert: cannot read nothing\.pem: No such file or directory; it is no PEM text",
    ):
        make(tmp_path, ssl_cert="nothing.pem", ssl_cert_key="nothing.pem")


SHOWN = [
    ("/etc/ssl/key", True),
    ("~/key", True),
    ("key.pem", True),
    ("LS0tLS1CRUdJTiBF/QyBQUklWQVRFIEtFWS0tLS0t", False),
    ("MHcCAQEEIBF/QyBQUklWQVRFI\nEtFWS0tLS0t=", False),
    ("/etc ssl.key", False),
    ("." * 300, False),
]


@pytest.mark.parametrize(("source", "shown"), SHOWN)
def test_only_what_looks_like_a_path_is_told(source, shown):
    with pytest.raises(CertificateError) as caught:
        pem_of("ssl_cert_key", source)
    assert (source in str(caught.value)) == shown
