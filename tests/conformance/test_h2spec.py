"""h2spec: HTTP/2 (RFC 7540, RFC 7541) as its conformance suite has it, against a route that answers."""

import os
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from tests.servers.echo import Echo
from tests.servers.gateway import Gateway

SOURCE = Path(__file__).parent / "h2spec"
CASES = 146


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    go = shutil.which("go")
    assert go, "Go builds h2spec: run `make test`, which brings it"
    binary = tmp_path_factory.mktemp("h2spec") / "h2spec"
    build = [go, "build", "-mod=readonly", "-o", str(binary), "github.com/summerwind/h2spec/cmd/h2spec"]
    done = subprocess.run(build, cwd=SOURCE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return binary


@pytest.mark.parametrize("port", ["tls_port", "proxy_port"])
def test_every_case_passes(port: str, program: Path, gateway: Gateway, echo: Echo, tmp_path: Path) -> None:
    with gateway.client() as admin:
        admin.put("/services/h2", json={"url": f"{echo.url}/bytes/2000"}).raise_for_status()
        admin.put("/services/h2/routes/h2", json={"paths": ["/"]}).raise_for_status()
    report = tmp_path / "report.xml"
    words = ["-h", gateway.host, "-p", str(getattr(gateway, port)), "-P", "/", "-S", "-j", str(report)]
    if port == "tls_port":
        words += ["-t", "-k"]
    done = subprocess.run(
        [program, *words], env=dict(os.environ), capture_output=True, text=True, timeout=100, check=False
    )
    cases = list(ET.parse(report).getroot().iter("testcase"))
    failed = [case.get("classname") for case in cases if case.find("failure") is not None]
    assert not failed, done.stdout
    assert len(cases) == CASES
