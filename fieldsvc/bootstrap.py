"""The composition root: the one place where settings become working parts."""

from dataclasses import dataclass
from pathlib import Path

from fieldsvc.adapters.anchors import AnchorFile
from fieldsvc.adapters.blobs import BlobStore
from fieldsvc.adapters.identity import IdentityProvider
from fieldsvc.adapters.ids import TimeOrderedIds
from fieldsvc.adapters.passwords import Passwords
from fieldsvc.adapters.tokens import AccessTokens
from fieldsvc.adapters.travel import TravelTimes, read_travel
from fieldsvc.config import Settings
from fieldsvc.dispatching.desk import DispatchDesk, ResidentDesk
from fieldsvc.domain.clock import Clock, SystemClock
from fieldsvc.domain.ids import IdSource
from fieldsvc.models.sealing import Sealer
from fieldsvc.persistence.database import Database


@dataclass(frozen=True, slots=True)
class Application:
    """Everything a face of the system (HTTP, command line, worker) works with."""

    settings: Settings
    database: Database
    clock: Clock
    ids: IdSource
    tokens: AccessTokens
    passwords: Passwords
    travel: TravelTimes
    desk: DispatchDesk
    anchors: AnchorFile
    blobs: BlobStore
    identities: IdentityProvider | None


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    ids: IdSource | None = None,
    passwords: Passwords | None = None,
    database: Database | None = None,
) -> Application:
    """Put the parts together; nothing is connected yet. database: None = the one that the settings name."""
    clock = clock or SystemClock()
    ids = ids or TimeOrderedIds()
    if database is None:
        sealer = Sealer(settings.encryption_keys, settings.secret_key)
        database = Database.at(settings.database_url, sealer, clock, ids)
    travel = read_travel(settings.travel_table)
    return Application(
        settings=settings,
        database=database,
        clock=clock,
        ids=ids,
        tokens=AccessTokens(settings.secret_key, clock, settings.access_token_s),
        passwords=passwords or Passwords(),
        travel=travel,
        desk=ResidentDesk(database, travel),
        anchors=AnchorFile(Path(settings.anchor_file), settings.secret_key),
        blobs=BlobStore(Path(settings.blob_directory)),
        identities=_identities(settings, clock),
    )


def _identities(settings: Settings, clock: Clock) -> IdentityProvider | None:
    if not settings.oidc_issuer:
        return None
    return IdentityProvider(settings.oidc_issuer, settings.oidc_audience, settings.oidc_claim, clock)
