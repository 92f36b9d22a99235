"""Whether a database refuses a value, which one object tells, or does not work, which concerns all of them."""

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, StatementError

_VALUES = ("22", "23", "54")
"""Classes of SQLSTATE: data, integrity, limits (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""
_BINDING = "binding parameter"
"""How the sqlite3 module says that it cannot pass a value on, under whatever class."""


def refused(error: Exception) -> bool:
    """Whether the same write without that value would have been taken."""
    if not isinstance(error, DBAPIError):  # raised on the way there: too large a number, half a character
        return isinstance(error, (StatementError, OverflowError, UnicodeError))
    state = getattr(error.orig, "sqlstate", None) or ""
    return isinstance(error, (DataError, IntegrityError)) or state[:2] in _VALUES or _BINDING in str(error.orig)
