"""The only door to the solver: the database as a problem, a plan as changes. Units are converted here, once."""
