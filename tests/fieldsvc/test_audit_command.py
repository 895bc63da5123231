"""`fieldsvc audit` and `fieldsvc restored` as an operator types them; and the anchors a worker writes."""

from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.adapters.travel import read_travel
from fieldsvc.bootstrap import build
from fieldsvc.cli import main
from fieldsvc.config import load_settings
from fieldsvc.worker import WorkerPorts, anchor_evidence
from tests.fieldsvc.cast import build_cast
from tests.fieldsvc.stage import Stage

SECRET = "a secret key for tests, long enough"


@pytest.fixture
def stage(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    environ = {
        "FIELDSVC_DATABASE_URL": database_url,
        "FIELDSVC_SECRET_KEY": SECRET,
        "FIELDSVC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "FIELDSVC_ANCHOR_FILE": str(tmp_path / "kept" / "anchors.jsonl"),
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    application = build(load_settings(environ, tmp_path))
    stage = Stage(application.database, build_cast(application.database))
    stage.walk("accept")
    yield stage
    application.database.dispose()


def test_what_holds(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out.startswith("3 entries, none of them anchored.\n")
    assert (main(["audit", "anchor"]), main(["audit", "anchor"])) == (0, 0)
    assert capsys.readouterr().out == "Anchored up to entry 3.\nNothing has changed since the last anchor.\n"
    stage.walk("depart")
    assert main(["audit", "verify"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("4 entries, anchored up to 3 at ")
    assert "; 1 came later, unanchored.\n" in said
    assert said.endswith("No faults: the evidence holds.\n")


def test_what_does_not(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    with stage.database.engine.begin() as connection:
        connection.execute(text("UPDATE change_counter SET last_change_no = 7"))
    assert main(["audit", "verify"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert (said[0], said[-1]) == ("The counter stands at 7, the chain ends at 3.", "1 faults.")


def test_a_restored_backup_begins_an_epoch_and_is_anchored(stage: Stage, tmp_path: Path, capsys) -> None:
    assert main(["restored"]) == 0
    (line,) = AnchorFile(tmp_path / "kept" / "anchors.jsonl", SECRET).read()
    assert line.anchor is not None
    assert (line.anchor.seq, line.anchor.is_restore, line.is_signed) == (3, True, True)
    assert main(["audit", "verify"]) == 0
    assert "anchored up to 3" in capsys.readouterr().out


def test_a_worker_anchors_what_is_new_and_lives_on_where_it_can_t(stage: Stage, tmp_path: Path) -> None:
    def anchors_at(path: Path) -> bool:
        return anchor_evidence(WorkerPorts(stage.database, read_travel(""), 20, 1, anchors=AnchorFile(path, SECRET)))

    assert [anchors_at(tmp_path / "anchors") for _ in range(2)] == [True, False]
    stage.walk("depart")
    assert anchors_at(tmp_path / "anchors")
    assert anchors_at(tmp_path) is False  # a directory is no file


def test_keys_that_open_nothing_are_told_in_a_sentence(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["keys", "rotate"]) == 0
    monkeypatch.setenv("FIELDSVC_ENCRYPTION_KEYS", Fernet.generate_key().decode())
    capsys.readouterr()
    assert main(["keys", "rotate"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("FIELDSVC_ENCRYPTION_KEYS don't open")
    assert said.count("\n") == 1
