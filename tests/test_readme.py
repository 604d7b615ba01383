"""What the README shows is what happens."""

from __future__ import annotations

import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from autograd.pictures.layout import PictureError, lay_out
from autograd.rules import RULES

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
FOLDER = ROOT / "notebooks" / "pictures"
MAKE = runpy.run_path(str(FOLDER / "make.py"))
BLOCKS = MAKE["blocks"]()
REMAKE = "run `python notebooks/pictures/make.py` and look at the pictures"


@pytest.fixture(scope="module")
def ran() -> Any:
    """What each block prints, and the variables that they leave behind."""
    return MAKE["run"]()


@pytest.mark.parametrize("number", range(len(BLOCKS)), ids=lambda i: BLOCKS[i][0].split("\n")[0])
def test_a_block_prints_what_stands_beside_or_below_it(ran: Any, number: int) -> None:
    code, below = BLOCKS[number]
    beside = re.findall(r"^print\(.*\) +# (.*)$", code, re.MULTILINE)
    assert len(beside) + bool(below) == len(re.findall(r"^print\(", code, re.MULTILINE))
    assert ran[0][number].splitlines() == [*beside, *below.splitlines()]


def test_there_are_blocks_and_commands() -> None:
    assert len(BLOCKS) == README.count("```python\n") >= 8
    assert sum(bool(below) for _, below in BLOCKS) == README.count("```text\n")
    assert "\npip install -e . && python -m nn train iris\n" in README
    assert '\npip install -e ".[test]" && python -m pytest\n' in README


def test_the_first_block_has_ten_lines() -> None:
    assert BLOCKS[0][0].count("\n") <= 10


def test_the_rules_are_counted() -> None:
    *rules, program = RULES
    assert program == "program", "what a compiled function leaves, no rule of calculus"
    assert (len(rules), rules[0], rules[-1]) == (55, "+", "take")
    assert "**Fifty-five rules**, from `+` to `take`," in README


def test_links_lead_somewhere() -> None:
    for link in re.findall(r"\]\((?!https?://)([^)#]+)", README):
        assert (ROOT / link).is_file(), link


def test_the_pictures_are_those_that_are_made_and_each_is_described() -> None:
    shown = re.findall(r"!\[(.*?)\]\(notebooks/pictures/(.*?)\)", README)
    assert README.count("![") == len(shown)
    assert [name for _, name in shown] == list(MAKE["PICTURES"])
    assert sorted(path.name for path in FOLDER.iterdir() if path.is_file()) == sorted(["make.py", *MAKE["PICTURES"]])
    assert all(len(description) > 60 for description, _ in shown)
    assert all((FOLDER / name).stat().st_size < 100_000 for _, name in shown)


def content(path: Path) -> Counter[tuple[str, str | None, str | None]]:
    """The words and shapes of a drawing with their colours, wherever they stand: fonts differ between machines."""
    shown = [x for x in ElementTree.parse(path).iter() if x.tag.endswith(("}text", "}polygon", "}path"))]
    return Counter((x.tag, x.text, x.get("fill")) for x in shown)


@pytest.mark.parametrize("name", ["graph.svg", "network.svg"])
def test_a_drawing_is_what_is_made_from_the_code_beside_it(ran: Any, tmp_path: Path, name: str) -> None:
    try:
        lay_out("digraph {}", "svg")
    except PictureError as error:
        pytest.skip(str(error))
    MAKE["PICTURES"][name](ran[1], tmp_path / name)
    assert content(FOLDER / name) == content(tmp_path / name), REMAKE


def test_the_animation_is_what_is_made_from_the_code_beside_it(ran: Any, tmp_path: Path) -> None:
    MAKE["PICTURES"]["steps.svg"](ran[1], tmp_path / "steps.svg")
    assert (FOLDER / "steps.svg").read_bytes() == (tmp_path / "steps.svg").read_bytes(), REMAKE


def test_the_plot_is_what_is_made_from_the_code_beside_it(ran: Any, tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image", reason="needs matplotlib, the extra 'plot'")
    MAKE["PICTURES"]["moons.png"](ran[1], tmp_path / "moons.png")
    there, made = image.imread(FOLDER / "moons.png"), image.imread(tmp_path / "moons.png")
    assert there.shape == made.shape, REMAKE
    assert np.abs(there - made).mean() < 0.005, REMAKE  # letters are drawn a little differently by other versions
