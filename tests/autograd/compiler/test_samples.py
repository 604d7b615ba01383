"""The arguments of a compiled call become one matrix: in C for arrays of float64, else in numpy; and the same one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograd.compiler.extension import extension
from autograd.compiler.trace import Signature, gathered, samples

built = pytest.mark.skipif(extension is None, reason="the extension is not built")


def f(*args: Any, **named: Any) -> None: ...


@built
@pytest.mark.parametrize(
    ("shapes", "names"),
    [
        ([(5, 3)], ()),
        ([(5,)], ()),
        ([(5, 3), (5,)], ("y",)),
        ([(1, 2, 3), (1, 0), (1, 1), (1,)], ("a", "b")),
        ([(7, 4, 2)] * 16, ()),
    ],
)
def test_c_and_numpy_agree(shapes: list[tuple[int, ...]], names: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.normal(size=shape) for shape in shapes]
    unnamed = len(arrays) - len(names)
    args, named = arrays[:unnamed], dict(zip(names, arrays[unnamed:], strict=True))
    found = gathered(args, named)
    signature, matrix = samples(f, args, named)
    assert found is not None
    assert found[0] == signature == Signature(tuple(s[1:] for s in shapes), (True,) * len(shapes), names)
    assert found[1].tobytes() == matrix.tobytes()
    assert found[1].shape == matrix.shape


@built
@pytest.mark.parametrize("kind", [np.float64, np.float32, np.int64, np.int32, np.longlong, np.intc])
def test_c_and_numpy_read_the_same_numbers(kind: Any) -> None:
    numbers = np.array([[0, -1], [3, 2**31 - 1], [7, -(2**31)]], kind)
    found, expected = gathered([numbers, np.ones(3)], {}), samples(f, [numbers, np.ones(3)], {})
    assert found is not None
    assert found[0] == expected[0]
    assert found[1].tobytes() == expected[1].tobytes()


@pytest.mark.parametrize(
    "args",
    [
        [],
        [np.zeros((2, 3)).T],
        [np.zeros((4, 3))[::2]],
        [np.zeros(3, np.uint8)],
        [np.zeros(3, bool)],
        [np.zeros(3, np.float16)],
        [np.zeros(3, complex)],
        [np.zeros(3, ">f8")],
        [np.zeros(3, ">i8")],
        [np.zeros(3, object)],
        [np.float64(1.0)],
        [np.array(1.0)],
        [np.zeros(3), 1.0],
        [np.zeros(3), [1.0, 2.0, 3.0]],
        [np.zeros(3), np.zeros(2)],
        [np.zeros((0, 3))],
        [np.ma.masked_array(np.zeros(3))],
        [np.zeros(3)] * 17,
    ],
)
def test_all_else_is_left_to_numpy(args: list[Any]) -> None:
    assert not gathered(args, {})


@built
@pytest.mark.parametrize("arguments", [(), (np.ndarray,), (np.ndarray, []), (np.ndarray, (), 1)])
def test_c_refuses_what_is_no_tuple(arguments: tuple[Any, ...]) -> None:
    with pytest.raises(TypeError, match="gather takes a type and a tuple"):
        extension.gather(*arguments)
