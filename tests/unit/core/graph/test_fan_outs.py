"""Fan-outs, flat and nested: instances, limits, gathered outputs, lists that steps produce."""

import pytest
from tests.unit.builders import cluster, components, job_env, phases, pipeline, runs, step

from penstock.core.wording import Reader


class TestFanOut:
    def test_the_last_variable_varies_fastest_and_lists_are_in_index_order(self) -> None:
        found = cluster(
            pipeline(
                step(
                    "t",
                    each={"m": ["a", "b"], "d": range(1, 3)},
                    inputs={"m": "each:m", "d": "each:d"},
                    outputs={"l": "String"},
                ),
                step("all", inputs={"l": "from:t.l"}),
            ),
            **{f"t__{number}": {"l": str(number)} for number in range(4)},  # type: ignore[arg-type]
        )
        found.run()
        env = [job_env(job) for job in found.of("Job")]
        assert [(one["INPUT_M"], one["INPUT_D"]) for one in env if one["PENSTOCK_STEP"].startswith("t.")] == [
            ("a", "1"),
            ("a", "2"),
            ("b", "1"),
            ("b", "2"),
        ]
        assert [one["INPUT_L"] for one in env if one["PENSTOCK_STEP"] == "all"] == ['["0","1","2","3"]']

    @pytest.mark.parametrize(
        ("produced", "phase", "words"),
        [
            ([], "Succeeded", ""),
            (7, "Failed", "expected List, got Integer 7"),
            (list(range(10_001)), "Failed", "the Pipeline has more than 10,000 Steps"),
        ],
    )
    def test_lists_of_other_lengths(self, produced: object, phase: str, words: str) -> None:
        found = cluster(
            pipeline(
                step("many", each={"x": "a.o"}, inputs={"x": "each:x"}, outputs={"n": "Integer"}),
                step("a", component="any"),
                step("end", inputs={"n": {"from": "many.n", "default": 0}}),
            ),
            using=components(any={"image": "i", "outputs": {"o": "List"}}),
            a={"o": produced} if isinstance(produced, list) and len(produced) < 100 else {"o": []},
        )
        if not (isinstance(produced, list) and len(produced) < 100):
            found.reconcile()
            found.start_pods()
            found.finish()
            found.reconcile()
            result = found.step("a")["status"]
            result["outputs"]["o"] = result["results"][0]["outputs"]["o"] = produced
            found.changed(found.step("a"))
        found.run()
        assert found.status["phase"] == phase
        if words:
            assert words in found.step("many")["status"]["message"]
            assert found.step("many")["status"]["reason"] == "InvalidList"

    def test_a_list_with_holes_skips_what_runs_over_it(self) -> None:
        found = cluster(
            pipeline(
                step("a", each={"x": [1, 2]}, outputs={"n": "Integer"}, onError="Continue"),
                step("b", each={"y": "a.n"}, inputs={"y": "each:y"}),
            ),
            a__0={"n": 1},
            a__1=1,
        )
        assert phases(found)["b"] == "Skipped"
        assert found.status["phase"] == "Succeeded"

    def test_composites_fan_out_as_a_whole(self) -> None:
        pair = {
            "inputs": [{"name": "n", "type": "Integer"}],
            "outputs": [{"name": "r", "type": "Integer", "from": "two.r"}],
            "steps": [
                step("one", inputs={"n": "param:n"}, outputs={"r": "Integer"}, image="i"),
                step("two", inputs={"n": "from:one.r"}, outputs={"r": "Integer"}, image="i"),
            ],
        }
        found = cluster(
            pipeline(
                step("p", component="pair", each={"n": [1, 2]}, inputs={"n": "each:n"}),
                step("sum", inputs={"rs": "from:p.r"}),
            ),
            using=components(pair=pair),
            **{f"p__{n}__{name}": {"r": 10 * n + k} for n in (0, 1) for k, name in enumerate(["one", "two"])},  # type: ignore[arg-type]
        )
        assert phases(found) == dict.fromkeys(("p.0.one", "p.0.two", "p.1.one", "p.1.two", "sum"), "Succeeded")
        env = {job_env(job)["PENSTOCK_STEP"]: job_env(job) for job in found.of("Job")}
        assert env["p.1.two"]["INPUT_N"] == "10"
        assert env["sum"]["INPUT_RS"] == "[1,11]"

    def test_max_parallel_and_parallelism_in_the_order_of_the_longest_path(self) -> None:
        many = step("m", each={"x": range(5)}, inputs={"x": "each:x"})
        many["forEach"]["maxParallel"] = 2
        found = cluster(pipeline(step("a"), step("b"), many, step("end", needs=["m"]), parallelism=3))
        found.reconcile()
        assert runs(found) == ["m.0", "m.1", "a"]
        waits = {one.step.path: found.waits[one.step.uid] for one in found.plan().ready}
        assert {path: wait.reason for path, wait in waits.items()} == dict.fromkeys(
            ["m.2", "m.3", "m.4", "b"], "Parallelism"
        )
        assert waits["b"].words(Reader("ns")) == "3 steps run, as many as spec.parallelism allows"
        assert (
            waits["m.2"].words(Reader("ns")) == "2 instances of 'm' are active, as many as forEach.maxParallel allows"
        )
        found.start_pods()
        found.finish("p.m.1")
        found.reconcile()
        assert runs(found) == ["m.0", "m.1", "a", "m.2"]

    @pytest.mark.parametrize("name", ["each", "3"])
    def test_instances_stay_while_their_list_is_made_anew_whatever_the_step_is_called(self, name: str) -> None:
        def manifest(script: str) -> object:
            items = step("list", script=script, outputs={"items": "List"})
            return pipeline(items, step(name, each={"i": "list.items"}, inputs={"i": "each:i"}))

        found = cluster(manifest("run"), list={"items": [1, 2]})  # type: ignore[arg-type]
        found.run()
        found.apply(manifest("other"))  # type: ignore[arg-type]
        found.reconcile()
        assert set(found.phases()) == {"list", f"{name}.0", f"{name}.1"}
        found.run()
        assert runs(found) == ["list", f"{name}.0", f"{name}.1", "list#2"]

    def test_who_reads_a_list_that_shrank_and_grew_does_not_take_it_for_what_it_was(self) -> None:
        def manifest(again: str) -> object:
            return pipeline(
                step("list", outputs={"items": "List"}, cache="Never"),
                step("f", each={"i": "list.items"}, inputs={"i": "each:i"}, outputs={"n": "String"}),
                step("all", inputs={"l": "from:f.n"}),
                step("again", script=again),
            )

        lists = [{"items": items} for items in (["a", "b"], ["a"], ["a", "c"])]
        found = cluster(manifest("1"), list=lists, f__0={"n": "A"}, f__1=[{"n": "B"}, {"n": "C"}])  # type: ignore[arg-type]
        found.run()
        for again in ("2", "3"):
            found.apply(manifest(again))  # type: ignore[arg-type]
            found.run()
        env = [job_env(job) for job in found.of("Job")]
        assert [one["INPUT_L"] for one in env if one["PENSTOCK_STEP"] == "all"] == ['["A","C"]']
