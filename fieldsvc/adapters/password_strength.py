"""How hard a password is to guess, by somebody who knows whose it is."""

import threading
from collections.abc import Sequence

from zxcvbn import zxcvbn

# As many guesses as it takes to stop somebody who has stolen the hashes and knows how people choose: 10^8.
_ENOUGH = 3
_LOOKED_AT = 40  # longer ones are hard to guess by their length; looking at all of them takes long
_ONE_AT_A_TIME = threading.Lock()  # the library keeps what is known of the owner in a place of its own


def weakness(password: str, known: Sequence[str]) -> str | None:
    """Return why a password is guessed too easily, None where it is not. known: what others know of its owner."""
    with _ONE_AT_A_TIME:
        found = zxcvbn(password[:_LOOKED_AT], user_inputs=list(known))
    if found["score"] >= _ENOUGH:
        return None
    feedback = found["feedback"]
    said = [feedback["warning"] or "This is guessed too easily.", *feedback["suggestions"][:1]]
    return " ".join(said)
