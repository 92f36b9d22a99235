"""Variables and words as kubelet makes them."""

from __future__ import annotations

from pathlib import Path

import pytest

from penstock.local.environment import CannotStart, Sources, expanded, read_env_file, variables, words
from penstock.local.mounts import Place, moved


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$(A)", "one"),
        ("<$(A)$(B)>", "<onetwo>"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$one"),
        ("$(NOT_THERE)", "$(NOT_THERE)"),
        ("$(A", "$(A"),
        ("$A ${A} $", "$A ${A} $"),
        ("$$", "$"),
        ("$()", "$()"),
    ],
)
def test_expansion(text: str, found: str) -> None:
    """As in k8s.io/kubernetes, third_party/forked/golang/expansion."""
    assert expanded(text, {"A": "one", "B": "two"}) == found


def test_a_variable_may_refer_to_those_before_it() -> None:
    env = [{"name": "A", "value": "1"}, {"name": "B", "value": "$(A)$(C)"}, {"name": "C", "value": "$(B)"}]
    found = variables({"env": env}, {}, Sources(), str)
    assert found == {"A": "1", "B": "1$(C)", "C": "1$(C)"}
    assert words(["x$(C)", "$(NO)"], found) == ["x1$(C)", "$(NO)"]


def test_what_a_source_holds_is_not_expanded() -> None:
    sources = Sources()
    sources.take({"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"A": "$(B)", "not a name": "x"}})
    reference = {"secretKeyRef": {"name": "s", "key": "A"}}
    container = {
        "envFrom": [{"prefix": "P_", "secretRef": {"name": "s"}}, {"secretRef": {"name": "away", "optional": True}}],
        "env": [
            {"name": "B", "value": "2"},
            {"name": "C", "valueFrom": reference},
            {"name": "D", "valueFrom": {"secretKeyRef": {"name": "s", "key": "none", "optional": True}}},
            {"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.annotations['x/y']"}}},
        ],
    }
    assert variables(container, {"x/y": "z"}, sources, str) == {"P_A": "$(B)", "B": "2", "C": "$(B)", "E": "z"}


def test_a_key_that_is_missing_is_told_with_those_there_are() -> None:
    sources = Sources()
    sources.take({"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}})
    env = [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "x"}}}]
    with pytest.raises(CannotStart, match="ConfigMap 'c' has no key 'x'; it has: a, b"):
        variables({"env": env}, {}, sources, str)


def test_data_of_a_secret_that_is_no_base64_is_refused() -> None:
    with pytest.raises(ValueError, match=r"[Bb]ase64|padding"):
        Sources().take({"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "?"}})


def test_a_file_of_variables() -> None:
    lines = ["# a comment", "", "A=1", "export B = two words ", "C='quoted'", 'D="x=y"', "E="]
    assert read_env_file(lines) == {"A": "1", "B": "two words", "C": "quoted", "D": "x=y", "E": ""}
    with pytest.raises(ValueError, match="line 2"):
        read_env_file(["A=1", "nothing"])


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("/penstock/inputs/a/model", "/here/a/model"),
        ("/penstock/inputs/ab", "/penstock/inputs/ab"),
        ('["/penstock/inputs/a/x",null,"/penstock/inputs/b/0/x"]', '["/here/a/x",null,"/there/x"]'),
        ("see /penstock/inputs/a/model", "see /penstock/inputs/a/model"),
        ("/penstock/inputs/a", "/here/a"),
    ],
)
def test_paths_of_the_container_become_those_of_the_machine(value: str, found: str) -> None:
    """Only whole values, and members of lists: a text that speaks of a path stays as it is."""
    places = [Place("/penstock/inputs/a", Path("/here/a")), Place("/penstock/inputs/b/0", Path("/there"))]
    assert moved(value, places) == found
