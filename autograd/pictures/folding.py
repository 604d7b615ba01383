"""Which Values of a graph share a box, so that a graph of any size gives a picture that can be read.

Scopes fold first, by the depth that is shown open. If what is left is still too much:

- a *run*, where each Value's only consumer does the same operation (x + x + x ...), keeps its ends and folds
  what is between them;
- *likes*, Values of one operation with the same consumers, keep two and the last and fold the others; whatever
  was used by folded Values only folds with them, operation by operation;
- when the picture is full, all that remains is one box.

All this goes level by level from the result down, so that a Value's consumers have their boxes before it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, cast

from ..engines import Value
from .scene import Naming
from .scopes import Places
from .walk import Graph, is_frozen

LARGEST = 150  # boxes that are all shown
LARGEST_ASKED = 500  # and when a depth is asked for: dot still needs no more than some seconds
LONGEST = 3000  # levels that the edges between them span, in all; a dense graph of more takes dot minutes
ALIKE = 8  # likes shown one by one, where not all can be
FULL = 40  # boxes, where not all can be shown
FULL_EDGES = 300
LAST_LEAVES = 12  # of those that the boxes of a full picture use, how many are shown beside them
OLDEST = 3  # and how many of the graph's oldest Values


class Fold:
    """Values that share one box."""

    def __init__(self, kind: str, levels: tuple[str, ...] = ()) -> None:
        self.kind = kind
        """"scope", "run", "likes", "rest" (of likes of which some are shown) or "more"."""
        self.levels = levels
        """Of a scope: its own path; else that of the scope in which all its Values are."""
        self.newest: Value | None = None
        self.count = 0
        self.parameters = 0
        self.frozen = 0
        self.operations: Counter[str] = Counter()
        """How many Values each operation made; "" is leaves."""
        self.paths: set[str] = set()
        """The scopes of its Values."""
        self.largest: float | None = None
        """The largest |grad|, nan if one is nan; None if none is computed. Of frozen leaves none is."""
        self.sources: Counter[Value | Fold] = Counter()
        """The boxes that its Values were made from, and by how many edges."""
        self.lit = False


def fold(
    graph: Graph, naming: Naming, places: Places, largest: int, weights: Mapping[str, int], lit: Iterable[Value]
) -> dict[Value, Value | Fold]:
    """For each Value its box: a Fold, or the Value itself if it has a box of its own.

    Args:
        graph: the Values.
        naming: which are parameters.
        places: the scopes they belong to.
        largest: how many boxes may be shown before more than scopes is folded.
        weights: for operations that are drawn as several boxes, how many for each operand.
        lit: the Values that are highlighted.
    """
    box_of = _by_scope(graph, places, largest)
    if box_of is None or _too_many(graph, box_of, largest, weights):
        box_of = _Folding(graph, naming, places, weights).box_of
        sizes = Counter(box for box in box_of.values() if isinstance(box, Fold) and box.kind != "scope")
        box_of = {node: box if sizes.get(cast(Any, box)) != 1 else node for node, box in box_of.items()}
    _take_stock(graph, naming, places, box_of, set(lit))
    return box_of


def _by_scope(graph: Graph, places: Places, largest: int) -> dict[Value, Value | Fold] | None:
    """Only scopes are folded; None if that leaves far too many boxes."""
    folds: dict[tuple[str, ...], Fold] = {}
    box_of: dict[Value, Value | Fold] = {}
    free = 0
    for node in graph.nodes:
        folded = places.folded(node)
        if folded is None:
            box_of[node] = node
            free += 1
        else:
            if folded not in folds:
                folds[folded] = Fold("scope", folded)
            box_of[node] = folds[folded]
        if free + len(folds) > largest:
            return None
    return box_of


def _too_many(graph: Graph, box_of: Mapping[Value, Value | Fold], largest: int, weights: Mapping[str, int]) -> bool:
    boxes, length = len({box for box in box_of.values() if isinstance(box, Fold)}), 0
    place: dict[Value, int] = {}
    for i, level in enumerate(graph.levels()):
        for node in level:
            if box_of[node] is node:
                place[node] = i
                boxes += 1 + len(graph.made_of[node]) * weights.get(node.op, 0)
    if boxes > largest:
        return True
    for node, start in place.items():
        length += _heaviness(node, weights) * sum(place.get(x, start + 1) - start for x in graph.made_of[node])
    return length > LONGEST


def _heaviness(node: Value, weights: Mapping[str, int]) -> int:
    """How many edges of the picture an operand of the Value comes to: itself, and from a product to a sum."""
    return 1 + 2 * weights.get(node.op, 0)


class _Run:
    """Values of one operation, each the only consumer's operand."""

    def __init__(self) -> None:
        self.size = 1
        self.seen = 0

    def middle(self) -> bool:
        """Whether the next one, from the newest on, belongs to those that fold."""
        self.seen += 1
        return self.size > ALIKE and 2 < self.seen < self.size


