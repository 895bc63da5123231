"""What is photographed at a visit: the word of it, and the bytes, in whichever order they come."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from cryptography.fernet import InvalidToken
from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import defer

from fieldsvc.adapters.blobs import BlobStore
from fieldsvc.adapters.pictures import Unreadable, without_place
from fieldsvc.domain.actor import Actor
from fieldsvc.domain.errors import Busy, Erased, Fault, Invalid, NotFound
from fieldsvc.domain.media import MediaType, PhotoStage, told_by_content
from fieldsvc.domain.permissions import Action, Scope
from fieldsvc.models.assignments import Assignment
from fieldsvc.models.customers import Customer
from fieldsvc.models.evidence import Event
from fieldsvc.models.photos import Blob, Photo
from fieldsvc.models.sealing import Keyring
from fieldsvc.models.tickets import Ticket
from fieldsvc.models.visits import Visit
from fieldsvc.persistence.database import Database
from fieldsvc.persistence.ownership import key_for, owner_of
from fieldsvc.persistence.unit_of_work import UnitOfWork
from fieldsvc.services.command import Command, execute_unkeyed
from fieldsvc.services.scopes import scope_of, touch, visits_in_scope
from fieldsvc.services.visit_records import load_on_site

MOST_OF_A_VISIT = 200


@dataclass(frozen=True, slots=True)
class Picture:
    """What a photo is of. sha256: of the bytes as the phone sends them."""

    sha256: str
    stage: PhotoStage
    note: str | None = None


@dataclass(frozen=True, slots=True)
class PhotoView:
    """A photo with what is known of its bytes. media_type, kept_sha256: None until they have come."""

    sha256: str
    stage: PhotoStage
    note: str | None
    occurred_at: datetime
    media_type: MediaType | None
    kept_sha256: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class Attachment:
    """The bytes of an attachment, as they are kept."""

    blob: Blob
    content: bytes


def record_photo(uow: UnitOfWork, visit_id: UUID, picture: Picture, version: int | None = None) -> Photo:
    """Say what a photo is of; said again, the newest word counts. Its bytes may come later."""
    visit, assignment = load_on_site(uow, visit_id, version)
    known = select(Photo).where(Photo.visit_id == visit.id)
    photos = {photo.sha256: photo for photo in uow.session.scalars(known)}
    photo = photos.get(picture.sha256)
    if photo is None:
        if len(photos) >= MOST_OF_A_VISIT:
            fault = Fault("too_many_photos", "/sha256", f"A visit has {MOST_OF_A_VISIT} photos at most.")
            raise Invalid("This visit has enough photos.", faults=[fault])
        photo = Photo(id=uow.new_id(), visit_id=visit.id, sha256=picture.sha256)
        uow.session.add(photo)
    photo.technician_id = assignment.technician_id if assignment else None
    photo.stage, photo.note = picture.stage, picture.note
    photo.occurred_at, photo.recorded_at = uow.occurred_at, uow.now
    touch(visit)
    data = {"photo_id": photo.id, "sha256": picture.sha256, "stage": picture.stage.value}
    uow.record(visit, "photo_recorded", data=data)
    return photo


def store_blob(
    database: Database, store: BlobStore, command: Command, visit_id: UUID, sha256: str, content: bytes
) -> tuple[Blob, bool]:
    """Store an attachment under the hash of what was sent, and tell whether it is new; once more is no change.

    It is read and cleaned, and its file is on the disk, before the transaction begins that makes it known.
    """
    with database.read_only() as session:
        _check_may_attach(session, command.actor, visit_id)
        known = _find(session, visit_id, sha256)
        key = key_for(session, owner_of(session, session.get_one(Visit, visit_id)))
    if known is not None and store.read(known.id) is not None:
        return known, False
    media_type, kept = _checked(sha256, content)
    new_id = known.id if known is not None else database.ids.new()  # known: its file is gone, and comes back
    _write(store, new_id, key.seal(kept))

    def make_known(uow: UnitOfWork) -> tuple[Blob, bool]:
        visit = uow.get(Visit, visit_id, lock=True)
        _check_may_attach(uow.session, uow.actor, visit_id)
        earlier = _find(uow.session, visit_id, sha256)
        if earlier is not None:
            return earlier, False
        blob = Blob(
            id=new_id,
            visit_id=visit_id,
            sha256=sha256,
            size=len(content),
            kept_sha256=hashlib.sha256(kept).hexdigest(),
            kept_size=len(kept),
            media_type=media_type,
            uploaded_by=uow.actor.user_id,
            recorded_at=uow.now,
        )
        uow.session.add(blob)
        touch(visit)
        data = {"visit_id": visit_id, "sha256": sha256, "kept_sha256": blob.kept_sha256, "size": blob.size}
        uow.record(blob, "blob_stored", data=data)
        return blob, True

    blob, is_new = execute_unkeyed(database, command, make_known)
    if blob.id != new_id:  # somebody else was faster
        store.remove(new_id)
    return blob, is_new


def read_blob(database: Database, store: BlobStore, actor: Actor, visit_id: UUID, sha256: str) -> Attachment:
    """Return an attachment of a visit the actor may see the evidence of."""
    with database.read_only() as session:
        visible = select(Visit.id).where(Visit.id == visit_id, visits_in_scope(actor, Action.EVIDENCE_READ))
        blob = _find(session, visit_id, sha256) if session.scalar(visible) is not None else None
        is_erased = blob is not None and session.scalar(_erased_customer(visit_id)) is not None
    if is_erased:
        raise Erased("This attachment was erased with the customer it was of.")
    sealed = store.read(blob.id) if blob is not None else None
    if blob is None or sealed is None:
        raise NotFound(f"There is no attachment {sha256} of a visit {visit_id}.")
    content = kept_bytes(database.keyring, sealed)
    if content is None or hashlib.sha256(content).hexdigest() != blob.kept_sha256:
        raise NotFound(f"What is kept of attachment {sha256} was changed or is damaged: tell the administrator.")
    return Attachment(blob, content)


def kept_bytes(keyring: Keyring, sealed: bytes) -> bytes | None:
    """Return what a file of an attachment holds; None where it can't be opened, or its key was destroyed."""
    try:
        return keyring.open(sealed)
    except InvalidToken:
        return None


