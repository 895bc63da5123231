"""Somebody else's word for who somebody is: ID tokens of an OpenID Connect provider, checked with its published keys.

What is checked, and in which order, follows OpenID Connect Core 1.0, 3.1.3.7.
"""

import json
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import datetime
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
        except (JoseError, ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
            raise Unauthenticated("The ID token is not valid (any more).", code="id_token_refused") from error

    def _decoded(self, id_token: str, now: float) -> dict[str, Any]:
        try:
            return jwt.decode(id_token, self._key_set(now), algorithms=list(ALGORITHMS)).claims
        except (JoseError, ValueError):
            with self._lock:
                may_ask = now - self._asked_at > _ASKED_AGAIN_S
            if not may_ask:
                raise
            # Perhaps signed with a key that has been published since.
            return jwt.decode(id_token, self._key_set(now, anew=True), algorithms=list(ALGORITHMS)).claims

    def _identity(self, claims: dict[str, Any], now: float, nonce: str | None) -> Identity:
        audiences = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        expires, issued = float(claims["exp"]), float(claims["iat"])
        is_right = (
            claims["iss"] == self._issuer
            and self._audience in audiences
            and claims.get("azp", self._audience) == self._audience
            and (len(audiences) == 1 or "azp" in claims)
            and now < expires + _LEEWAY_S
            and now - _LONGEST_AGE_S - _LEEWAY_S < issued < now + _LEEWAY_S
            and (nonce is None or claims["nonce"] == nonce)
        )
        name = claims[self._claim]
        if not is_right or not isinstance(name, str) or not name or not is_storable(name):
            raise ValueError("a claim is not as it has to be")
        return Identity(name, datetime.fromtimestamp(expires, self._clock.now().tzinfo))

    def _key_set(self, now: float, *, anew: bool = False) -> KeySet:
        with self._lock:
            if self._keys is None or anew or now - self._asked_at > _KEYS_KEPT_S:
                self._keys = self._published()
                self._asked_at = now
            return self._keys

    def _published(self) -> KeySet:
        try:
            described = self._fetched(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if described["issuer"] != self._issuer:
                raise ValueError("the provider calls itself otherwise")
            return KeySet.import_key_set(self._fetched(described["jwks_uri"]))
        except (OSError, ValueError, KeyError, TypeError, JoseError) as error:
            raise Busy("The identity provider can't be asked at the moment; try again.", retry_after_s=30) from error

    def _fetched(self, url: str) -> Any:
        parts = urlsplit(url)
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
            raise ValueError("keys are fetched over https only")
        with self._opener.open(url, timeout=_TIMEOUT_S) as answer:
            content = answer.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ValueError("too long for a set of keys")
        return json.loads(content)
