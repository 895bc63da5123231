import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fieldsvc.config import SettingsError, load_settings

KEY = base64.urlsafe_b64encode(b"k" * 32).decode()
COMPLETE = {"FIELDSVC_SECRET_KEY": "s" * 32, "FIELDSVC_ENCRYPTION_KEYS": KEY}


def test_production_needs_only_its_secrets(tmp_path: Path) -> None:
    settings = load_settings(COMPLETE, tmp_path)
    assert (settings.env, settings.database_url) == ("production", "sqlite:///var/fieldsvc.db")
    assert (settings.run_lease_s, settings.access_token_s, settings.port) == (20, 600, 8080)
    assert list(tmp_path.iterdir()) == []


def test_a_search_leaves_one_processor_to_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for usable, workers in ((1, 1), (2, 1), (8, 7)):
        monkeypatch.setattr("os.sched_getaffinity", lambda _pid, count=usable: set(range(count)))
        assert load_settings(COMPLETE, tmp_path).processors == workers
    assert load_settings({**COMPLETE, "FIELDSVC_SOLVE_WORKERS": "3"}, tmp_path).processors == 3


def test_customers_reach_it_where_it_is_served_unless_told(tmp_path: Path) -> None:
    assert load_settings({**COMPLETE, "FIELDSVC_PORT": "9000"}, tmp_path).public_url == "http://127.0.0.1:9000"
    told = {**COMPLETE, "FIELDSVC_PUBLIC_URL": "https://service.example/"}
    assert load_settings(told, tmp_path).public_url == "https://service.example"
    with pytest.raises(SettingsError, match="FIELDSVC_PUBLIC_URL has to begin"):
        load_settings({**COMPLETE, "FIELDSVC_PUBLIC_URL": "service.example"}, tmp_path)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    wrong = {
        "FIELDSVC_ENV": "staging",
        "FIELDSVC_DATABASE_URL": "mysql://nowhere",
        "FIELDSVC_SECRET_KEY": "short",
        "FIELDSVC_ENCRYPTION_KEYS": f"{KEY},not a key",
        "FIELDSVC_PORT": "65536",
        "FIELDSVC_GEOFENCE_M": "1.5",
        "FIELDSVC_WORKER_POLL_S": "nan",
    }
    with pytest.raises(SettingsError) as refused:
        load_settings(wrong, tmp_path)
    assert len(refused.value.faults) == len(wrong)
    for name in wrong:
        assert sum(name in fault for fault in refused.value.faults) == 1


def test_production_makes_no_secrets(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="FIELDSVC_SECRET_KEY"):
        load_settings({}, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_demo_makes_its_secrets_once_for_all_processes(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: load_settings({"FIELDSVC_ENV": "demo"}, tmp_path / "var"), range(8)))
    assert len({(settings.secret_key, settings.encryption_keys) for settings in made}) == 1
    (kept,) = (tmp_path / "var").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_settings_do_not_show_their_secrets(tmp_path: Path) -> None:
    shown = repr(load_settings(COMPLETE, tmp_path))
    assert "s" * 32 not in shown
    assert KEY not in shown
