"""Quality and speed of the engine, measured by hand and kept with their dates."""
