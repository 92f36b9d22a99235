"""Trains one recommender on the likes to train on, or blends two that are trained."""

from dataclasses import replace
from typing import Any

from penstock_ml import models, ratings, recommenders, wire


def main() -> None:
    """Inputs: ratings (Artifact), kind, penalty, behaviour (Artifact), text (Artifact), weight. Outputs: model
    (Artifact), likes.
    """
    source = ratings.load(wire.artifact("ratings"))
    name = wire.text("kind", choices=recommenders.KINDS)
    likes = source.likes("train")
    if name == "Hybrid":
        weight = wire.number("weight", low=0, high=1)
        behaviour, text = (recommenders.load(wire.artifact(part), source.titles) for part in ("behaviour", "text"))
        name, made = f"Hybrid {weight:g}", recommenders.blend(behaviour.pipeline, text.pipeline, weight, likes)
    else:
        made = _trained(name, likes, source.texts)
    made = replace(made, titles=source.titles)
    models.save(models.Model(name, recommenders.SAMPLES, source.titles, made), wire.output("model"))
    wire.write({"likes": len(source.train)})


def _trained(kind: str, likes: Any, texts: tuple[str, ...]) -> recommenders.Recommender:
    if kind == "Popularity":
        return recommenders.popularity(likes)
    if kind == "ItemNeighbours":
        return recommenders.item_neighbours(likes)
    penalty = wire.number("penalty", default=200, low=1e-6, high=1e9)
    return recommenders.ease(likes, penalty) if kind == "EASE" else recommenders.text(likes, texts, penalty)


if __name__ == "__main__":
    wire.run(main)
