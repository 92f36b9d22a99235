import json
import os

import nbformat
import notebook_run
import pytest
from nbformat import v4
from penstock_ml import wire


@pytest.fixture
def notebook(tmp_path):
    """Writes a notebook of these cells; the first one has the parameters."""

    def write(*cells, name="source.ipynb"):
        made = v4.new_notebook(cells=[v4.new_code_cell(text) for text in cells])
        if cells:
            made.cells[0].metadata.tags = ["parameters"]
        nbformat.write(made, tmp_path / name)
        return tmp_path / name

    return write


@pytest.fixture
def ran(step, tmp_path, monkeypatch):
    """Runs the component; its outputs, with what page and executed notebook say."""
    # The kernel finds penstock_ml as it does in the image.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([wire.__file__.rpartition("/penstock_ml/")[0]]))

    def run(**inputs):
        places = {"page": tmp_path / "page", "executed": tmp_path / "executed"}
        outputs = step("notebook-run", artifacts=places, **inputs)
        return outputs, places["page"].read_text(), nbformat.read(places["executed"], as_version=4)

    return run


def test_parameters_go_in_and_typed_values_and_a_page_come_out(notebook, ran, tmp_path):
    (tmp_path / "rows.csv").write_text("a\n1\n2\n")
    source = notebook(
        "rate = 0.5\nnames = []\ndata = ''",
        "rows = open(data).read().split()[1:]\nprint('seen', len(rows), 'rows')",
        "from ipykernel.kernelapp import IPKernelApp\nprint('by', IPKernelApp.instance().transport)",
        "from penstock_ml import wire\nwire.write({'rows': len(rows), 'scaled': rate * 10, 'names': names})",
    )
    outputs, page, executed = ran(path=str(source), parameters={"rate": 2, "names": ["x"]}, data=tmp_path / "rows.csv")
    assert outputs["values"] == {"rows": 2, "scaled": 20, "names": ["x"]}
    assert (outputs["rows"], outputs["cells"]) == (2, 5), "a value is an output by its own name, too"
    assert "seen 2 rows" in page
    assert "by ipc" in page
    assert page.startswith("<!DOCTYPE html>")
    assert [cell.source for cell in executed.cells if "injected-parameters" in cell.metadata.get("tags", ())]
    assert "injected" not in source.read_text(), "the notebook itself stays as it was"


def test_a_notebook_that_gives_nothing_has_no_values(notebook, ran):
    outputs, _, _ = ran(notebook=notebook("a = 1"))
    assert outputs == {"values": {}, "cells": 1}


def test_its_artifacts_go_where_the_steps_go(notebook, ran, tmp_path, monkeypatch):
    monkeypatch.setenv("OUTPUT_MODEL", str(tmp_path / "model"))
    ran(notebook=notebook("a = 1", "from penstock_ml import wire\nwire.output('model').write_text('weights')"))
    assert (tmp_path / "model").read_text() == "weights"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("rows: 2", "is not JSON (Expecting value"),
        ("[1]", "is [1], but must be an object"),
        ('{"rows": NaN}', "is not JSON (Out of range float values are not JSON compliant"),
    ],
)
def test_outputs_that_are_none_are_told(notebook, ran, text, told):
    source = notebook("a = 1", f"import os\nopen(os.environ['PENSTOCK_OUTPUTS'], 'w').write({text!r})")
    with pytest.raises(wire.InputError) as refused:
        ran(notebook=source)
    assert str(refused.value).startswith(f"what source.ipynb wrote to PENSTOCK_OUTPUTS {told}")


def test_a_cell_that_fails_is_told_with_its_traceback(notebook, ran, tmp_path):
    source = notebook("a = 1", "def f(x):\n    return 1 / x", "f(0)")
    with pytest.raises(notebook_run.CellError) as told:
        ran(notebook=source)
    assert "return 1 / x" in str(told.value)
    assert str(told.value).splitlines()[-1] == "error: cell [3] of source.ipynb: ZeroDivisionError: division by zero"
    assert "\x1b" not in str(told.value)
    assert not (tmp_path / "page").exists()


def test_a_kernel_that_dies_is_told(notebook, ran):
    with pytest.raises(notebook_run.CellError, match="the kernel of source died"):
        ran(notebook=notebook("a = 1", "import os; os._exit(1)", name="source"))


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"rats": 1}, "source.ipynb has no parameter 'rats'; it has rate, name"),
        ({"rate": "1"}, "parameter 'rate' of source.ipynb is of type String, but must be of type Number, as 0.5 is"),
        ({"name": None}, "parameter 'name' of source.ipynb is of type null, but must be of type String, as 'a' is"),
        ({"rate": True}, "parameter 'rate' of source.ipynb is of type Boolean, but must be of type Number"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_before_anything_runs(notebook, ran, parameters, told):
    with pytest.raises(wire.InputError) as refused:
        ran(notebook=notebook("rate = 0.5\nname = 'a'"), parameters=parameters)
    assert told in str(refused.value)


def test_a_notebook_without_a_cell_for_parameters_takes_none(tmp_path, ran):
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("a = 1")]), tmp_path / "plain.ipynb")
    with pytest.raises(wire.InputError, match="it has none: give one cell the tag parameters"):
        ran(path=str(tmp_path / "plain.ipynb"), parameters={"a": 2})


@pytest.mark.parametrize(
    ("text", "told"),
    [("{", "is no notebook"), (json.dumps({"cells": 1}), "is no notebook"), (None, "cannot be read: No such file")],
)
def test_what_is_no_notebook_is_told(tmp_path, ran, text, told):
    if text is not None:
        (tmp_path / "a.ipynb").write_text(text)
    with pytest.raises(wire.InputError, match=told):
        ran(path=str(tmp_path / "a.ipynb"))


def test_another_language_is_refused_and_another_name_of_the_kernel_is_not(tmp_path, ran):
    made = v4.new_notebook(cells=[v4.new_code_cell("a = 1")])
    made.metadata.kernelspec = {"name": "ada-conda", "display_name": "Ada's", "language": "python"}
    nbformat.write(made, tmp_path / "a.ipynb")
    assert ran(path=str(tmp_path / "a.ipynb"))[0]["cells"] == 1
    made.metadata.kernelspec["language"] = "R"
    nbformat.write(made, tmp_path / "a.ipynb")
    with pytest.raises(wire.InputError, match="is written in R, and only a kernel of Python"):
        ran(path=str(tmp_path / "a.ipynb"))


def test_one_notebook_is_asked_for(notebook, ran):
    for inputs in ({}, {"notebook": notebook("a = 1"), "path": "b"}):
        with pytest.raises(wire.InputError, match="give one of the inputs 'notebook'"):
            ran(**inputs)
