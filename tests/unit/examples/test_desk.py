"""The service desk, as whoever wrote it would test it: without a cluster, FAQs or a model of language."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from penstock.testing import Crash, Fake, Result, run

CHECKOUT = Path(__file__).parents[3]
FILES = [*sorted((CHECKOUT / "components").glob("*/component.yaml")), CHECKOUT / "examples/desk.yaml"]
TOPICS = {f"topic-{number}": "0" for number in range(9)}
FOUND = {"recall1": 0.6, "recall5": 0.9, "baseline1": 0.4, "answered": 0.5, "right": 0.8, "picture": "bars"}


def desk(
    folder: Path | None = None, topics: dict[str, str] = TOPICS, params: dict[str, Any] | None = None, **other: Any
) -> Result:
    shards = [{"topic": topic, "digest": digest} for topic, digest in topics.items()]
    replace = {"*": Fake(seconds=10), "collect": {"shards": shards}, "report": FOUND, "embed": Fake(seconds=600)}
    replace |= other.pop("replace", {})
    return run(FILES, folder=folder, params=params or {}, replace=replace, **{"approve": ["open"], **other})


def embedded(result: Result) -> list[str]:
    return sorted(name for name in result.order if name.startswith("embed."))


def test_topics_are_embedded_four_at_a_time_beside_the_models_that_tell_them_apart() -> None:
    result = desk()
    assert result.phase == "Succeeded", result
    assert len(embedded(result)) == len(TOPICS)
    assert result.peak(steps="embed.*") == 4
    assert result.seconds == pytest.approx(3 * 600, abs=120)
    assert result.outputs["picture"].read_text() == "bars"


def test_it_opens_only_if_it_is_good_enough_and_somebody_says_so() -> None:
    refused = desk(approve=[], reject=["open"])
    assert (refused.phase, refused.steps["package"].phase) == ("Failed", "Skipped")
    poor = desk(replace={"report": {**FOUND, "recall5": 0.83}}, approve=[])
    assert poor.phase == "Succeeded", poor
    assert [poor.steps[name].phase for name in ("open", "package")] == ["Skipped", "Skipped"]
    assert "bundle" not in poor.outputs


def test_an_edited_topic_is_embedded_again_alone(tmp_path: Path) -> None:
    assert len(embedded(desk(tmp_path))) == len(TOPICS)
    again = desk(tmp_path, {**TOPICS, "topic-4": "1"}, params={"seed": 1})
    assert again.phase == "Succeeded", again
    assert embedded(again) == ["embed.4"]
    assert {"collect", "index", "package"} <= set(again.order)


def test_who_wants_more_right_answers_embeds_and_trains_nothing(tmp_path: Path) -> None:
    desk(tmp_path)
    again = desk(tmp_path, params={"right": 0.9})
    assert again.phase == "Succeeded", again
    assert set(again.order) == {"index", "index-words", "report", "package"}


def test_after_a_topic_has_failed_only_what_is_missing_is_embedded(tmp_path: Path) -> None:
    broken = Fake(seconds=600, fails=[Crash(2)])
    assert desk(tmp_path, replace={"embed.8": broken}).phase == "Failed"
    again = desk(tmp_path)
    assert again.phase == "Succeeded", again
    assert embedded(again) == ["embed.8"]


def test_questions_of_real_customers_are_fetched_only_from_where_one_says() -> None:
    without = desk()
    assert without.steps["intents"].phase == "Skipped"
    assert "intent" not in without.outputs
    asked = []

    def fetch(train_url: str, test_digest: str) -> dict[str, Any]:
        asked.append((train_url, test_digest))
        return {"dataset": "rows", "samples": 10, "classes": 2}

    where = {"trainUrl": "https://example.com/train.csv", "testDigest": "ab"}
    result = desk(params=where, replace={"intents": fetch, "intent": {"accuracy": 0.912}})
    assert result.phase == "Succeeded", result
    assert asked == [("https://example.com/train.csv", "ab")]
    assert result.outputs["intent"] == 0.912