def blob_faults(database: Database, store: BlobStore) -> Iterator[str]:
    """Compare every attachment's row and file with what the chain says was kept; of those erased, the row alone."""
    with database.read_only() as session:
        stored = session.scalars(select(Event).options(defer(Event.personal)).where(Event.kind == "blob_stored"))
        said = {event.entity_id: event.data for event in stored}
        blobs = session.scalars(select(Blob).order_by(Blob.id)).all()
        erased = set(session.scalars(_erased_blobs()))
    for blob in blobs:
        hashes = {"sha256": blob.sha256, "kept_sha256": blob.kept_sha256}
        if said.pop(blob.id, None) != {"visit_id": str(blob.visit_id), "size": blob.size, **hashes}:
            yield f"Attachment {blob.id} is not filed as it was stored."
        if blob.id in erased:
            continue
        sealed = store.read(blob.id)
        content = None if sealed is None else kept_bytes(database.keyring, sealed)
        if content is None:
            yield f"Attachment {blob.id} {'is gone' if sealed is None else 'can not be opened: it was changed'}."
        elif hashlib.sha256(content).hexdigest() != blob.kept_sha256:
            yield f"Attachment {blob.id} is not what was stored."
    yield from (f"Attachment {blob_id} is in the chain, its row is gone." for blob_id in sorted(said))


def remove_erased(database: Database, store: BlobStore) -> int:
    """Remove the files of customers who were erased; without their keys nobody can read them anyway."""
    with database.read_only() as session:
        erased = session.scalars(_erased_blobs()).all()
    for blob_id in erased:
        store.remove(blob_id)
    return len(erased)


