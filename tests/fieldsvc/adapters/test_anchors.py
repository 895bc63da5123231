"""The file of anchors: what is read is what was written, or it is not ours."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.domain.anchors import Anchor

ANCHOR = Anchor(7, "ab" * 32, datetime(2026, 3, 2, 12, 0, 1, 5, tzinfo=UTC))

LOCAL = '{"seq": 1, "hash": "%s", "at": "2026-03-02T12:00:00", "is_restore": false, "signature": ""}' % ("a" * 64)
ODD = '{"seq": 1, "hash": "\\ud83d", "at": "2026-03-02T12:00:00Z", "is_restore": false, "signature": ""}'


@pytest.fixture
def file(tmp_path: Path) -> AnchorFile:
    return AnchorFile(tmp_path / "anchors" / "file.jsonl", "a secret key for tests, long enough")


def test_what_is_written_is_read(file: AnchorFile) -> None:
    assert list(file.read()) == []
    for _ in range(2):
        file.append(ANCHOR)
    assert [(line.number, line.anchor, line.is_signed) for line in file.read()] == [
        (1, ANCHOR, True),
        (2, ANCHOR, True),
    ]


def test_every_byte_of_a_line_counts(file: AnchorFile) -> None:
    file.append(ANCHOR)
    written = file.path.read_bytes()
    for place in range(len(written) - 1):
        file.path.write_bytes(written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :])
        (line, *_) = file.read()
        assert not line.is_signed or line.anchor == ANCHOR, written[place:]


def test_what_was_broken_off_spoils_nothing_after_it(file: AnchorFile) -> None:
    file.append(ANCHOR)
    file.path.write_bytes(file.path.read_bytes()[:-40])
    file.append(ANCHOR)
    assert [(line.anchor, line.is_signed) for line in file.read()] == [(None, False), (ANCHOR, True)]
    assert file.last() == ANCHOR


def test_another_key_has_not_signed_it(file: AnchorFile) -> None:
    file.append(ANCHOR)
    (line,) = AnchorFile(file.path, "another secret key, as long as that").read()
    assert (line.anchor, line.is_signed) == (ANCHOR, False)


def test_anybody_can_check_a_signature_as_the_docs_say(file: AnchorFile) -> None:
    file.append(ANCHOR)
    told = json.loads(file.path.read_text())
    signature = base64.b64decode(told.pop("signature"))
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(file.public_key))
    key.verify(signature, json.dumps(told, sort_keys=True, separators=(",", ":")).encode())


@pytest.mark.parametrize(
    "line",
    ["", "{", "[]", "7", '{"seq": 1e999}', "[" * 5000, LOCAL, ODD, '{"seq": "x"}', '{"signature": "x"}', "\ufffd"],
)
def test_what_is_no_anchor_is_said_to_be_none(file: AnchorFile, line: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(f"{line}\n")
    assert [(one.anchor, one.is_signed) for one in file.read()] == [(None, False)]
