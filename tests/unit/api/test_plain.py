"""Whatever the API server sends is read, what is nested too deeply with null in its place."""

import orjson
import pytest

from penstock.api.plain import decode

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
