"""What has to be seen in a process of its own."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

ROOT = Path(__file__).parents[2]


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)


def test_a_cold_import_of_the_api_needs_no_solver_library() -> None:
    heavy = "('ortools', 'numba')"
    done = run(f"import sys, api.app; print([name for name in {heavy} if name in sys.modules])")
    assert done.stdout == "[]\n"


def test_lines_are_json_without_line_breaks() -> None:
    script = (
        "import structlog; from fieldsvc.logs import configure_logs; configure_logs();"
        "structlog.get_logger('x').info('request', route='a\\nb', status=200)"
    )
    done = run(script)
    (line,) = done.stderr.splitlines()
    told = json.loads(line)
    assert (told["event"], told["route"], told["level"]) == ("request", "a\nb", "info")
    assert done.stdout == ""


@pytest.fixture
def environ(sqlite_template: Path, tmp_path: Path) -> dict[str, str]:
    """Give the environment of a production process on a migrated, empty database."""
    path = tmp_path / "served.db"
    path.write_bytes(sqlite_template.read_bytes())
    return {
        **os.environ,
        "FIELDSVC_ENV": "production",
        "FIELDSVC_DATABASE_URL": f"sqlite:///{path}",
        "FIELDSVC_SECRET_KEY": "a secret key for tests, long enough",
        "FIELDSVC_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
        "PYTHONPATH": str(ROOT),
    }


@pytest.mark.server
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_embedded_server_answers_and_ends_cleanly(environ, tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "api.serve", "--port", "0"]
    server = subprocess.Popen(command, env=environ, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr is not None
        line = server.stderr.readline()
        assert line.startswith("Serving on http://127.0.0.1:"), line
        address = line.split()[2]
        with urllib.request.urlopen(f"{address}/readyz") as answer:
            assert json.load(answer)["status"] == "ready"
        server.send_signal(ending)
        _, rest = server.communicate(timeout=60)
    finally:
        server.kill()
    assert server.returncode == 0
    assert "Traceback" not in rest
    assert json.loads(rest.splitlines()[0])["route"] == "/readyz"


def test_wrong_settings_are_named_and_end_the_server(tmp_path: Path) -> None:
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "FIELDSVC_PORT": "many"}
    done = subprocess.run(
        [sys.executable, "-m", "api.serve"], env=environ, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "FIELDSVC_PORT" in done.stderr
    assert "FIELDSVC_SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_production_application_can_be_loaded(environ, tmp_path: Path) -> None:
    script = "from api.wsgi import application; print(application.test_client().get('/readyz').json['status'])"
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "ready\n"
