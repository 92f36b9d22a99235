"""Resource quantities as Kubernetes writes them: `500m`, `1.5`, `64Mi`, `2e3`.

Amounts are kept as whole thousandths (milli-units) of the base unit, so that sums are exact: `500m` CPU is 500,
`1Ki` of memory is 1,024,000, one GPU is 1,000. See apimachinery's resource.Quantity for the grammar.
"""

import re
from decimal import ROUND_CEILING, Decimal
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

_NUMBER = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_SUFFIX = r"(Ki|Mi|Gi|Ti|Pi|Ei|n|u|m|k|M|G|T|P|E|[eE][+-]?[0-9]{1,3})"
_QUANTITY = re.compile(f"([+-]?){_NUMBER}{_SUFFIX}?")
_LONGEST = 64
PATTERN = rf"^\+?{_NUMBER}{_SUFFIX}?$"
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
LARGEST = 2**63 - 1

MILLI = 1000
"""Milli-units in one unit."""


def parse(text: str | int | float) -> int:
    """The quantity in milli-units, rounded up.

    Raises ValueError for what is no quantity, is negative or exceeds 2^63 - 1 units.
    """
    match = _QUANTITY.fullmatch(str(text))
    if not match:
        raise ValueError(f"{text!r} is not a quantity; write it like 500m, 2 or 64Mi")
    number = Decimal(match[1] + match[2])
    suffix = match[3] or ""
    if suffix in _BINARY:
        number *= 1024 ** _BINARY[suffix]
    elif suffix in _DECIMAL:
        number = number.scaleb(_DECIMAL[suffix])
    elif suffix:
        number = number.scaleb(int(suffix[1:]))
    if number < 0:
        raise ValueError(f"{text!r} is negative")
    if number > LARGEST:
        raise ValueError(f"{text!r} is larger than 2^63 - 1")
    return int((number * MILLI).to_integral_value(rounding=ROUND_CEILING))


def render(resource: str, milli: int) -> str:
    """An amount for people and manifests: CPU as `250m` or `2`, memory in binary units, counts as whole numbers."""
    if _in_bytes(resource):
        return _render_bytes(milli // MILLI)
    if milli % MILLI:
        return f"{milli}m"
    return str(milli // MILLI)


def render_short(resource: str, milli: int) -> str:
    """An amount for tables and pictures: as `render`, but bytes that are no whole Mi with at most one decimal."""
    amount = milli // MILLI
    if not _in_bytes(resource) or amount % 2**20 == 0:
        return render(resource, milli)
    for suffix, power in reversed(_BINARY.items()):
        if amount >= 1024**power:
            return f"{amount / 1024**power:.1f}".removesuffix(".0") + suffix
    return str(amount)


def counted(resource: str, milli: int) -> str:
    """An amount of a resource, in words: `2 nvidia.com/gpu`, `1 pod`."""
    return f"{render(resource, milli)} {'pod' if (resource, milli) == ('pods', MILLI) else resource}"


def _in_bytes(resource: str) -> bool:
    return resource.endswith(("memory", "storage")) or resource.startswith("hugepages-")


def _render_bytes(amount: int) -> str:
    for suffix, power in reversed(_BINARY.items()):
        unit = 1024**power
        if amount >= unit and amount % (unit // 1024) == 0 and (amount % unit == 0 or amount >= 10 * unit):
            return f"{amount // unit}{suffix}" if amount % unit == 0 else f"{amount / unit:.1f}{suffix}"
    return str(amount)


def _check(value: object) -> str | int | float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("must be a quantity such as 500m, 2 or 64Mi")  # noqa: TRY004 - pydantic collects ValueError
    if isinstance(value, str) and len(value) > _LONGEST:
        raise ValueError(f"a quantity has at most {_LONGEST} characters, such as 500m, 2 or 64Mi")
    parse(value)
    return value


def _check_whole(value: object) -> str | int:
    if isinstance(value, float):
        raise ValueError(f"write {value} as text, in quotes, or as a whole number")  # noqa: TRY004
    _check(value)
    if not parse(value):  # type: ignore[arg-type]
        raise ValueError("must be more than 0")
    return value  # type: ignore[return-value]


_BOUNDS = {"pattern": PATTERN, "maxLength": _LONGEST, "minimum": 0}

Quantity = Annotated[
    str | int | float,
    PlainValidator(_check),
    WithJsonSchema({"x-kubernetes-preserve-unknown-fields": True, **_BOUNDS, "maxItems": 0, "maxProperties": 0}),
]
"""A quantity. Unlike int-or-string this takes `cpu: 0.5` too, as a core Pod does; bounds keep lists and objects out."""

_PARAMETER = r"^\$\(params\.[A-Za-z_][A-Za-z0-9_-]{0,62}\)$"


def _check_amount(value: object) -> str | int | float:
    if isinstance(value, str) and value.startswith("$(params."):
        if not re.fullmatch(_PARAMETER, value):
            raise ValueError(f"{value!r} is no parameter; write $(params.NAME)")
        return value
    return _check(value)


Amount = Annotated[
    str | int | float,
    PlainValidator(_check_amount),
    WithJsonSchema(
        {
            "x-kubernetes-preserve-unknown-fields": True,
            **_BOUNDS,
            "pattern": f"{PATTERN}|{_PARAMETER}",
            "maxLength": 80,
            "maxItems": 0,
            "maxProperties": 0,
        }
    ),
]
"""A quantity, or `$(params.NAME)`: a parameter that is one."""

WholeQuantity = Annotated[
    str | int,
    PlainValidator(_check_whole),
    WithJsonSchema({"x-kubernetes-int-or-string": True, **_BOUNDS, "minimum": 1}),
]
"""A quantity of more than nothing that CEL rules can see, therefore without unquoted fractions."""
