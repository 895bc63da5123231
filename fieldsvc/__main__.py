"""`python -m fieldsvc` is the same as `fieldsvc`."""

import sys

from fieldsvc.cli import main

sys.exit(main())
