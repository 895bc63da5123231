"""A reference client for phones: what a technician's application does to lose nothing, in plain Python."""
