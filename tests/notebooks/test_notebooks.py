"""The lessons: well formed, run with every exercise solved, and showing what stands in them.

An exercise is a code cell that calls `teach.answer` and leaves `...` where the answer goes. The next cell is its
solution: a folded markdown cell with a block of Python. Here each notebook runs once with that block in place, in the
exercise's cell, before the calls of `teach.answer`. Every call must say "Right", and every other cell must give the
outputs that were committed; so no other cell may depend on an answer.
"""

from __future__ import annotations

import ast
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

nbformat = pytest.importorskip("nbformat", reason="needs the extra 'lessons'")
nbclient = pytest.importorskip("nbclient", reason="needs the extra 'lessons'")
pytest.importorskip("ipykernel", reason="needs the extra 'lessons'")

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = [
    "00_start_here",
    "01_slopes",
    "02_value_and_graph",
    "03_chain_rule_step_by_step",
    "04_neuron",
    "05_gates_and_xor",
    "06_layers_as_matrices",
    "07_softmax_and_spiral",
    "08_moons",
    "09_bug_zoo",
    "10_optimisers_race",
    "11_vanishing_gradients",
    "12_everything_else_is_efficiency",
    "13_microgpt",
]
LARGEST_OUTPUT = 1_000_000  # bytes
SOLUTION = re.compile(r"<details>\s*<summary>Solution</summary>.*?```python\n(.*?)```\s*.*?</details>", re.DOTALL)
LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
NO_IDEAS = ("Install", "The lessons", "What you have now")
# What a run prints on one machine and on no other: addresses, places, and warnings with their places.
OF_ONE_RUN = re.compile(r"\bat 0x[0-9a-f]+|/(home|root|tmp|work|Users)/|\w+Warning:")

every_notebook = pytest.mark.parametrize("name", NAMES)


def read(name: str) -> Any:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


def code_cells(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def is_exercise(cell: Any) -> bool:
    return cell.cell_type == "code" and "teach.answer(" in cell.source


def is_answer(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Call)
        and ast.unparse(statement.value.func) == "teach.answer"
    )


def asked_and_answers(cell: Any) -> tuple[list[ast.stmt], list[ast.stmt]]:
    """The statements of an exercise's cell, and its calls of `teach.answer`."""
    statements = ast.parse(cell.source).body
    return [s for s in statements if not is_answer(s)], [s for s in statements if is_answer(s)]


def exercises(notebook: Any) -> list[tuple[Any, str]]:
    """Each exercise's cell, and the code of its solution."""
    found: list[tuple[Any, str]] = []
    for cell, after in zip(notebook.cells, [*notebook.cells[1:], None], strict=True):
        if is_exercise(cell):
            solution = SOLUTION.search(after.source) if after and after.cell_type == "markdown" else None
            assert solution, f"no solution stands under this exercise:\n{cell.source}"
            found.append((cell, solution[1]))
    return found


def printed(cell: Any) -> str:
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def shown(cell: Any) -> list[Any]:
    """What a cell shows, for comparison: texts and pages whole, of drawings words and colours, of plots nothing.

    Where other fonts are installed, letters have other sizes.
    """
    outputs: list[Any] = [printed(cell)]
    for output in cell.outputs:
        if output.output_type != "stream":
            outputs.append({mime: compared(mime, text) for mime, text in output.data.items()})
    return outputs


def compared(mime: str, text: str) -> Any:
    if mime == "image/svg+xml":
        drawn = [x for x in ElementTree.fromstring(text).iter() if x.tag.endswith(("}text", "}polygon", "}path"))]
        return Counter((x.tag, x.text, x.get("fill")) for x in drawn)
    return ... if mime == "image/png" else text


def test_the_notebooks_are_the_lessons() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.ipynb")) == NAMES


@every_notebook
def test_a_notebook_is_well_formed(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    assert not [cell.id for cell in notebook.cells if "execution" in cell.metadata], "times of execution"
    assert notebook.cells[0].cell_type == "markdown"
    assert notebook.cells[0].source.startswith("# ")
    assert "What you have now" in notebook.cells[-1].source


@every_notebook
def test_links_lead_somewhere(name: str) -> None:
    cells = [cell for cell in read(name).cells if cell.cell_type == "markdown"]
    links = [link for cell in cells for link in LINK.findall(cell.source)]
    assert not [link for link in links if not (FOLDER / link).exists()]
    assert [link for link in links if link.endswith(".ipynb")], "no link to another lesson"


@every_notebook
def test_outputs_are_committed_and_of_no_one_machine(name: str) -> None:
    cells = code_cells(read(name))
    assert any(cell.outputs for cell in cells)
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        for output in cell.outputs:
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", output
            pieces = [output.text] if output.output_type == "stream" else list(output.data.values())
            assert all(len(str(piece).encode()) < LARGEST_OUTPUT for piece in pieces), cell.source
            text = output.text if output.output_type == "stream" else output.data.get("text/plain", "")
            assert not OF_ONE_RUN.search(text), text


@every_notebook
def test_exercises_are_left_open(name: str) -> None:
    found = exercises(read(name))
    assert found
    for cell, _ in found:
        asked, answers = asked_and_answers(cell)
        assert answers, f"teach.answer must stand at the start of a line:\n{cell.source}"
        dots = [node for s in asked for node in ast.walk(s) if isinstance(node, ast.Constant) and node.value is ...]
        assert dots, f"no ... to be replaced:\n{cell.source}"
        said = [line for line in printed(cell).splitlines() if line.startswith("Not answered yet: ")]
        assert len(said) == len(answers), f"{cell.source}\n\n{printed(cell)}"


@pytest.mark.parametrize("name", NAMES[:12])
def test_each_idea_ends_in_something_to_try(name: str) -> None:
    ideas: dict[str, int] = {}
    for cell in read(name).cells:
        if cell.cell_type == "markdown":
            ideas |= dict.fromkeys(re.findall(r"^## (.*)", cell.source, re.MULTILINE), 0)
        elif is_exercise(cell):
            ideas[list(ideas)[-1]] += 1
    assert [idea for idea, tries in ideas.items() if not tries and idea not in NO_IDEAS] == []


@every_notebook
@pytest.mark.skipif(shutil.which("dot") is None, reason="needs Graphviz's dot, with which the outputs were made")
def test_with_the_solutions_in_place_all_is_right_and_the_rest_as_committed(name: str) -> None:
    committed, notebook = read(name), read(name)
    right: dict[str, int] = {}  # by cell id, how many answers there are to be right
    for cell, solution in exercises(notebook):
        asked, answers = asked_and_answers(cell)
        cell.source = "\n".join([*map(ast.unparse, asked), solution, *map(ast.unparse, answers)])
        right[cell.id] = len(answers)
    client = nbclient.NotebookClient(
        notebook, timeout=60, record_timing=False, resources={"metadata": {"path": FOLDER}}
    )
    client.execute()
    for was, cell in zip(code_cells(committed), code_cells(notebook), strict=True):
        if cell.id in right:
            said = [line.split(":")[0] for line in printed(cell).splitlines()]
            assert said.count("Right") == right[cell.id], f"{cell.source}\n\n{printed(cell)}"
        else:
            assert shown(cell) == shown(was), cell.source
