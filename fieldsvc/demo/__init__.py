"""The demo: a real city day loaded into an embedded database, planned, printed and served."""
