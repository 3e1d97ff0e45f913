import json
import logging
import re

import pytest

from gopura import logs
from gopura.settings import Settings


@pytest.fixture
def configure(tmp_path):
    """Configures the root logger, and puts it back afterwards."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level

    def with_settings(foreground=False, **settings):
        root.handlers[:] = []
        made = Settings.load(None, {}, {"prefix": str(tmp_path), **settings})
        logs.configure(made, made.proxy_error_log, foreground)
        return tmp_path / "logs" / "error.log"

    yield with_settings
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(False)


LEVELS = [
    (logging.DEBUG, "debug"),
    (logging.INFO, "info"),
    (logs.NOTICE, "notice"),
    (logging.WARNING, "warn"),
    (logging.ERROR, "error"),
    (logging.CRITICAL, "crit"),
    (logs.ALERT, "alert"),
    (logs.EMERG, "emerg"),
    (35, "warn"),
]


@pytest.mark.parametrize(("number", "name"), LEVELS)
def test_level_names(number, name):
    assert logs.level_name(number) == name


def test_a_line_looks_like_nginx(configure):
    path = configure()
    logging.getLogger("gopura.x").error("it %s", "broke")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[error\] \d+#0: it broke\n", path.read_text())


def test_a_line_as_json(configure):
    path = configure(log_format="json")
    logging.getLogger("gopura.x").error("it broke", exc_info=ValueError("inside"))
    line = json.loads(path.read_text())
    assert (line["level"], line["message"], line["logger"]) == ("error", "it broke", "gopura.x")
    assert "ValueError: inside" in line["traceback"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


def test_only_levels_that_are_severe_enough_are_written(configure):
    path = configure(log_level="warn")
    logging.getLogger("gopura.x").log(logs.NOTICE, "small")
    logging.getLogger("gopura.x").warning("large")
    logs.set_level("debug")
    logging.getLogger("gopura.x").debug("tiny")
    assert [line.split(": ")[1] for line in path.read_text().splitlines()] == ["large", "tiny"]


def test_the_foreground_sees_it_too(configure, capsys):
    path = configure(foreground=True)
    logging.getLogger("gopura.x").error("it broke")
    assert capsys.readouterr().err == path.read_text()


def test_a_standard_stream_gets_each_line_once(configure, capsys):
    configure(foreground=True, proxy_error_log="/dev/stderr")
    logging.getLogger("gopura.x").error("it broke")
    assert capsys.readouterr().err.count("it broke") == 1


def test_a_log_that_cannot_be_written_is_named_and_the_old_ones_stay(configure, tmp_path):
    path = configure()
    (tmp_path / "file").write_text("")
    made = Settings.load(None, {}, {"prefix": str(tmp_path)})
    with pytest.raises(logs.LogError, match=r"cannot write to the log .*file/sub/x.log: Not a directory"):
        logs.configure(made, "file/sub/x.log", foreground=False)
    logging.getLogger("gopura.x").error("still here")
    assert "still here" in path.read_text()


def test_rotation(configure):
    path = configure()
    logging.getLogger("gopura.x").error("before")
    path.rename(path.with_suffix(".1"))
    logs.reopen()
    logging.getLogger("gopura.x").error("after")
    assert "after" in path.read_text()
    assert "after" not in path.with_suffix(".1").read_text()
