"""Attachments of visits: the bytes of photos, videos and documents, named by their SHA-256."""

from uuid import UUID

from flask import Response, request

from api.auth import requires
from api.blueprint import Blueprint
from api.bodies import read_bytes, takes_bytes
from api.current import current_actor, current_application, current_request_id
from api.etags import is_known
from api.idempotency import key_ignored
from api.rendering import rendered, response_of
from api.schemas.blobs import BlobSchema
from fieldsvc.domain.media import IMAGES, MediaType
from fieldsvc.domain.permissions import Action
from fieldsvc.services import photos
from fieldsvc.services.command import Command

blueprint = Blueprint("blobs", "Attachments of visits.")

_BYTES = {"schema": {"type": "string", "format": "binary"}}
_ANY_MEDIA = {kind.value: _BYTES for kind in MediaType}


@blueprint.route("/visits/<uuid:visit_id>/blobs/<string:sha256>", methods=["PUT"])
@requires(Action.BLOB_CREATE)
@key_ignored
@takes_bytes
@blueprint.doc(requestBody={"required": True, "content": _ANY_MEDIA})
@blueprint.response(200, BlobSchema)
@blueprint.response(201, BlobSchema)
def store_blob(visit_id: UUID, sha256: str) -> Response:
    """Store an attachment

    Under the SHA-256 of the bytes that are sent; once more changes nothing. What it is, its bytes tell. Of pictures and
    videos the place where they were taken is not kept. A technician may attach to any visit ever sent to him.
    """
    app, actor = current_application(), current_actor()
    command = Command(actor, f"{request.method} {request.url_rule}", request_id=current_request_id())
    blob, is_new = photos.store_blob(app.database, app.blobs, command, visit_id, sha256, read_bytes())
    return response_of(rendered(BlobSchema, 201 if is_new else 200)(blob))


@blueprint.route("/visits/<uuid:visit_id>/blobs/<string:sha256>")
@requires(Action.EVIDENCE_READ)
@blueprint.doc(
    responses={
        "200": {"description": "The bytes, as they are kept.", "content": _ANY_MEDIA},
        "304": {"description": "Not Modified"},
    }
)
def read_blob(visit_id: UUID, sha256: str) -> Response:
    """Fetch an attachment

    As it is kept: its SHA-256 is that of the ETag, which is another one where a place was taken out.
    """
    app = current_application()
    found = photos.read_blob(app.database, app.blobs, current_actor(), visit_id, sha256)
    etag = f'"{found.blob.kept_sha256}"'
    if is_known(etag):
        return Response(status=304, headers={"ETag": etag})
    how = "inline" if found.blob.media_type in IMAGES else "attachment"
    headers = {"ETag": etag, "Content-Disposition": how}
    return Response(found.content, headers=headers, content_type=found.blob.media_type.value)
