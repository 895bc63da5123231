"""Compiled kernels lie where they can be written, apart for each state of the sources."""

from pathlib import Path

import pytest

from solver.search import cache


@pytest.fixture(autouse=True)
def forgetful() -> None:
    cache.cache_folder.cache_clear()


def test_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FIELDSVC_KERNEL_CACHE", str(tmp_path))
    assert cache.cache_folder().parent == tmp_path
    assert not cache.is_warm()
    cache.mark_warm()
    assert cache.is_warm()
    cache.cache_folder.cache_clear()


def test_a_home_that_cannot_be_written_is_no_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    monkeypatch.delenv("FIELDSVC_KERNEL_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(cache.tempfile, "gettempdir", lambda: str(tmp_path))
    assert cache.cache_folder().parent.parent == tmp_path
    cache.cache_folder.cache_clear()


def test_a_change_of_the_sources_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = cache.cache_folder()
    cache.cache_folder.cache_clear()
    (tmp_path / "other.py").write_text("x = 1\n")
    monkeypatch.setattr(cache, "__file__", str(tmp_path / "cache.py"))
    assert cache.cache_folder() != before
    cache.cache_folder.cache_clear()


def test_another_checkout_of_the_same_sources_has_a_folder_of_its_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folders = set()
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cache.py").write_text("x = 1\n")
        monkeypatch.setattr(cache, "__file__", str(tmp_path / name / "cache.py"))
        folders.add(cache.cache_folder())
        cache.cache_folder.cache_clear()
    assert len(folders) == 2
