"""The demo as a person runs it: in a terminal, in some directory, copying what it prints."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
from cryptography.fernet import Fernet

from fieldsvc.cli import main
from fieldsvc.demo.serving import DemoRefused, check_port, serve_until_stopped

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[3]
DEMO = [sys.executable, "-m", "fieldsvc", "demo"]
DEADLINE_S = 120


def environment() -> dict[str, str]:
    """Give what a person's shell has, which is nothing of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("FIELDSVC_")}
    return {**kept, "PYTHONPATH": str(ROOT)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*DEMO, *arguments], cwd=cwd, env=environment(), capture_output=True, text=True, check=False, timeout=DEADLINE_S
    )


@dataclass(frozen=True)
class Started:
    """A demo in a session of its own, like the foreground of a terminal."""

    process: "subprocess.Popen[str]"
    out: Path
    directory: Path
    port: int

    def printed(self) -> str:
        return self.out.read_text()

    def wait_for(self, words: str) -> str:
        deadline = time.monotonic() + DEADLINE_S
        while words not in self.printed():
            assert self.process.poll() is None, f"the demo ended:\n{self.printed()}"
            assert time.monotonic() < deadline, f"no {words!r}:\n{self.printed()}"
            time.sleep(0.1)
        return self.printed()

    def press_ctrl_c(self) -> int:
        """Send what a terminal sends; the exit code, with every process it had gone."""
        family = psutil.Process(self.process.pid).children(recursive=True)
        os.killpg(self.process.pid, signal.SIGINT)
        code = self.process.wait(timeout=DEADLINE_S)
        _, alive = psutil.wait_procs(family, timeout=10)
        assert alive == []
        return code


