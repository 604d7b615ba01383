"""Made data sets: the formula of each, the noise around it, and what follows from a seed."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from nn import data

MADE = ("xor", "moons", "circles", "blobs", "vertical", "spiral", "checkerboard")


@pytest.mark.parametrize("name", MADE)
def test_a_seed_gives_the_same_points(name):
    make = data.DATASETS[name]
    first, again, other = make(seed=1), make(seed=1), make(seed=2)
    assert np.array_equal(first.X, again.X)
    assert np.array_equal(first.y, again.y)
    assert not np.array_equal(first.X, other.X)
    rng = np.random.default_rng(1)
    assert np.array_equal(make(seed=rng).X, first.X)
    assert not np.array_equal(make(seed=rng).X, first.X)  # the Generator has moved on


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize("n", [10, 11, 100])
def test_n_points_shared_among_the_classes(name, n):
    made = data.DATASETS[name](n)
    assert (made.X.shape, made.y.shape, made.X.dtype, made.y.dtype.kind) == ((n, 2), (n,), np.float64, "i")
    assert len(made.features) == 2
    assert len(made.classes) >= 2
    if name != "checkerboard":
        counts = np.bincount(made.y, minlength=len(made.classes))
        assert counts.max() - counts.min() <= 1


def test_gates():
    answers = {name: data.gate(name).y.tolist() for name in ("and", "or", "nand", "nor", "xor")}
    rows = [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert answers == {
        "and": [int(a and b) for a, b in rows],
        "or": [int(a or b) for a, b in rows],
        "nand": [int(not (a and b)) for a, b in rows],
        "nor": [int(not (a or b)) for a, b in rows],
        "xor": [int(a != b) for a, b in rows],
    }
    assert data.gate("and").X.tolist() == [list(map(float, row)) for row in rows]
    with pytest.raises(ValueError, match="there is no gate 'maybe'; the gates are and, or, nand, nor, xor"):
        data.gate("maybe")


def test_xor_lies_around_four_corners():
    exact, noisy = data.xor(400, noise=0.0), data.xor(400, noise=0.1)
    assert sorted(map(tuple, np.unique(exact.X, axis=0))) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert np.array_equal(exact.X[:, 0] != exact.X[:, 1], exact.y == 1)
    assert (noisy.X - exact.X).std() == pytest.approx(0.1, rel=0.1)


def test_moons_and_circles_equal_scikit_learns():
    sklearn = pytest.importorskip("sklearn.datasets")
    X, y = sklearn.make_moons(100, shuffle=False)
    ours = data.moons(100, noise=0.0)
    np.testing.assert_allclose(ours.X, X, atol=1e-12)
    assert np.array_equal(ours.y, y)
    X, y = sklearn.make_circles(100, shuffle=False, factor=0.3)
    ours = data.circles(100, noise=0.0, factor=0.3)
    np.testing.assert_allclose(ours.X, X, atol=1e-12)
    assert np.array_equal(ours.y, y)


def test_moons_and_circles_lie_on_their_lines():
    moons = data.moons(50, noise=0.0)
    for k, centre, side in ((0, (0, 0), 1), (1, (1, 0.5), -1)):
        points = moons.X[moons.y == k] - centre
        np.testing.assert_allclose(np.hypot(*points.T), 1)
        assert (side * points[:, 1] >= -1e-12).all()
    circles = data.circles(50, noise=0.0, factor=0.25)
    np.testing.assert_allclose(np.hypot(*circles.X.T), np.where(circles.y == 0, 1, 0.25))
    for make in (data.moons, data.circles):
        assert (make(2000, noise=0.2).X - make(2000, noise=0.0).X).std() == pytest.approx(0.2, rel=0.05)


def test_blobs_lie_around_centres():
    blobs = data.blobs(3000, classes=4, deviation=0.5)
    for k in range(4):
        points = blobs.X[blobs.y == k]
        assert points.std(axis=0) == pytest.approx([0.5, 0.5], rel=0.1)
        assert (np.abs(points.mean(axis=0)) < 10.1).all()


def test_vertical():
    made = data.vertical(3000)
    for c in range(3):
        points = made.X[made.y == c]
        assert points.mean(axis=0) == pytest.approx([c / 3, 0.5], abs=0.015)
        assert points.std(axis=0) == pytest.approx([0.1, 0.1], rel=0.07)


def test_spiral():
    exact = data.spiral(300, noise=0.0)
    for c in range(3):
        r, angle = np.linspace(0, 1, 100), np.linspace(4 * c, 4 * c + 4, 100)
        expected = np.stack([r * np.sin(2.5 * angle), r * np.cos(2.5 * angle)], axis=1)
        np.testing.assert_allclose(exact.X[exact.y == c], expected, atol=1e-12)
    noisy = data.spiral(3000)
    np.testing.assert_allclose(np.hypot(*noisy.X[noisy.y == 1].T), np.linspace(0, 1, 1000), atol=1e-12)
    ends = [data.spiral(3, seed=seed).X for seed in range(400)]  # with one point for each class r is 0
    assert np.abs(ends).max() == 0
    tips = np.array([data.spiral(6, seed=seed).X[1] for seed in range(2000)])
    turned = (np.arctan2(tips[:, 0], tips[:, 1]) - 10 + np.pi) % (2 * np.pi) - np.pi
    assert turned.std() == pytest.approx(2.5 * 0.2, rel=0.06)


def test_checkerboard():
    made = data.checkerboard(2000, squares=3)
    assert made.X.min() >= 0
    assert made.X.max() < 3
    assert np.array_equal(made.y, (made.X.astype(int).sum(axis=1)) % 2)
    assert np.bincount(made.y)[0] / 2000 == pytest.approx(5 / 9, abs=0.04)


def test_digits(monkeypatch):
    if importlib.util.find_spec("sklearn"):
        made = data.digits()
        assert (made.X.shape, made.X.min(), made.X.max(), len(made.features)) == ((1797, 64), 0.0, 16.0, 64)
        assert np.bincount(made.y).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
        assert made.classes == tuple("0123456789")
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)  # as if it were not installed
    with pytest.raises(ImportError, match="digits: scikit-learn, which has them, is not installed: pip install"):
        data.digits()


def test_one_hot():
    assert data.one_hot([2, 0]).tolist() == [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]
    assert data.one_hot(np.array([1], np.uint8), classes=4).tolist() == [[0.0, 1.0, 0.0, 0.0]]


def test_batches_keep_the_last_short_one():
    rng = np.random.default_rng(0)
    first, second = (list(data.batches(100, 8, rng)) for _ in range(2))
    for rows in (first, second):
        assert [len(batch) for batch in rows] == [8] * 12 + [4]
        assert sorted(i for batch in rows for i in batch) == list(range(100))
    assert first != second
    assert list(data.batches(100, 8, 0)) == first
    assert [len(batch) for batch in data.batches(3, 8)] == [3]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: data.moons(1), "moons: n must be at least 2, a point for each class, got 1"),
        (lambda: data.checkerboard(0), "checkerboard: n must be at least 2"),
        (lambda: data.spiral(2), "spiral: n must be at least 3"),
        (lambda: data.blobs(classes=1), "blobs: classes must be 2 or more, got 1"),
        (lambda: data.xor(noise=-0.1), "xor: the noise must be 0 or more, got -0.1"),
        (lambda: data.circles(factor=1.0), "circles: factor must be between 0 and 1, got 1.0"),
        (lambda: data.checkerboard(squares=1), "squares must be 2 or more, got 1"),
        (lambda: data.one_hot([0.5]), "one_hot: expected class indices, whole numbers"),
        (lambda: data.one_hot([]), "one_hot: expected class indices"),
        (lambda: data.one_hot([0, -1]), "from 0 to 0, got -1"),
        (lambda: data.one_hot([0, 3], classes=3), "from 0 to 2, got 3"),
        (lambda: list(data.batches(5, 0)), "batch_size must be 1 or more, got 0"),
    ],
)
def test_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("make", [data.xor, data.moons, data.circles, data.spiral, data.blobs, data.checkerboard])
def test_how_many_is_a_whole_number(make):
    with pytest.raises(TypeError, match=rf"{make.__name__}: n must be a whole number, got 20\.5"):
        make(20.5)
    assert len(make(np.int64(20)).y) == 20
