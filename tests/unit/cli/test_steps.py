from tests.unit.cli.objects import attempt, step

from penstock.cluster.steps import Leaf, branches, leaf, path_of, task_of


def names(leaves: list[Leaf], **options: object) -> list[str]:
    return [branch.name for branch in branches(leaves, **options)]  # type: ignore[arg-type]


def test_order_of_the_graph_then_of_the_manifest_then_finally() -> None:
    leaves = [Leaf("report"), Leaf("c", needs=("a",)), Leaf("b"), Leaf("a")]
    found = names(leaves, order=("a", "b", "c", "report"), final=frozenset({"report"}))
    assert found == ["a", "b", "c", "report"]


def test_dependencies_beat_the_manifest() -> None:
    assert names([Leaf("a", needs=("b",)), Leaf("b")], order=("a", "b")) == ["b", "a"]


def test_a_circle_of_hand_edited_steps_is_still_shown() -> None:
    assert names([Leaf("a", needs=("b",)), Leaf("b", needs=("a",)), Leaf("c")]) == ["c", "a", "b"]


def test_instances_count_and_composites_nest() -> None:
    leaves = [Leaf(f"tune.{number}.score") for number in (10, 9)] + [Leaf("tune.9.pick", needs=("tune.score",))]
    (tune,) = branches(leaves)
    assert [child.name for child in tune.children] == ["9", "10"]
    assert [child.name for child in tune.children[0].children] == ["score", "pick"]


def test_phase_of_a_group() -> None:
    def phase(*phases: str) -> str:
        (group,) = branches([Leaf(f"g.{at}", one) for at, one in enumerate(phases)])
        return group.phase

    assert phase("Succeeded", "Failed") == "Failed"
    assert phase("Succeeded", "Skipped") == "Succeeded"
    assert phase("Failed", "Running") == "Running"
    assert phase("Succeeded", "Pending") == "Running"
    assert phase("Queued", "Pending") == "Queued"
    assert phase("Skipped") == "Skipped"


def test_a_leaf_is_read_from_what_there_is() -> None:
    found = leaf(step("tune.3", "Retrying", attempts=[attempt(1), attempt(2)], reason="Error"))
    assert (found.path, found.attempt, found.job, found.reason) == ("tune.3", 2, "job-2", "Error")
    assert leaf({"metadata": {"name": "x"}, "spec": 3, "status": "nonsense"}).phase == "Pending"


def test_paths() -> None:
    assert path_of({"metadata": {"name": "alone"}}) == "alone"
    assert path_of(step("a.0.b")) == "a.0.b"
    assert task_of(step("a.0.b")) == "a.b"


def test_a_step_may_have_a_name_of_digits() -> None:
    tune = step("tune.3")
    assert (task_of(tune), leaf(tune).task) == ("tune", "tune")
    digits = step("pair.3")
    digits["metadata"]["labels"]["penstock.dev/step"] = "pair.3"
    assert (task_of(digits), leaf(digits).task) == ("pair.3", "pair.3")
