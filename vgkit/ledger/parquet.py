"""Writes answers of the ledger to Parquet files, with their types, so that amounts stay exact.

The ledger's own connection may write no file, lest a query writes over the ledger; so a database apart does it."""

from pathlib import Path

import duckdb

from vgkit.errors import StoreError
from vgkit.files import whole
from vgkit.ledger.database import Ledger


def write_parquet(ledger: Ledger, sql: str, file: Path) -> int:
    """Write an answer to a file, whole or not at all, and return how many rows it has.

    Raises RecordError as ``Ledger.query`` does, StoreError where the file can't be written.
    """
    frame, types = ledger.typed(sql)
    names = ['"' + str(name).replace('"', '""') + '"' for name in frame.columns]
    exact = ", ".join(f"{name}::{kind} AS {name}" for name, kind in zip(names, types, strict=True))
    with whole(file) as draft:
        try:
            with duckdb.connect() as apart:
                apart.register("answer", frame)
                apart.sql(f"SELECT {exact} FROM answer").write_parquet(str(draft))
        except duckdb.Error as error:
            raise StoreError(f"{file} can't be written: {error}. Choose other columns or another place.") from error
    return len(frame)
