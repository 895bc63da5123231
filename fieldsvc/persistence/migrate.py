"""Brings a database to the newest schema, from inside the installed package."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from fieldsvc.persistence.engine import make_read_only

_SCRIPTS = Path(__file__).parent / "migrations"


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    return config


def upgrade(engine: Engine) -> None:
    """Run all migrations the database has not had yet, in one transaction."""
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def newest_head() -> str | None:
    """Return the revision this release of the code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def current_head(engine: Engine) -> str | None:
    """Return the revision the database has."""
    # Only reading: SQLite gives a connection that may write its one write lock, and a probe must not wait for that.
    with make_read_only(engine).connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_current(engine: Engine) -> bool:
    """Tell whether the database has the schema this release expects."""
    return current_head(engine) == newest_head()