@contextlib.contextmanager
def demo(directory: Path, *arguments: str) -> Iterator[Started]:
    out, port = directory / "printed.txt", free_port()
    with out.open("w") as printed:
        process = subprocess.Popen(
            [*DEMO, "--port", str(port), *arguments],
            cwd=directory,
            env=environment(),
            stdout=printed,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    try:
        yield Started(process, out, directory, port)
    finally:
        if process.poll() is None:
            for child in psutil.Process(process.pid).children(recursive=True):
                child.kill()
            process.kill()
            process.wait()


def test_what_it_prints_works_and_ctrl_c_ends_it(tmp_path: Path) -> None:
    with demo(tmp_path, "--time-limit", "2") as started:
        printed = started.wait_for("Serving; Ctrl-C stops.")
        for told in ("120 visits", "arrive", "start", "skill", "parts", "travel", "(van)", "pick up at warehouse-"):
            assert told in printed
        assert "Against a first-come plan" in printed
        answers = copied_into_bash(printed)
        route, accepted, plan, why, proposal = (json.loads(answer) for answer in answers)
        assert route["visits"][0]["visit"]["id"] == accepted["id"]
        assert accepted["state"] == "accepted"
        assert len(plan["routes"]) == 14
        assert why["causes"][0]["sentence"] in " ".join(re.sub("[│ \n]+", " ", printed).split())
        assert proposal["state"] == "applied"
        others_are_refused(started)
        assert started.press_ctrl_c() == 0
        assert started.printed().endswith("Stopped.\n")
        assert "Traceback" not in started.printed()
        check_port(started.port)
    assert evidence(tmp_path)[-1] == "No faults: the evidence holds."
    assert "entries, anchored up to " in evidence(tmp_path)[0]
    again = run("--no-serve", "--time-limit", "1", cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert "make demo PORT=8080" in again.stdout
    assert evidence(tmp_path)[-1] == "No faults: the evidence holds."  # of the new day, not of the one before


def evidence(directory: Path) -> list[str]:
    """What an operator is told of the demo's evidence."""
    demo_at = {"FIELDSVC_ENV": "demo", "FIELDSVC_DATABASE_URL": "sqlite:///var/demo.db"}
    command = [sys.executable, "-m", "fieldsvc", "audit", "verify"]
    done = subprocess.run(
        command, cwd=directory, env=environment() | demo_at, capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines()


def copied_into_bash(printed: str) -> list[str]:
    """Copy what stands below the heading into a shell; what each curl line answers."""
    lines = printed.partition("in another terminal:\n")[2].partition("\n\nServing")[0].splitlines()
    script = "\n".join(f"{line}; echo" if line.startswith("curl") else line for line in lines)
    done = subprocess.run(["bash", "-eu", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return [line for line in done.stdout.splitlines() if line]


def others_are_refused(started: Started) -> None:
    """Nobody takes the port or the database away from a demo that serves, and nobody begins what can't end well."""
    elsewhere = started.directory / "elsewhere"
    elsewhere.mkdir()
    same_port = run("--port", str(started.port), cwd=elsewhere)
    assert (same_port.returncode, same_port.stdout, list(elsewhere.iterdir())) == (1, "", [])
    (sentence,) = same_port.stderr.splitlines()
    assert f"Port {started.port} can't be used" in sentence
    assert "make demo PORT=" in sentence
    same_directory = run("--no-serve", cwd=started.directory)
    assert (same_directory.returncode, same_directory.stdout) == (1, "")
    assert len(same_directory.stderr.splitlines()) == 1
    assert started.process.poll() is None


def test_ctrl_c_while_it_plans_leaves_nothing_behind(tmp_path: Path) -> None:
    with demo(tmp_path, "--no-serve", "--time-limit", "100") as started:
        started.wait_for("Loaded 120 visits")
        solving_child(started)
        assert started.press_ctrl_c() == 130
        assert started.printed().endswith("Stopped.\n")
        assert "Traceback" not in started.printed()


def solving_child(started: Started) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not psutil.Process(started.process.pid).children():
        assert time.monotonic() < deadline, "no child solves"
        time.sleep(0.05)


def test_outside_a_checkout_it_says_what_to_do(tmp_path: Path) -> None:
    installed, directory = tmp_path / "site-packages", tmp_path / "here"
    directory.mkdir()
    for package in ("fieldsvc", "solver", "api"):
        shutil.copytree(ROOT / package, installed / package, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        DEMO,
        cwd=directory,
        env=environment() | {"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, list(directory.iterdir())) == (2, "", [])
    assert len(done.stderr.splitlines()) == 1
    assert "from a checkout" in done.stderr
    assert "make demo" in done.stderr


@pytest.mark.parametrize("wrong", [("--port", "0"), ("--port", "70000"), ("--time-limit", "0"), ("--time-limit", "x")])
def test_a_wrong_number_is_refused_with_what_is_right(
    capsys: pytest.CaptureFixture[str], wrong: tuple[str, str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["demo", *wrong])
    assert refused.value.code == 2
    assert f"argument {wrong[0]}: {wrong[1]!r} is no whole number from 1 to" in capsys.readouterr().err


@pytest.fixture
def served_environment(sqlite_template: Path, tmp_path: Path) -> dict[str, str]:
    """Give the settings of a demo whose database is empty."""
    shutil.copyfile(sqlite_template, tmp_path / "demo.db")
    return {
        **environment(),
        "FIELDSVC_DATABASE_URL": f"sqlite:///{tmp_path / 'demo.db'}",
        "FIELDSVC_SECRET_KEY": "a secret key for tests, long enough",
        "FIELDSVC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
    }


def kill(words: str) -> Callable[[], None]:
    def find_and_kill() -> None:
        (found,) = (one for one in psutil.Process().children() if words in one.cmdline())
        found.kill()

    return find_and_kill


@pytest.mark.parametrize(("words", "name"), [("worker", "worker"), ("api.serve", "api")])
def test_when_one_process_dies_the_other_is_stopped(
    served_environment: dict[str, str], tmp_path: Path, words: str, name: str
) -> None:
    told: list[str] = []
    port = free_port()
    assert serve_until_stopped(served_environment, tmp_path, port, told.append, kill(words)) == 1
    assert f"The {name} process ended by itself" in told[0]
    assert told[-1] == "Stopped."
    assert not [one for one in psutil.Process().children() if "fieldsvc" in one.cmdline()]
    check_port(port)


def test_a_process_that_can_not_start_says_why(served_environment: dict[str, str], tmp_path: Path) -> None:
    told: list[str] = []
    wrong = served_environment | {"FIELDSVC_SECRET_KEY": "short"}
    assert serve_until_stopped(wrong, tmp_path, free_port(), told.append, lambda: told.append("ready")) == 1
    assert "ready" not in told
    assert "FIELDSVC_SECRET_KEY" in told[0]


def test_a_port_that_may_not_be_used_is_told_before() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(DemoRefused, match="PORT="):
            check_port(taken.getsockname()[1])
