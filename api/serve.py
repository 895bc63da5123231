"""The embedded server: `python -m api.serve [--host HOST] [--port PORT]`; Ctrl-C ends it."""

import gc

if __name__ == "__main__":
    gc.disable()  # modules make no garbage while they are loaded; looking for it takes a third of the time

import argparse
import logging
import os
import signal
import sys
from pathlib import Path
from types import FrameType

import waitress
from flask import Flask

from api.app import create_app
from fieldsvc.bootstrap import build
from fieldsvc.config import SettingsError, load_settings
from fieldsvc.logs import configure_logs

THREADS = 8


def serve(app: Flask, host: str, port: int) -> None:
    """Serve until interrupted or told to terminate; requests under way are answered first. Port 0 is any free one."""
    # A body beyond this is cut off by the server itself; up to it the application answers with a problem.
    hard_limit = 16 * int(app.config["MAX_CONTENT_LENGTH"])
    server = waitress.create_server(
        app, host=host, port=port, threads=THREADS, ident=None, max_request_body_size=hard_limit
    )
    sys.stderr.write(f"Serving on http://{server.effective_host}:{server.effective_port} (docs at /docs)\n")
    sys.stderr.flush()
    signal.signal(signal.SIGTERM, _end)
    try:
        server.run()
    finally:
        server.close()


def main(arguments: list[str] | None = None) -> int:
    """Read the settings and serve."""
    parser = argparse.ArgumentParser(prog="python -m api.serve", description=__doc__)
    parser.add_argument("--host", help="the address to listen at (FIELDSVC_HOST)")
    parser.add_argument("--port", type=int, help="the port to listen at (FIELDSVC_PORT)")
    chosen = parser.parse_args(arguments)
    try:
        settings = load_settings(os.environ, Path("var"))
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    configure_logs()
    # A line that is no JSON for every request that waits a moment; its own line tells how long it took.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    application = build(settings)
    try:
        serve(
            create_app(application),
            chosen.host or settings.host,
            settings.port if chosen.port is None else chosen.port,
        )
    finally:
        application.database.dispose()
    return 0


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    gc.enable()
    gc.freeze()  # what was loaded stays
    sys.exit(main())
