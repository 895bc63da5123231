"""Attachments lie in files that are there whole or not at all."""

import os
from pathlib import Path
from uuid import uuid4

import pytest

from fieldsvc.adapters.blobs import BlobStore


def test_what_was_written_is_read_and_removed(tmp_path: Path) -> None:
    store, one = BlobStore(tmp_path / "blobs"), uuid4()
    assert store.read(one) is None
    store.write(one, b"sealed")
    store.write(one, b"sealed anew")
    assert store.read(one) == b"sealed anew"
    store.remove(one)
    store.remove(one)
    assert store.read(one) is None


def test_what_can_not_be_written_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, one = BlobStore(tmp_path), uuid4()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        store.write(one, b"sealed")
    assert store.read(one) is None
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
