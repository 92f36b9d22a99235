"""Embeds the questions and answers of one topic."""

import json

from penstock_ml import questions, retrieval, wire


def main() -> None:
    """Input: shard ({topic, digest}). Outputs: vectors (Artifact), questions."""
    topic, digest = _shard(wire.text("shard"))
    if (here := questions.digest(topic)) != digest:
        raise wire.InputError(
            f"the text of '{topic}' has digest {here} in this image, but {digest} was collected: use one image for both"
        )
    shelf = retrieval.embed(questions.of(topic))
    retrieval.save(shelf, wire.output("vectors"))
    wire.write({"questions": len(shelf.questions)})


def _shard(raw: str) -> tuple[str, str]:
    try:
        value = json.loads(raw)
        return str(value["topic"]), str(value["digest"])
    except (ValueError, KeyError, TypeError):
        raise wire.InputError(
            f"input 'shard' is {raw[:80]}, but must be an item of collect-questions' shards, with topic and digest"
        ) from None


if __name__ == "__main__":
    wire.run(main)
