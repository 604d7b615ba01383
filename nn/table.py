"""A CSV file as a table of texts, read strictly: what is wrong is said with file, line and column."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass
from pathlib import Path


class DataError(ValueError):
    """A file that cannot be read as a table; the message is one line that names file, line and column."""


@dataclass(frozen=True)
class Table:
    """The cells of a CSV file, as texts."""

    path: str | Path
    names: list[str]
    rows: list[list[str]]
    lines: list[int]
    """For each row its line in the file; the first line is 1."""

    def words(self, column: str) -> list[str]:
        """The texts in a column; a DataError if one is empty, nan or inf."""
        texts = [row[self.names.index(column)] for row in self.rows]
        for text, line in zip(texts, self.lines, strict=True):
            if not text:
                raise DataError(f"{self.path}, line {line}, column {column!r}: the value is missing")
            number = parse(text)
            if number is not None and not math.isfinite(number):
                raise DataError(f"{self.path}, line {line}, column {column!r}: {text} is not a finite number")
        return texts

    def numbers(self, column: str) -> list[float]:
        """The numbers in a column; a DataError if one is no number, or not finite."""
        numbers: list[float] = []
        for text, line in zip(self.words(column), self.lines, strict=True):
            number = parse(text)
            if number is None:
                raise DataError(f"{self.path}, line {line}, column {column!r}: expected a number, got {short(text)}")
            numbers.append(number)
        return numbers

    def is_text(self, column: str) -> bool:
        """Whether a column holds words, that is, numbers in less than half of its rows."""
        parsed = [parse(text) for text in self.words(column)]
        return sum(number is not None for number in parsed) * 2 < len(parsed)


def parse(text: str) -> float | None:
    """The number that a text is, or None. Python's 1_000 counts as text: in a file it is a name."""
    try:
        return None if "_" in text else float(text)
    except ValueError:
        return None


def read_table(path: str | Path) -> Table:
    """The table in a CSV file (UTF-8, separated by commas), whose first line names the columns.

    Empty lines are passed over, spaces around a cell are cut off.

    Raises:
        DataError: no file, a directory, not UTF-8, nothing in it, no rows; a first line that is a row of data; a
            column without a name or two of one name; a row with more or fewer cells than the first line; quotes that
            are not closed.

        >>> from pathlib import Path
        >>> read_table(Path(__file__).parent / "iris.csv").rows[0]
        ['5.1', '3.5', '1.4', '0.2', 'setosa']
    """
    text = _read_text(path)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if cells not in ([], [""]):
                rows.append(cells)
                lines.append(line)
            line = reader.line_num + 1  # a quoted cell may run over several lines
    except csv.Error as error:
        what = "a quote is opened and not closed" if "end of data" in str(error) else error
        raise DataError(f"{path}, line {line}: {what}") from None
    if not rows:
        raise DataError(f"{path}: the file is empty; expected a line of column names, then rows of numbers")
    names, header = rows.pop(0), lines.pop(0)
    if _is_row(names, rows):
        given = f"expected the names of the columns, got a row, {short(','.join(names))}"
        raise DataError(f"{path}, line {header}: {given}; put a line of names above it")
    for i, name in enumerate(names):
        if not name:
            raise DataError(f"{path}, line {header}: column {i + 1} has no name")
        if name in names[:i]:
            raise DataError(f"{path}, line {header}, column {i + 1}: two columns are called {name!r}")
    if not rows:
        raise DataError(f"{path}: there are no rows after the line of column names")
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(names):
            column = repr(names[len(row)]) if len(row) < len(names) else len(names) + 1
            expected = f"expected a value for each of the {len(names)} columns"
            raise DataError(f"{path}, line {line}, column {column}: {expected}, got {len(row)}")
    return Table(path, names, rows, lines)


def _is_row(first: list[str], rows: list[list[str]]) -> bool:
    """Whether the first line of a file is a row of data, and names are missing.

    It is if it has numbers alone, a number that is not whole, or, beside a number, a word that its column has again.
    "country,2019,2020" are names.
    """
    numbers = [number for number in map(parse, first) if number is not None and math.isfinite(number)]
    again = any(len(row) > i and row[i] == word for i, word in enumerate(first) if parse(word) is None for row in rows)
    whole = all(number.is_integer() for number in numbers)
    return bool(numbers) and (len(numbers) == len(first) or not whole or again)


def _read_text(path: str | Path) -> str:
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        byte = f"byte 0x{data[error.start]:02x}"
        raise DataError(f"{path}, line {line}: {byte} is not UTF-8 text; save the file as UTF-8") from None


def short(text: str) -> str:
    """The text in quotes, cut off if it is long."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
