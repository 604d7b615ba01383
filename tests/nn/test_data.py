"""Data: the flowers, the reading of a CSV with all that can be wrong with it, splitting and standardising."""

from __future__ import annotations

import re

import numpy as np
import pytest

from nn import DataError
from nn.data import iris, load_csv, mean_and_deviation, standardise, train_test_split
from nn.table import read_table


def written(folder, text, name="data.csv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_iris_is_fishers():
    flowers = iris()
    assert flowers.X.shape == (150, 4)
    assert flowers.features == ("sepal_length", "sepal_width", "petal_length", "petal_width")
    assert (flowers.target, flowers.classes) == ("species", ("setosa", "versicolor", "virginica"))
    assert np.bincount(flowers.y).tolist() == [50, 50, 50]
    # The sums of the columns in each species, from the table in Fisher's paper
    sums = [flowers.X[flowers.y == k].sum(axis=0).round(1).tolist() for k in range(3)]
    assert sums == [[250.3, 171.4, 73.1, 12.3], [296.8, 138.5, 213.0, 66.3], [329.4, 148.7, 277.6, 101.3]]
    # Two flowers that are wrong in a copy that many use
    assert flowers.X[34].tolist() == [4.9, 3.1, 1.5, 0.2]
    assert flowers.X[37].tolist() == [4.9, 3.6, 1.4, 0.1]


def test_a_csv_file(tmp_path):
    path = written(tmp_path, "a, b ,kind\n1,2.5,x\n\n-3e2, 4 ,y\n")
    data = load_csv(path)
    assert data.X.tolist() == [[1.0, 2.5], [-300.0, 4.0]]
    assert (data.features, data.target, data.classes, data.y.tolist()) == (("a", "b"), "kind", ("x", "y"), [0, 1])


@pytest.mark.parametrize(
    "text", ["a,b\r\n1,2\r\n3,5\r\n", "\ufeffa,b\n1,2\n3,5", '"a","b"\n"1","2"\n3,"5"\n', "a,b\r1,2\r3,5\r"]
)
def test_a_csv_file_as_other_programs_write_it(tmp_path, text):
    data = load_csv(written(tmp_path, text))
    assert (data.features, data.X.tolist()) == (("a",), [[1.0], [3.0]])


@pytest.mark.parametrize("text", ["year,2019,2020\nx,1,2\ny,3,4\n", "nan,inf\n1,2\n3,4\n", "a,b\n1,a\n2,b\n"])
def test_names_that_are_like_data(tmp_path, text):
    table = read_table(written(tmp_path, text))
    assert (table.names, len(table.rows)) == (text.split("\n")[0].split(","), 2)


def test_any_column_is_the_target(tmp_path):
    path = written(tmp_path, "a,b,c\n1,2,3.5\n4,5,6.5\n")
    data = load_csv(path, target="a")
    assert (data.features, data.X.tolist(), data.y.tolist()) == (("b", "c"), [[2.0, 3.5], [5.0, 6.5]], [0, 1])


def column(tmp_path, targets):
    return load_csv(written(tmp_path, "x,y\n" + "".join(f"{i},{t}\n" for i, t in enumerate(targets))))


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        (["no", "yes"] * 5, ("no", "yes")),
        ([1, 0, 1, 0], ("0", "1")),
        ([-1, 1] * 3, ("-1", "1")),
        ([1.0, 2.0, 3.0] * 5, ("1", "2", "3")),
        (list(range(10)) * 5, tuple("0123456789")),
        (["a", "b", "7"] * 2, ("7", "a", "b")),
        (["고양이", "개"], ("개", "고양이")),
        ([1, 2, 3] * 4, ()),  # three whole numbers, each four times
        ([0.5, 1.5] * 10, ()),
        (list(range(100)), ()),
    ],
)
def test_words_and_few_whole_numbers_are_classes(tmp_path, targets, classes):
    data = column(tmp_path, targets)
    assert data.classes == classes
    if classes:
        assert [classes[k] for k in data.y] == [f"{t:g}" if isinstance(t, float) else str(t) for t in targets]
    else:
        assert data.y.tolist() == targets


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("", None, "the file is empty"),
        ("\n  \n", None, "the file is empty"),
        ("a,b\n", None, "there are no rows"),
        ("a,b\n1,2\n3,x4\n5,6\n", None, ", line 3, column 'b': expected a number, got 'x4'"),
        ("a,b\n1,2\n\nx,4\n", None, ", line 4, column 'a': expected a number, got 'x'"),
        ("a,b\n1_000,2\n3,4\n", None, ", line 2, column 'a': expected a number, got '1_000'"),
        ("a,b\n1,2\n,4\n", None, ", line 3, column 'a': the value is missing"),
        ("a,b\n1,2\n3,\n", None, ", line 3, column 'b': the value is missing"),
        ("a,b\n1,2\nnan,4\n", None, ", line 3, column 'a': nan is not a finite number"),
        ("a,b\n1,2\n3,-inf\n", None, ", line 3, column 'b': -inf is not a finite number"),
        ("a,b\n1,2\n1e999,1\n", None, ", line 3, column 'a': 1e999 is not a finite number"),
        ("a,b\n1,2\n3\n", None, ", line 3, column 'b': expected a value for each of the 2 columns, got 1"),
        ("a,b\n1,2\n3,4,5\n", None, ", line 3, column 3: expected a value for each of the 2 columns, got 3"),
        ('a,b\n1,2\n"3\n\n",4\n5\n', None, ", line 6, column 'b': expected a value"),
        ("a,b,a\n1,2,3\n", None, ", line 1, column 3: two columns are called 'a'"),
        (",b\n1,2\n", None, ", line 1: column 1 has no name"),
        ("1,2\n3,4\n5,6\n", None, ", line 1: expected the names of the columns, got a row, '1,2'; put a line of names"),
        ("\n5.1,0.2,setosa\n4.9,0.3,other\n", None, ", line 2: expected the names of the columns, got a row, '5.1,"),
        ("1,x\n2,y\n3,x\n", None, ", line 1: expected the names of the columns, got a row, '1,x'"),
        ("a\n1\n2\n", None, "'a' is the only column"),
        ("a;b\n1;2\n", None, "'a;b' is the only column; expected features and a target, separated by commas"),
        ("a,b\n1,2\n3,4\n", "c", "there is no column 'c' to learn; the columns are 'a', 'b'"),
        ("a,b\n1,x\n3,x\n", None, ", column 'b': the target is 'x' in every row"),
        ("a,b\n1,2.5\n3,2.50\n", None, ", column 'b': the target is '2.5' in every row"),
        ('a,b\n1,"2\n', None, ", line 2: a quote is opened and not closed"),
        (b"a,b\n1,2\n\xff,4\n", None, ", line 3: byte 0xff is not UTF-8 text"),
        (b"a,b\n1,2\n\x003,4\n", None, ", line 3"),
        ("a,b\n" + "1" * 200_000 + ",2\n", None, ", line 2: field larger"),
    ],
)
def test_what_is_wrong_with_a_file(tmp_path, text, target, message):
    path = written(tmp_path, text)
    with pytest.raises(DataError) as error:
        load_csv(path, target)
    assert str(error.value).startswith(f"{path}")
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match=r"nothing\.csv: cannot be read: No such file or directory"):
        load_csv(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        load_csv(tmp_path)


def test_standardise_uses_the_training_rows_alone():
    rng = np.random.default_rng(0)
    train, test = rng.normal(5, 3, (40, 3)), rng.normal(7, 1, (10, 3))
    a, b = standardise(train, test)
    np.testing.assert_allclose(a, (train - train.mean(0)) / train.std(0), rtol=1e-12)
    np.testing.assert_allclose(b, (test - train.mean(0)) / train.std(0), rtol=1e-12)


@pytest.mark.parametrize("train", [[], np.empty((0, 3))])
def test_nothing_has_no_mean(train):
    with pytest.raises(ValueError, match=r"standardise: expected an array \(n, d\) with a row at least, got the shape"):
        standardise(train)


def test_a_constant_column_is_only_shifted():
    a, b = standardise([[0.1, 1.0]] * 7 + [[0.1, 3.0]], [[0.3, 1.0]])
    assert a[:, 0].tolist() == [0.0] * 8
    assert b[0, 0] == pytest.approx(0.2)
    assert [x.tolist() for x in standardise([0.0, 0.0], [1.0])] == [[0.0, 0.0], [1.0]]


def test_large_numbers_do_not_overflow():
    mean, deviation = mean_and_deviation([[1e300], [3e300]])
    assert (mean[0], deviation[0]) == pytest.approx((2e300, 1e300))


def test_a_split_has_every_row_once_and_a_fifth_of_each_class():
    y = np.array([0] * 50 + [1] * 25 + [2] * 25)
    for seed in range(20):
        train, test = train_test_split(y, seed=seed)
        assert sorted([*train, *test]) == list(range(100))
        assert np.bincount(y[test]).tolist() == [10, 5, 5]


def test_a_split_follows_from_its_seed():
    y = iris().y
    splits = [train_test_split(y, seed=seed)[1].tolist() for seed in (0, 0, 1)]
    assert splits[0] == splits[1] != splits[2]


def test_a_small_class_is_always_in_the_training_rows():
    y = np.array([0] * 20 + [1] * 2)
    for seed in range(50):
        train, _ = train_test_split(y, seed=seed)
        assert 1 in y[train]


def test_each_row_is_held_out_equally_often():
    y = np.array([0] * 7 + [1] * 8)
    counts = np.bincount(np.concatenate([train_test_split(y, seed=seed)[1] for seed in range(1500)]), minlength=15)
    assert counts.sum() == 4500
    assert counts.min() > 230  # 300 expected, deviation 15.5
    assert counts.max() < 370


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.2, 2.0])
def test_a_part_is_between_0_and_1(fraction):
    with pytest.raises(ValueError, match=f"between 0 and 1, got {re.escape(str(fraction))}"):
        train_test_split([0, 1] * 10, fraction)


def test_too_few_rows_to_split():
    with pytest.raises(ValueError, match="4 rows are too few"):
        train_test_split([0, 1, 0, 1])
    assert len(train_test_split([0.0] * 5)[1]) == 1
    with pytest.raises(ValueError, match=r"5 rows are too few to hold out a part of 0\.9"):
        train_test_split([0.0] * 5, 0.9)  # all five could be held out
    for seed in range(20):
        assert len(train_test_split([0.0] * 5, 0.75, seed)[0]) >= 1
