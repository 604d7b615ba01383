"""What the README shows is what happens."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.mark.parametrize("code", EXAMPLES, ids=lambda code: code.split("\n")[0])
def test_an_example_prints_what_stands_beside_it(code: str) -> None:
    expected = re.findall(r"^print\(.*\) +# (.*)$", code, re.MULTILINE)
    assert len(expected) == code.count("\nprint(")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(code, "README.md", "exec"), {})
    assert printed.getvalue().splitlines() == expected


def test_there_are_examples_and_commands() -> None:
    assert len(EXAMPLES) == 3
    assert "\npip install -e . && python -m nn train iris\n" in README
    assert '\npip install -e ".[test]" && python -m pytest\n' in README
