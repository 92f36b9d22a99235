"""The chart of a model's slots, as it is rendered."""

from __future__ import annotations

from tests.contract.chart import NAMESPACE, SERVING, objects, of_kind


def test_no_two_releases_have_one_policy() -> None:
    """Its name is the cluster's: of `c` in `a-b` and of `b-c` in `a` the second would replace that of the first."""
    found = objects(values={"name": "digits"}, chart=SERVING)
    kinds = ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
    names = {one["metadata"]["name"] for one in of_kind(found, *kinds)}
    # A namespace and an account have no dot in their names (RFC 1123 labels), so it tells where one ends.
    assert names == {f"{NAMESPACE}.digits-deployer"}
