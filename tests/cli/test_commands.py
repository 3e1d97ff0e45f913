"""Commands as a user types them; those that need running processes are in tests/e2e."""

import pytest
from click.testing import CliRunner

from gopura.cli import main
from gopura.release import VERSION
from gopura.settings import SETTINGS

COMMANDS = [
    "check",
    "config",
    "health",
    "migrations",
    "plugin",
    "prepare",
    "quit",
    "reload",
    "restart",
    "start",
    "stop",
    "vault",
    "version",
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    def run(*words, **environ):
        # Root or not, nobody has to be told whom the processes would run as.
        environment = {"GOPURA_PREFIX": str(tmp_path / "prefix"), "GOPURA_NGINX_USER": "root", **environ}
        return CliRunner().invoke(main, words, env=environment)

    return run


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(run, command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--help" in result.output


@pytest.mark.parametrize("command", [[], ["config"], ["migrations"], ["plugin"], ["vault"]])
def test_lists_of_commands_tell_each_in_one_whole_line(run, command):
    listed = run(*command, "--help").output.partition("Commands:\n")[2].splitlines()
    assert listed
    assert all(line.startswith("  ") and line.endswith(".") and "..." not in line for line in listed)


@pytest.mark.parametrize("command", ["stop", "quit", "reload", "health"])
def test_what_does_not_run_cannot_be_controlled(run, tmp_path, command):
    result = run(command)
    assert (result.exit_code, result.output) == (
        1,
        f"Error: gopura is not running in {tmp_path / 'prefix'}\n",
    )


@pytest.mark.parametrize("command", ["stop", "quit", "health"])
def test_what_would_keep_it_from_starting_keeps_nobody_from_stopping_it(run, command):
    faults = {"KONG_PG_PASSWORD": "{vault://env/gone}", "GOPURA_LOG_LEVEL": "loud", "KONG_NONSENSE": "1"}
    assert "is not running in" in run(command, **faults).output
    assert run(command, GOPURA_PREFIX="{vault://env/gone}").output.startswith("Error: environment variable")


@pytest.mark.parametrize("command", ["start", "restart"])
def test_templates_for_nginx_are_not_ignored(run, command):
    result = run(command, "--nginx-conf", "custom.template")
    assert (result.exit_code, result.output[:27]) == (1, "Error: there is no nginx he")


def test_all_faults_of_the_settings_are_told_without_a_traceback(run):
    result = run("start", GOPURA_LOG_LEVEL="loud", KONG_PG_SSL="x")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Error: environment variable KONG_PG_SSL: pg_ssl: `x` is not allowed")


def test_a_prefix_that_cannot_be_written_names_the_setting(run, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("start", "-p", f"{tmp_path}/file/prefix")
    assert result.exit_code == 1
    assert (
        result.output
        == f"Error: cannot write to prefix {tmp_path}/file/prefix (set by command line): Not a directory\n"
    )


def test_a_log_that_cannot_be_written(run, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("start", GOPURA_PROXY_ERROR_LOG=f"{tmp_path}/file/sub/error.log")
    assert result.exit_code == 1
    assert result.output == f"Error: cannot write to the log {tmp_path}/file/sub/error.log: Not a directory\n"


def test_check(run, tmp_path):
    good, bad = tmp_path / "good.conf", tmp_path / "bad.conf"
    good.write_text("log_level = debug\nlua_socket_pool_size = 1")
    bad.write_text("log_levle = debug")
    assert run("check", str(good)).output == (
        f"Notice: {good}:2: lua_socket_pool_size has no effect: "
        "Lua runs here without sockets and without modules in C\n"
        f"configuration at {good} is valid\n"
    )
    assert run("check").output == "configuration of the environment (there is no file) is valid\n"
    result = run("check", "-c", str(bad))
    assert result.exit_code == 1
    assert result.output == f"Error: {bad}:1: log_levle: is not a known setting; did you mean `log_level`?\n"


def test_notices_come_with_a_check_and_a_start_only(run):
    told = "Notice: ignored, as settings of Kong's paid edition: KONG_PORTAL\n"
    assert run("check", KONG_PORTAL="on").output.startswith(told)
    for command in (["prepare"], ["migrations", "bootstrap"], ["stop"], ["config", "init", "/dev/null"]):
        assert "Notice" not in run(*command, KONG_PORTAL="on").output
    result = run("check", "--strict", KONG_PORTAL="on")
    assert (result.exit_code, result.output) == (
        1,
        "Error: environment variable KONG_PORTAL: portal: is a setting of Kong's paid edition\n",
    )


def test_check_lists_every_setting(run):
    listed = {line.split(" = ")[0].lstrip("#") for line in run("check", "--list").output.splitlines()}
    assert set(SETTINGS) <= listed


def test_version(run):
    assert run("version").output == run("--version").output == f"{VERSION}\n"
    assert "compatible with Kong Gateway 3.5" in run("version", "-a").output


def test_prepare(run, tmp_path):
    assert run("prepare").output == f"prepared {tmp_path / 'prefix'}\n"
    assert (tmp_path / "prefix" / "ssl" / "default-ecdsa.key").exists()


def test_migrations_of_an_embedded_database(run):
    assert run("migrations", "status").exit_code == 3
    assert run("migrations", "bootstrap").output == "database is bootstrapped\n"
    assert run("migrations", "bootstrap").output == "database is bootstrapped already\n"
    assert run("migrations", "up").output == "no migration is missing\n"
    assert run("migrations", "finish").exit_code == 0
    assert run("migrations", "status").exit_code == 0
    assert run("migrations", "list").output.startswith("executed ")
    assert run("migrations", "up", "-q", "-f", "--db-timeout", "5").output == ""
    assert run("migrations", "reset", "--yes").output == "database is empty\n"
    assert run("migrations", "status").exit_code == 3


def test_migrations_without_tables(run):
    result = run("migrations", "up", GOPURA_DATABASE="off")
    assert (result.exit_code, result.output) == (1, "Error: database = off has no tables\n")
