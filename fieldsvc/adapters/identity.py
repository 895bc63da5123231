"""Somebody else's word for who somebody is: ID tokens of an OpenID Connect provider, checked with its published keys.

What is checked, and in which order, follows OpenID Connect Core 1.0, 3.1.3.7.
"""

import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from fieldsvc.domain.clock import Clock
from fieldsvc.domain.errors import Busy, Unauthenticated
from fieldsvc.domain.texts import is_storable

# Signatures that anybody can check; one that is made with a shared secret, or none, proves nothing here.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
_LONGEST_AGE_S, _LEEWAY_S = 600, 60
_KEYS_KEPT_S, _ASKED_AGAIN_S = 3600, 30
_TIMEOUT_S, _MOST_BYTES = 5, 1_000_000
_HERE = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a token says: who, as the provider calls it, and until when the token itself is valid."""

    name: str
    expires_at: datetime


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Keys come from where the provider is configured to be, and from nowhere it might point to."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing."""
        return


class IdentityProvider:
    """A provider that is trusted to say who somebody is. claim: which of its words is the sign-in name."""

    def __init__(self, issuer: str, audience: str, claim: str, clock: Clock) -> None:
        self._issuer, self._audience, self._claim, self._clock = issuer, audience, claim, clock
        self._keys: KeySet | None = None
        self._asked_at = 0.0
        self._lock = threading.Lock()
        self._opener = urllib.request.build_opener(_NoRedirect)

    def read(self, id_token: str, nonce: str | None) -> Identity:
        """Return whom a token names, or refuse without saying which part of it was wrong."""
        now = self._clock.now().timestamp()
        try:
            claims = self._decoded(id_token, now)
            return self._identity(claims, now, nonce)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError, OSError) as error:
            raise Unauthenticated("The ID token is not valid (any more).", code="id_token_refused") from error

    def _decoded(self, id_token: str, now: float) -> dict[str, Any]:
        keys = self._known_keys(now)
        try:
            return jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError):
            # Perhaps signed with a key that has been published since.
            newer = self._asked(now) if now - self._asked_at > _ASKED_AGAIN_S else None
            if newer is None:
                raise
            return jwt.decode(id_token, newer, algorithms=list(ALGORITHMS)).claims

    def _identity(self, claims: dict[str, Any], now: float, nonce: str | None) -> Identity:
        said = {"essential": True}
        rules: dict[str, Any] = {
            self._claim: said,
            "iss": said | {"value": self._issuer},
            "aud": said | {"value": self._audience},
            "exp": said,
            "iat": said,
        }
        if "azp" in claims or (isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1):
            rules["azp"] = said | {"value": self._audience}
        if nonce is not None:
            rules["nonce"] = said | {"value": nonce}
        jwt.JWTClaimsRegistry(now=int(now), leeway=_LEEWAY_S, **rules).validate(claims)
        name = claims[self._claim]
        if claims["iat"] < now - _LONGEST_AGE_S - _LEEWAY_S:
            raise ValueError("it was issued too long ago")
        texts = [name, *(claims[one] for one in ("azp", "nonce") if one in rules)]
        if not all(isinstance(one, str) and is_storable(one) for one in texts):  # a list with the right one is another
            raise ValueError("a claim is no text")
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise ValueError("an address that nobody has verified is anybody's")
        return Identity(name, datetime.fromtimestamp(claims["exp"], self._clock.now().tzinfo))

    def _known_keys(self, now: float) -> KeySet:
        """Return the provider's keys, asked for anew now and then; old ones while it does not answer."""
        if now - self._asked_at > (_ASKED_AGAIN_S if self._keys is None else _KEYS_KEPT_S):
            self._asked(now)
        if self._keys is None:
            raise _no_answer()
        return self._keys

    def _asked(self, now: float) -> KeySet | None:
        """Ask the provider, one request at a time; None where another is asking, or it does not answer."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            self._asked_at = now  # before: one that does not answer is not asked again at once either
            self._keys = self._published()
            return self._keys
        except Busy:
            return None
        finally:
            self._lock.release()

    def _published(self) -> KeySet:
        try:
            described = self._fetched(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if described["issuer"] != self._issuer:
                raise ValueError("the provider calls itself otherwise")
            return KeySet.import_key_set(self._fetched(described["jwks_uri"]))
        except (OSError, HTTPException, ValueError, KeyError, TypeError, JoseError) as error:
            raise _no_answer() from error

    def _fetched(self, url: str) -> Any:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
            raise ValueError("keys are fetched over https only")
        deadline, content = time.monotonic() + _TIMEOUT_S, b""
        with self._opener.open(url, timeout=_TIMEOUT_S) as answer:
            while piece := answer.read1(65_536):
                content += piece
                if len(content) > _MOST_BYTES or time.monotonic() > deadline:
                    raise ValueError("too long, or too slow, for a set of keys")
        return json.loads(content)


def _no_answer() -> Busy:
    return Busy("The identity provider can't be asked at the moment; try again.", retry_after_s=_ASKED_AGAIN_S)
