"""Environment to frozen settings: everything is read once at the start, and every fault is named at once."""

import base64
import binascii
import json
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")

_MIN_SECRET_LENGTH = 32
_KINDS = ("demo", "production")
# A demo begins with an empty database, and with no anchors of the one before.
DEMO_ANCHORS = "demo-anchors.jsonl"
DEMO_BLOBS = "demo-blobs"


class SettingsError(Exception):
    """The environment does not describe a system that could run; `faults` names all that is wrong."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        super().__init__("The settings are wrong:\n" + "\n".join(f"  - {fault}" for fault in faults))


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process needs to know before it starts. Each field is the variable FIELDSVC_<NAME>.

    secret_key signs tokens and makes search indexes; encryption_keys seal personal data, the first one seals and
    all of them open. solve_workers: processors that the search of a run uses; 0 = all but one. travel_table: file
    of known travel times; empty = all are estimated. anchor_file: where the evidence chain is anchored.
    blob_directory: where attachments lie, sealed. public_url: where customers reach this system; it is printed on
    reports. currency: of all prices. oidc_issuer: an identity provider whose ID tokens sign in; empty = none.
    """

    env: str
    database_url: str
    secret_key: str = field(repr=False)
    encryption_keys: tuple[str, ...] = field(repr=False)
    host: str
    port: int
    access_token_s: int
    refresh_token_s: int
    link_token_s: int
    sign_in_window_s: int
    sign_in_failures: int
    geofence_m: int
    cancel_notice_s: int
    tacit_acceptance_s: int
    dispute_window_s: int
    dispatch_hour: int
    run_lease_s: int
    worker_poll_s: float
    max_visits_per_run: int
    max_disrupted_visits: int
    count_approval_cents: int
    max_solve_s: int
    solve_workers: int
    max_body_bytes: int
    max_blob_bytes: int
    max_import_bytes: int
    blob_directory: str
    travel_table: str
    anchor_file: str
    anchor_s: int
    public_url: str
    currency: str
    keep_answers_days: int
    oidc_issuer: str
    oidc_audience: str
    oidc_claim: str

    @property
    def processors(self) -> int:
        """For the search of a run: those set, else all but one of those that this process may use, one at least."""
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return self.solve_workers or min(256, max(1, usable - 1))


class _Reader:
    """Reads one variable after the other and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.faults: list[str] = []

    def text(self, name: str, default: str) -> str:
        return self._environ.get(f"FIELDSVC_{name}", "") or default

    def number(self, name: str, default: Value, parse: Callable[[str], Value], low: Value, high: Value) -> Value:
        raw = self.text(name, str(default))
        try:
            value = parse(raw)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:  # type: ignore[operator]  # int or float, as parse says
            self.faults.append(f"FIELDSVC_{name} is {raw!r}; it has to be a number from {low} to {high}.")
            return default
        return value

    def whole(self, name: str, default: int, low: int, high: int) -> int:
        return self.number(name, default, int, low, high)


def load_settings(environ: Mapping[str, str], directory: Path) -> Settings:
    """Return the settings an environment describes, or raise SettingsError.

    In a demo the secrets nobody set are made once and kept in `directory`; in production they have to be set.
    """
    read = _Reader(environ)
    env = read.text("ENV", "production")
    if env not in _KINDS:
        read.faults.append(f"FIELDSVC_ENV is {env!r}; it has to be one of {', '.join(_KINDS)}.")
    kept = _kept_secrets(directory) if env == "demo" else {}
    host, port = read.text("HOST", "127.0.0.1"), read.whole("PORT", 8080, 0, 65_535)
    settings = Settings(
        env=env,
        database_url=_database_url(read),
        secret_key=_secret_key(read, kept),
        encryption_keys=_encryption_keys(read, kept),
        host=host,
        port=port,
        access_token_s=read.whole("ACCESS_TOKEN_S", 600, 30, 3600),
        refresh_token_s=read.whole("REFRESH_TOKEN_S", 30 * 86_400, 600, 366 * 86_400),
        link_token_s=read.whole("LINK_TOKEN_S", 90 * 86_400, 600, 366 * 86_400),
        sign_in_window_s=read.whole("SIGN_IN_WINDOW_S", 900, 1, 86_400),
        sign_in_failures=read.whole("SIGN_IN_FAILURES", 10, 1, 1000),
        geofence_m=read.whole("GEOFENCE_M", 300, 1, 100_000),
        tacit_acceptance_s=read.whole("TACIT_ACCEPTANCE_S", 7 * 86_400, 3600, 366 * 86_400),
        dispute_window_s=read.whole("DISPUTE_WINDOW_S", 30 * 86_400, 3600, 3660 * 86_400),
        cancel_notice_s=read.whole("CANCEL_NOTICE_S", 86_400, 0, 30 * 86_400),
        dispatch_hour=read.whole("DISPATCH_HOUR", 18, 0, 24),
        run_lease_s=read.whole("RUN_LEASE_S", 20, 1, 600),
        worker_poll_s=read.number("WORKER_POLL_S", 0.5, float, 0.01, 60.0),
        max_visits_per_run=read.whole("MAX_VISITS_PER_RUN", 5000, 1, 100_000),
        max_disrupted_visits=read.whole("MAX_DISRUPTED_VISITS", 50, 0, 100_000),
        count_approval_cents=read.whole("COUNT_APPROVAL_CENTS", 10_000, 0, 10**12),
        max_solve_s=read.whole("MAX_SOLVE_S", 600, 1, 86_400),
        solve_workers=read.whole("SOLVE_WORKERS", 0, 0, 256),
        max_body_bytes=read.whole("MAX_BODY_BYTES", 1_000_000, 1000, 100_000_000),
        max_blob_bytes=read.whole("MAX_BLOB_BYTES", 50_000_000, 1000, 500_000_000),
        max_import_bytes=read.whole("MAX_IMPORT_BYTES", 20_000_000, 1000, 100_000_000),
        blob_directory=read.text("BLOB_DIRECTORY", str(directory / DEMO_BLOBS) if env == "demo" else "var/blobs"),
        travel_table=_travel_table(read, env, directory),
        anchor_file=read.text("ANCHOR_FILE", str(directory / DEMO_ANCHORS) if env == "demo" else "var/anchors.jsonl"),
        anchor_s=read.whole("ANCHOR_S", 600, 10, 86_400),
        public_url=_public_url(read, f"http://{host}:{port}"),
        currency=_currency(read),
        keep_answers_days=read.whole("KEEP_ANSWERS_DAYS", 60, 30, 3660),
        oidc_issuer=_oidc_issuer(read),
        oidc_audience=read.text("OIDC_AUDIENCE", ""),
        oidc_claim=read.text("OIDC_CLAIM", "preferred_username"),
    )
    if read.faults:
        raise SettingsError(read.faults)
    return settings


def _public_url(read: _Reader, served_at: str) -> str:
    """Where customers reach this system; where nobody said, as it is served here."""
    url = read.text("PUBLIC_URL", served_at).rstrip("/")
    if not url.startswith(("https://", "http://")):
        read.faults.append("FIELDSVC_PUBLIC_URL has to begin with https:// or http://.")
    return url


def _oidc_issuer(read: _Reader) -> str:
    """Whose word is taken for who somebody is; empty = nobody's."""
    issuer = read.text("OIDC_ISSUER", "")
    if issuer and not issuer.startswith(("https://", "http://127.0.0.1", "http://localhost", "http://[::1]")):
        read.faults.append("FIELDSVC_OIDC_ISSUER has to begin with https://.")
    if issuer and not read.text("OIDC_AUDIENCE", ""):
        read.faults.append("FIELDSVC_OIDC_AUDIENCE has to be set with FIELDSVC_OIDC_ISSUER: the client id there.")
    return issuer


