"""Pure rules of field service: standard library only; the clock and the ids are passed in."""
