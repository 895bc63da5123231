"""Access tokens: signed with one algorithm, valid for minutes, refused unless they say everything they must."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from fieldsvc.domain.clock import Clock
from fieldsvc.domain.errors import Unauthenticated

ALGORITHM = "HS256"
ISSUER = "fieldsvc"
AUDIENCE = "fieldsvc-api"
KIND = "access"


@dataclass(frozen=True, slots=True)
class Claims:
    """What an access token says: who, in which session."""

    user_id: UUID
    session_id: UUID


class AccessTokens:
    """Issues and reads access tokens."""

    def __init__(self, secret_key: str, clock: Clock, lifetime_s: int) -> None:
        # A key of its own: nothing else that is made from the secret can pass for a token.
        self._key = OctKey.import_key(hashlib.sha256(b"fieldsvc access tokens\n" + secret_key.encode()).digest())
        self._clock = clock
        self.lifetime_s = lifetime_s

    def issue(self, user_id: UUID, session_id: UUID) -> str:
        """Return a token for one session of a user."""
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": str(user_id),
            "sid": str(session_id),
            "typ": KIND,
            "iat": now,
            "exp": now + self.lifetime_s,
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])

    def read(self, token: str) -> Claims:
        """Return what a token says, or raise Unauthenticated without saying which part of it was wrong."""
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(self._clock.now().timestamp()),
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
            typ={"essential": True, "value": KIND},
            exp={"essential": True},
            sub={"essential": True},
            sid={"essential": True},
        )
        try:
            claims = jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
            rules.validate(claims)
            return Claims(UUID(claims["sub"]), UUID(claims["sid"]))
        except (JoseError, ValueError, TypeError, AttributeError) as error:
            raise Unauthenticated("The access token is not valid (any more); refresh it or sign in.") from error
