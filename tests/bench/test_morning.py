"""The morning of a tiny company, on a real server: everything is asked, and all of it is answered well."""

import json

import pytest

from bench import morning
from bench.__main__ import main


@pytest.mark.server
@pytest.mark.postgres
def test_a_tiny_morning(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(morning, "_THINKS_S", 0.01)
    asked = "bench morning --phones 2 --dispatchers 1 --visits 2 --spread 0.2 --seeds 1 --processes 1 --no-save"
    monkeypatch.setattr("sys.argv", asked.split())
    assert main() == 0
    printed = capsys.readouterr().out
    told = json.loads(printed.splitlines()[-1].removeprefix("RESULT "))
    assert told["failures"] == 0, printed
    assert {"first pull", "pull of changes", "pull of nothing", "push", "desk /plan"} <= told["p95_ms"].keys()


def test_what_is_not_answered_well_is_told() -> None:
    from bench.phones.client import NoNetwork, Reply  # noqa: PLC0415 -- as in the command

    timings = morning.Timings()
    timings.timed("push", lambda: Reply(503, {"code": "busy"}))
    timings.timed("push", lambda: Reply(200, {}))

    def unheard() -> Reply:
        raise NoNetwork("reset")

    assert timings.timed("push", unheard).status == 0
    assert timings.failures == ["push: 503 busy", "push: 0 reset"]
    assert len(timings.seconds["push"]) == 3
