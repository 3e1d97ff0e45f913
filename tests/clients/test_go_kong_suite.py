"""go-kong's own tests, which lead every entity of an open gateway through its life, as its authors run them."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.clients.conftest import go
from tests.servers.gateway import Gateway

SOURCE = Path(__file__).parent / "go_kong"
# What a test of the suite may be skipped for: all else would hide that the gateway lacks something.
REASONS = (
    "non-Enterprise test Kong instance",
    "Not an AI Gateway instance",
    "kong version 3.5.0 not in range",
    "Key without set fails until",  # skipped by its authors for every gateway, as is what gives no reason
    '"wasm" is not enabled',
    "detected Kong running in dbmode",
    "router flavor:",
)
# It asks for the address that is the default when none is set; here one is.
ELSEWHERE = {"TestBaseRootURL"}
OFF = "|".join(
    ["TestKongConfig", "TestReloadDeclarativeRawConfig", "TestKongStatus", "TestRoot", "TestTestHTTPError"]
)
# mode: settings, which tests, and how many pass at least
MODES: dict[str, tuple[dict[str, str], str, int]] = {
    "store": ({}, ".", 150),
    "expressions": ({"router_flavor": "expressions"}, "Route", 3),
    "off": ({"database": "off"}, OFF, 3),
}
VERDICT = re.compile(r"^--- (PASS|FAIL|SKIP): (\S+)", re.MULTILINE)
SKIPPED = re.compile(r"^ +\S+_test\.go:\d+: (.*)\n *--- SKIP: ", re.MULTILINE)


@dataclass(frozen=True)
class Suite:
    """The program of the tests, and the folder with their data."""

    program: Path
    folder: Path


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """go-kong's tests, from the module's pinned sources."""
    program = tmp_path_factory.mktemp("go-kong") / "suite"
    package = "github.com/kong/go-kong/kong"
    go(SOURCE, "test", "-c", "-o", str(program), package)
    return Suite(program, Path(go(SOURCE, "list", "-f", "{{.Dir}}", package).strip()))


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def started(mode: str) -> Iterator[Gateway]:
    """A gateway of that mode, for itself: the suite deletes what it finds."""
    gateway = Gateway(MODES[mode][0])
    yield gateway
    gateway.stop()


@pytest.mark.timeout(300)
def test_the_suite_passes(mode: str, suite: Suite, started: Gateway) -> None:
    _, chosen, least = MODES[mode]
    done = subprocess.run(
        [suite.program, "-test.v", "-test.run", chosen],
        env=environment(started.admin),
        cwd=suite.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    verdicts = verdicts_of(done.stdout)
    failed = {name for name, verdict in verdicts.items() if verdict == "FAIL"} - ELSEWHERE
    assert not failed, done.stdout
    unknown = [reason for reason in reasons_of(done.stdout) if reason and not reason.startswith(REASONS)]
    assert not unknown, done.stdout
    assert sum(verdict == "PASS" for verdict in verdicts.values()) >= least, done.stdout


def environment(admin: str) -> Mapping[str, str]:
    return {"HOME": os.environ.get("HOME", "/"), "NO_PROXY": "*", "KONG_ADMIN_URL": admin}


def verdicts_of(output: str) -> dict[str, str]:
    """The verdict on each test."""
    return {name: verdict for verdict, name in VERDICT.findall(output)}


def reasons_of(output: str) -> list[str]:
    """Why tests were skipped."""
    reasons: list[str] = SKIPPED.findall(output)
    return reasons