def _currency(read: _Reader) -> str:
    """The currency of all prices, by its ISO 4217 code."""
    code = read.text("CURRENCY", "EUR")
    if len(code) != 3 or not (code.isascii() and code.isalpha() and code.isupper()):
        read.faults.append(f"FIELDSVC_CURRENCY is {code!r}; it has to be a code of ISO 4217, such as EUR.")
    return code


def _travel_table(read: _Reader, env: str, directory: Path) -> str:
    """The file of known travel times; in a demo the one it keeps, if it is there. Empty = everything is estimated."""
    kept = directory / "travel.npz"
    path = read.text("TRAVEL_TABLE", str(kept) if env == "demo" and kept.exists() else "")
    if path and not Path(path).is_file():
        read.faults.append(f"FIELDSVC_TRAVEL_TABLE is {path!r}; there is no such file.")
    return path


def _database_url(read: _Reader) -> str:
    url = read.text("DATABASE_URL", "sqlite:///var/fieldsvc.db")
    if not url.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        read.faults.append("FIELDSVC_DATABASE_URL has to begin with sqlite:/// or postgresql://.")
    return url


def _secret_key(read: _Reader, kept: Mapping[str, str]) -> str:
    key = read.text("SECRET_KEY", kept.get("secret_key", ""))
    if len(key) < _MIN_SECRET_LENGTH:
        read.faults.append(f"FIELDSVC_SECRET_KEY has to have at least {_MIN_SECRET_LENGTH} characters.")
    return key


def _encryption_keys(read: _Reader, kept: Mapping[str, str]) -> tuple[str, ...]:
    raw = read.text("ENCRYPTION_KEYS", kept.get("encryption_key", ""))
    keys = tuple(part.strip() for part in raw.split(",") if part.strip())
    if not keys or not all(map(_is_fernet_key, keys)):
        read.faults.append(
            "FIELDSVC_ENCRYPTION_KEYS has to hold one or more keys, separated by commas, each of 32 bytes in "
            "URL-safe base64; the first one seals, all of them open."
        )
    return keys


def _is_fernet_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key.encode(), altchars=b"-_", validate=True)) == 32
    except (binascii.Error, UnicodeEncodeError):
        return False


def _kept_secrets(directory: Path) -> dict[str, str]:
    """Read the demo's secrets, making them first if there are none; the first of several processes wins."""
    path = directory / "secrets.json"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        made = {
            "secret_key": secrets.token_urlsafe(48),
            "encryption_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        with tempfile.NamedTemporaryFile("w", dir=directory, delete=False) as file:  # readable by the owner only
            json.dump(made, file)
        draft = Path(file.name)
        try:
            os.link(draft, path)  # fails if another process was faster, and never shows half a file
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept: dict[str, str] = json.loads(path.read_text())
    return kept
