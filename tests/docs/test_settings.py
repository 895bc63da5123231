"""The table of settings in docs/operations.md says what `fieldsvc.config` does."""

import base64
import re
from dataclasses import fields
from pathlib import Path

import pytest

from fieldsvc.config import Settings, SettingsError, load_settings

PAGE = (Path(__file__).resolve().parents[2] / "docs/operations.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `FIELDSVC_(\w+)` \| (.+?) \| (.*?) ?\| (.*?) ?\| (.+) \|$", PAGE, re.MULTILINE)
NO_DEFAULT = {
    "FIELDSVC_SECRET_KEY": "s" * 32,
    "FIELDSVC_ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
}
LIMITS = [(name, low, high) for name, _, low, high, _ in ROWS if low]


def test_every_setting_has_its_row_in_order() -> None:
    assert [name.lower() for name, *_ in ROWS] == [field.name for field in fields(Settings)]


def test_defaults(tmp_path: Path) -> None:
    settings = load_settings(NO_DEFAULT, tmp_path)
    stated = {name: default.strip("`") for name, default, *_ in ROWS if default != "none"}
    assert stated == {name: str(getattr(settings, name.lower())) for name in stated}
    without = {name for name, default, *_ in ROWS if default == "none"}
    assert {f"FIELDSVC_{name}" for name in without if getattr(settings, name.lower())} == set(NO_DEFAULT)


@pytest.mark.parametrize(("name", "low", "high"), LIMITS)
def test_limits(name: str, low: str, high: str, tmp_path: Path) -> None:
    variable = f"FIELDSVC_{name}"
    for value in (low, high):
        assert str(getattr(load_settings({**NO_DEFAULT, variable: value}, tmp_path), name.lower())) == value
    with pytest.raises(SettingsError) as refused:
        load_settings({**NO_DEFAULT, variable: "-1"}, tmp_path)
    assert f"a number from {low} to {high}." in str(refused.value)


def test_the_secrets_have_no_default(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({}, tmp_path)
    assert len(refused.value.faults) == len(NO_DEFAULT)
    assert all(any(name in fault for fault in refused.value.faults) for name in NO_DEFAULT)
