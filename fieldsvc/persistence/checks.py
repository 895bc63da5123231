"""Changing a CHECK of a table that is full, for migrations: nothing that is stored changes, only what may be."""

from sqlalchemy import Connection


def replace_check(connection: Connection, table: str, name: str, before: str, after: str) -> None:
    """Let a table's CHECK of that name say something else. before, after: its condition, as SQL.

    SQLite has no statement for it, and writing a ledger anew is what its triggers refuse: its text is replaced in the
    schema, the way SQLite documents for a CHECK.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        connection.exec_driver_sql(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({after})")
        return
    old, new = (f"CONSTRAINT {name} CHECK ({condition})" for condition in (before, after))
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    connection.exec_driver_sql(
        "UPDATE sqlite_master SET sql = replace(sql, ?, ?) WHERE type = 'table' AND name = ?", (old, new, table)
    )
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = OFF")
    sql = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
    if new not in connection.exec_driver_sql(sql, (table,)).scalar_one():
        raise RuntimeError(f"{table} has no constraint {old}")


def one_of(column: str, values: tuple[str, ...]) -> str:
    """The condition that a column has one of the values, as it stands in a schema."""
    return f"{column} IN ({', '.join(repr(value) for value in values)})"
