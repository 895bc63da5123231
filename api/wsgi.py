"""The WSGI application of a production server: `gunicorn --worker-class gthread api.wsgi:application`."""

import os
from pathlib import Path

from api.app import create_app
from fieldsvc.bootstrap import build
from fieldsvc.config import load_settings
from fieldsvc.logs import configure_logs

configure_logs()
application = create_app(build(load_settings(os.environ, Path("var"))))
