"""The terminal says what went wrong in a line, and keeps the token to itself."""

import logging
import sys

from vgkit.serving.quiet import OneLine


def line(message: str, *, error: Exception | None = None) -> str:
    try:
        raise error or ValueError("none")
    except Exception:
        exception = sys.exc_info() if error else None
    return OneLine().format(logging.LogRecord("x", logging.ERROR, "", 0, message, (), exception))


def test_an_error_is_told_without_its_traceback() -> None:
    said = line("Uncaught exception GET /\nHTTPServerRequest(...)", error=OSError("no room\nleft"))
    assert said.endswith(" Uncaught exception GET /: OSError: no room left")


def test_the_token_is_blotted_out() -> None:
    assert "abcdef0123456789" not in line("GET /prompt-lab?token=abcdef0123456789&x=1 failed")


def test_a_long_tale_is_cut() -> None:
    assert len(line("word " * 1000)) < 450
