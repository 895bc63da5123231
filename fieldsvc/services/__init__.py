"""Use cases: a module per noun, a function per verb; each owns its transaction."""
