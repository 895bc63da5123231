"""Which texts can be kept."""


def is_storable(text: str) -> bool:
    """Tell whether every database and program can hold a text: no NUL, no half character (lone surrogate)."""
    return "\0" not in text and not any("\ud800" <= character <= "\udfff" for character in text)