class _Folding:
    """The walk that gives each Value its box."""

    def __init__(self, graph: Graph, naming: Naming, places: Places, weights: Mapping[str, int]) -> None:
        self.graph, self.places, self.parameters = graph, places, naming.parameters
        self.weights = weights
        self.box_of: dict[Value, Value | Fold] = {}
        self.users: dict[Value, Value | Fold | set[Value | Fold]] = {}
        """The boxes of a Value's consumers; mostly one, then without a set around it."""
        self.folds: dict[Any, Fold] = {}
        self.seen: set[Value | Fold] = set()
        """The boxes that are shown, and how many edges they have at most."""
        self.edges = 0
        self.more = Fold("more")
        self.runs = self._runs()
        self.oldest = set(graph.nodes[-OLDEST:])
        self.leaves = LAST_LEAVES
        for level in graph.levels():
            if self._full():
                self._put_away(level)
                self._tell_operands([node for node in level if self.box_of[node] is node])
            else:
                self._give_boxes(level)
                self._tell_operands(level)

    def _full(self) -> bool:
        return len(self.seen) >= FULL or self.edges >= FULL_EDGES

    def _runs(self) -> dict[Value, _Run]:
        runs: dict[Value, _Run] = {}
        shared = self.graph.shared
        for node in self.graph.nodes:
            op = node.op
            for x in self.graph.made_of[node] if op else ():
                if x.op == op and x not in shared:
                    runs[x] = run = runs.get(node) or runs.setdefault(node, _Run())
                    run.size += 1
        return runs

    def _give_boxes(self, level: list[Value]) -> None:
        kin: dict[Any, list[Value]] = {}
        for node in level:
            scope = self.places.folded(node)
            run = self.runs.get(node)
            if scope is not None:
                self._put(node, self._fold(scope, "scope", scope))
            elif run and run.middle():
                self._put(node, self._fold(run, "run"))
            else:
                users = self.users.get(node)
                kin.setdefault((node.op, node in self.parameters, _key(users)), []).append(node)
        for key, family in kin.items():
            users = key[2]
            hidden = isinstance(users, Fold) or (
                isinstance(users, frozenset) and all(isinstance(user, Fold) for user in cast(Any, users))
            )
            for i, node in enumerate(family):
                if hidden and (node.op or node not in self.graph.shared):
                    self._put(node, self._fold(key, "likes"))
                elif len(family) > ALIKE and (hidden or 1 < i < len(family) - 1):
                    self._put(node, self._fold((key, level[0]), "likes" if hidden else "rest"))
                else:
                    self._put(node, node)

    def _fold(self, key: Any, kind: str, levels: tuple[str, ...] = ()) -> Fold:
        return self.folds.get(key) or self.folds.setdefault(key, Fold(kind, levels))

    def _put(self, node: Value, box: Value | Fold) -> None:
        """Give the Value this box, or, if the box is new and the picture is full, the box of all that remains."""
        if box is node or box not in self.seen:
            if self._full() and node not in self.oldest:
                box = self.more
            else:
                self.seen.add(box)
                self.edges += min(len(self.graph.made_of[node]), FULL) * _heaviness(node, self.weights)
        self.box_of[node] = box

    def _put_away(self, level: list[Value]) -> None:
        """The picture is full: what has no box yet is not shown, but for leaves beside their consumers, and the end."""
        for node in level:
            if not node.op and self.leaves and self._used_by_shown(node):
                self.leaves -= 1
                self.box_of[node] = node
            else:
                box = self.folds.get(self.places.folded(node), self.more)
                self.box_of[node] = node if node in self.oldest else box if box in self.seen else self.more

    def _used_by_shown(self, node: Value) -> bool:
        users = self.users.get(node)
        return any(isinstance(user, Value) for user in (cast(Any, users) if isinstance(users, set) else (users,)))

    def _tell_operands(self, level: list[Value]) -> None:
        users = self.users
        for node in level:
            box = self.box_of[node]
            for x in self.graph.made_of[node]:
                known = users.setdefault(x, box)
                if known is not box:
                    if isinstance(known, set):
                        known.add(box)
                    else:
                        users[x] = {known, box}
            users.pop(node, None)


def _key(users: Any) -> Any:
    return frozenset(cast(set[Any], users)) if isinstance(users, set) else users


def _take_stock(
    graph: Graph, naming: Naming, places: Places, box_of: Mapping[Value, Value | Fold], lit: set[Value]
) -> None:
    """Fill in what each Fold says of its Values."""
    computed = graph.computed()
    for node in graph.nodes:
        box = box_of[node]
        if not isinstance(box, Fold):
            continue
        if box.newest is None:
            box.newest = node
        box.count += 1
        box.operations[node.op] += 1
        box.parameters += node in naming.parameters
        box.paths.add(places.path(node))
        box.lit = box.lit or node in lit
        if is_frozen(node):
            box.frozen += 1
        elif node in computed:
            size = abs(node.grad)
            if box.largest is None or size > box.largest or size != size:
                box.largest = size
        for x in graph.made_of[node]:
            if box_of[x] is not box:
                box.sources[box_of[x]] += 1
    for box in {box for box in box_of.values() if isinstance(box, Fold) and box.kind != "scope"}:
        if len(box.paths) == 1 and box.newest is not None:
            box.levels = places.levels(box.newest)
