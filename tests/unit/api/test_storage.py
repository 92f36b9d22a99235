"""Where artifacts live: what a manifest may say."""

from typing import Any

import pytest
from pydantic import ValidationError

from penstock.api.storage import Storage

STORE = {"uri": "s3://bucket/a/b", "secretName": "keys"}


def storage(**store: Any) -> Storage:
    return Storage.model_validate({"objectStore": {**STORE, **store}})


@pytest.mark.parametrize("size", ["0", "0Gi", 0, "0.0"])
def test_a_claim_of_nothing(size: str | int) -> None:
    with pytest.raises(ValidationError, match="must be more than 0"):
        Storage.model_validate({"claim": {"size": size}})


@pytest.mark.parametrize("uri", ["s3://abc", "s3://my.bucket-1/x", "s3://bucket/a=1/b_2/c.d@e+f"])
def test_uris(uri: str) -> None:
    found = storage(uri=uri).object_store
    assert found is not None
    assert found.uri == uri


@pytest.mark.parametrize(
    "uri",
    [
        "bucket",
        "http://bucket/a",
        "s3://",
        "s3://ab",
        "s3://Bucket",
        "s3://bucket/",
        "s3://bucket//a",
        "s3://bucket/../a",
        "s3://bucket/a/./b",
        "s3://bucket/a?x=1",
        "s3://bucket/ä",
        "s3://bucket/a\n",
        "s3://user@bucket/a",
    ],
)
def test_what_is_no_place_in_a_bucket(uri: str) -> None:
    with pytest.raises(ValidationError, match="uri"):
        storage(uri=uri)


@pytest.mark.parametrize("endpoint", ["https://s3.example.com", "http://10.0.0.1:9000", "http://[fd00::1]:9000/path"])
def test_endpoints(endpoint: str) -> None:
    found = storage(endpoint=endpoint).object_store
    assert found is not None
    assert found.endpoint == endpoint


@pytest.mark.parametrize(
    "endpoint", ["s3.example.com", "ftp://x", "https://key:secret@x", "https://x?a=1", "https://x#a", ""]
)
def test_what_is_no_endpoint(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="endpoint"):
        storage(endpoint=endpoint)


def test_credentials_are_named_not_written() -> None:
    with pytest.raises(ValidationError, match="secretName"):
        Storage.model_validate({"objectStore": {"uri": "s3://bucket"}})
    with pytest.raises(ValidationError, match="accessKey"):
        storage(accessKey="x")


def test_exactly_one_place() -> None:
    for given in ({}, {"claimName": "c", "objectStore": STORE}, {"claim": {"size": "1Gi"}, "objectStore": STORE}):
        with pytest.raises(ValidationError, match="exactly one of claim, claimName and objectStore"):
            Storage.model_validate(given)