def photos_of(session: OrmSession, visit_ids: Sequence[UUID]) -> Mapping[UUID, list[PhotoView]]:
    """Return by visit its photos, in the order they were taken down."""
    is_of_photo = (Blob.visit_id == Photo.visit_id) & (Blob.sha256 == Photo.sha256)
    rows = select(Photo, Blob).outerjoin(Blob, is_of_photo).where(Photo.visit_id.in_(visit_ids)).order_by(Photo.id)
    found: dict[UUID, list[PhotoView]] = {}
    for photo, blob in session.execute(rows):
        view = PhotoView(
            photo.sha256,
            photo.stage,
            photo.note,
            photo.occurred_at,
            blob.media_type if blob else None,
            blob.kept_sha256 if blob else None,
            blob.kept_size if blob else None,
        )
        found.setdefault(photo.visit_id, []).append(view)
    return found


def _erased_blobs() -> Select[UUID]:
    return (
        select(Blob.id)
        .join(Visit, Visit.id == Blob.visit_id)
        .join(Ticket, Ticket.id == Visit.ticket_id)
        .join(Customer, Customer.id == Ticket.customer_id)
        .where(Customer.erased_at.is_not(None))
    )


def _check_may_attach(session: OrmSession, actor: Actor, visit_id: UUID) -> None:
    """Refuse whoever neither has the visit in scope nor was ever sent it: what was photographed is not lost."""
    if session.scalar(select(Visit.id).where(Visit.id == visit_id, _attachable(actor))) is None:
        raise NotFound(f"There is no visit {visit_id}.")
    if session.scalar(_erased_customer(visit_id)) is not None:
        raise Erased("The customer of this visit was erased: nothing is kept any more.")


def _attachable(actor: Actor) -> ColumnElement[bool]:
    in_scope = visits_in_scope(actor, Action.BLOB_CREATE)
    if scope_of(actor, Action.BLOB_CREATE) is not Scope.OWN:
        return in_scope
    sent = select(Assignment.visit_id).where(
        Assignment.technician_id == actor.technician_id,
        or_(Assignment.first_dispatched_at.is_not(None), Assignment.dispatched_at.is_not(None)),
    )
    return or_(in_scope, Visit.id.in_(sent))


def _erased_customer(visit_id: UUID) -> Select[UUID]:
    return (
        select(Customer.id)
        .join(Ticket, Ticket.customer_id == Customer.id)
        .join(Visit, Visit.ticket_id == Ticket.id)
        .where(Visit.id == visit_id, Customer.erased_at.is_not(None))
    )


def _checked(sha256: str, content: bytes) -> tuple[MediaType, bytes]:
    if hashlib.sha256(content).hexdigest() != sha256:
        fault = Fault("hash_mismatch", "", "The bytes have another SHA-256 than the address: send them again.")
        raise Invalid("Something was lost on the way.", faults=[fault])
    media_type = told_by_content(content)
    if media_type is None:
        known = ", ".join(kind.value for kind in MediaType)
        raise Invalid("This can't be attached.", faults=[Fault("unknown_media", "", f"One of {known}.")])
    try:
        return media_type, without_place(content, media_type)
    except Unreadable as error:
        raise Invalid("This can't be attached.", faults=[Fault("unreadable_media", "", str(error))]) from error


def _write(store: BlobStore, blob_id: UUID, sealed: bytes) -> None:
    try:
        store.write(blob_id, sealed)
    except OSError as error:
        raise Busy("The place for attachments can't be written to; try again.", retry_after_s=60) from error


def _find(session: OrmSession, visit_id: UUID, sha256: str) -> Blob | None:
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        return None
    return session.scalars(select(Blob).where(Blob.visit_id == visit_id, Blob.sha256 == sha256)).one_or_none()
