"""`python -m solver`."""

import sys

from solver.cli import main

if __name__ == "__main__":  # the engine's child process imports this file too
    sys.exit(main())
