"""Whatever the API server sends is read, what is nested too deeply with null in its place."""

import orjson
import pytest

from penstock.api.plain import decode, written

ODD = r'{"a":["]","\"[{","\\"],"deep":%s,"b":{"c":[1,{}]}}'


@pytest.mark.parametrize("levels", [1025, 9000])
@pytest.mark.parametrize("pair", ["[]", '{"a":}'])
def test_what_is_beside_something_deep(levels: int, pair: str) -> None:
    text = ODD % (pair[:-1] * levels + "1" + pair[-1] * levels)
    with pytest.raises(ValueError, match=r"depth|ecursion"):
        orjson.loads(text)
    for found in (decode(text), decode(text.encode())):
        deep, levels = found.pop("deep"), 0
        while deep is not None:
            deep, levels = deep["a"] if isinstance(deep, dict) else deep[0], levels + 1
        assert levels == 499
        assert found == {"a": ["]", '"[{', "\\"], "b": {"c": [1, {}]}}


def test_plain_json() -> None:
    assert decode(b'{"n": 100000000000000000000}') == {"n": 1e20}
    with pytest.raises(ValueError, match="line 1"):
        decode("{")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": [None, True, {}], "B": []}, '{"B":[],"a":[null,true,{}],"b":1}'),
        ("a > b && c < d", r'"a \u003e b \u0026\u0026 c \u003c d"'),
        ("\u2028\u2029", r'"\u2028\u2029"'),
        ('\b\f\n\r\t\x01\x7f"\\/é😀', '"\\b\\f\\n\\r\\t\\u0001\x7f\\"\\\\/é😀"'),
        ({"<": 0.1}, r'{"\u003c":0.1}'),
        ([1.0, -0.0, 1e-05, 1e-06, 1e-07, 1.5e-10, 1e-300], "[1,0,0.00001,0.000001,1e-7,1.5e-10,1e-300]"),
        ([1e20, 1e21, 1e22, 590295810358705700000.0], "[100000000000000000000,1e+21,1e+22,590295810358705700000]"),
        ([2**63 - 1, 2**63, 2**64 - 1], "[9223372036854775807,9223372036854776000,18446744073709552000]"),
    ],
)
def test_what_the_api_server_would_write(value: object, text: str) -> None:
    """Each was compared with what a real API server takes for unchanged when the object is patched."""
    assert written(value) == text
    assert written(decode(text)) == text
