"""From a graph to what its picture shows: which boxes, what stands in them, which edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..engines import Value
from ..rules import RULES
from .expanding import EXPANDED, terms
from .folding import LARGEST, LARGEST_ASKED, fold
from .folds import Boxes, Fold
from .notation import in_drawing_order, role, some, symbol
from .scene import Box, Edge, Naming, Scene
from .scopes import Places, stem
from .walk import Graph

MOST_NUMBERS = 16  # constants of one node that are shown one by one
MOST_PARALLEL = 4  # edges between the same two nodes
MOST_OPERATIONS = 4  # kinds of them that a folded box names


def stage(
    roots: list[Value], naming: Naming, lit: set[Value], direction: str, expand: bool, depth: int | None, partials: bool
) -> Scene:
    """The scene of the graph behind the roots; the arguments are those of `draw`."""
    graph = Graph(roots)
    for value in lit:
        if value not in graph:
            raise ValueError(f"draw(value, highlight): {value!r} is not in the graph that is drawn")
    places = Places(graph, naming, depth)
    largest = LARGEST if depth is None else LARGEST_ASKED
    box_of = fold(graph, naming, places, largest, EXPANDED if expand else {}, graph.mask(lit))
    stager = _Stager(graph, naming, places, box_of, lit, expand, partials)
    stager.walk()
    starts = [stager.id_of(root) for root in roots]
    return Scene(stager.boxes, stager.edges, list(dict.fromkeys(starts)), len(graph.nodes), direction)


class _Stager:
    def __init__(
        self,
        graph: Graph,
        naming: Naming,
        places: Places,
        box_of: Boxes,
        lit: set[Value],
        expand: bool,
        partials: bool,
    ) -> None:
        self.graph, self.naming, self.places, self.box_of, self.lit = graph, naming, places, box_of, lit
        self.expand, self.partials = expand, partials
        self.boxes: dict[str, Box] = {}
        self.edges: list[Edge] = []
        self.ids: dict[int, str] = {}
        """The ids of the boxes that were met, by their numbers; and the boxes by their ids."""
        self.known: dict[str, Value | Fold] = {}

    def id_of(self, x: Value) -> str:
        """The id of the box of a Value."""
        number = self.box_of.of.item(self.graph.number(x))
        if number not in self.ids:
            box = self.box_of.box(number)
            self.ids[number] = _id(box)
            self.known[_id(box)] = box
        return self.ids[number]

    def walk(self) -> None:
        """Make the boxes and edges, from the roots on, first operands first."""
        todo = [self.known[self.id_of(root)] for root in reversed(self.graph.roots)]
        while todo:
            box = todo.pop()
            if _id(box) in self.boxes:
                continue
            if isinstance(box, Fold):
                self.boxes[_id(box)] = self._folded(box)
                self._connect({_id(x): count for x, count in box.sources.items()}, _id(box))
                todo += reversed(box.sources)
            else:
                self.boxes[_id(box)] = self._single(box)
                starts = self._starts(box)
                self._operands(box, starts)
                todo += [self.known[id] for id in reversed(dict.fromkeys(starts.values())) if id in self.known]
        for edge in self.edges:
            edge.lit = self.boxes[edge.start].lit and self.boxes[edge.end].lit

    # Boxes

    def _single(self, node: Value) -> Box:
        name = self.naming.name(node)
        kind = "result" if node.op else "parameter" if node in self.naming.parameters else "leaf"
        frozen = bool(self.graph.frozen[self.graph.number(node)])
        grad = "frozen: requires_grad is False" if frozen else f"grad {node.grad!r}"
        origin = [node.op and f"made by {node.op}", node.scope and f"in {node.scope}"]
        return Box(
            _id(node),
            kind,
            name,
            symbol(node.op, len(node.operands)) if node.op else "",
            node.data,
            None if frozen else self._grad(node),
            frozen,
            self._levels(node),
            details=[name, f"data {node.data!r}", grad, *filter(None, origin)],
            lit=node in self.lit,
        )

    def _grad(self, node: Value) -> float | None:
        return node.grad if self.graph.computed[self.graph.number(node)] else None

    def _levels(self, node: Value) -> tuple[str, ...]:
        """The levels of the scope that it stands in."""
        return self.places.levels[self.places.paths.item(self.graph.number(node))]

    def _folded(self, fold: Fold) -> Box:
        name, sign, facts = _words(fold)
        path = fold.levels[:-1] if fold.kind == "scope" else fold.levels
        frozen = fold.frozen == fold.count
        return Box(_id(fold), "folded", name, sign, None, fold.largest, frozen, path, facts, [name, *facts], fold.lit)

    def _number(self, id: str, x: float, node: Value) -> None:
        self.boxes[id] = Box(id, "constant", data=x, path=self._levels(node), details=[repr(x)])

    # Edges

    def _operands(self, node: Value, starts: Mapping[int, str]) -> None:
        """The edges into a Value's own box; its operands by their places start from these boxes."""
        if self.expand and node.op in EXPANDED and self._expanded(node, starts):
            return
        count, partials = len(node.operands), self._partials(node)
        places: dict[str, list[int]] = {}
        for i, start in starts.items():
            places.setdefault(start, []).append(i)
        for start, several in places.items():
            folded = start.startswith("g") or start.endswith("more")
            if len(several) > (1 if folded else MOST_PARALLEL):
                self._connect({start: len(several)}, _id(node))
            else:
                for i in several:
                    self.edges.append(Edge(start, _id(node), role(node.op, count, i), partials.get(i)))

    def _starts(self, node: Value) -> dict[int, str]:
        """For each operand's place the id of its box; numbers get theirs here, but for those inside a compiled call."""
        operands = [(i, x) for i, x in in_drawing_order(node) if node.op != "program" or isinstance(x, Value)]
        numbers = [i for i, x in operands if not isinstance(x, Value)]
        hidden = set(numbers[2:-1] if len(numbers) > MOST_NUMBERS else ())
        starts: dict[int, str] = {}
        for i, x in operands:
            if isinstance(x, Value):
                starts[i] = self.id_of(x)
            elif i in hidden:
                starts[i] = id = f"c{node.serial}_more"
                if id not in self.boxes:
                    name = f"… {some(len(hidden), 'more number')} …"
                    self.boxes[id] = Box(id, "constant", name, path=self._levels(node))
            else:
                starts[i] = f"c{node.serial}_{i}"
                self._number(starts[i], x, node)
        return starts

    def _partials(self, node: Value) -> dict[int, float | None]:
        """The local derivative by each operand that is a Value; None where nothing flows."""
        if not self.partials or not node.op:
            return {}
        operands = node.operands
        found: Iterable[Any] = RULES[node.op].partials(node.data, *map(float, operands))
        pairs = enumerate(zip(operands, found, strict=True))
        return {i: partial for i, (x, partial) in pairs if isinstance(x, Value)}

    def _connect(self, starts: Mapping[str, int], end: str) -> None:
        self.edges += [Edge(start, end, count=count) for start, count in starts.items()]

    # The inside of a dot or sum

    def _expanded(self, node: Value, starts: Mapping[int, str]) -> bool:
        """Draw the single multiplications and additions; False if the operation is a single one anyway."""
        me, path, grad = self.boxes[_id(node)], self._levels(node), self._grad(node)
        folded = {start for start in starts.values() if start.startswith("g") or start.endswith("more")}
        lines = terms(node, {i for i, start in starts.items() if start in folded})
        if not lines:
            return False
        lit = (
            {i for i, x in enumerate(node.operands) if isinstance(x, Value) and x in self.lit} if me.lit else set[int]()
        )
        total = ""
        """The id of the sum so far."""
        total_lit = False
        for line in lines:
            line_lit = not lit.isdisjoint(line.places)
            if line.hidden:
                end = me.id if line is lines[-1] else f"g{node.serial}_{line.places[0]}"
                if end != me.id:
                    name = f"… {some(line.count, 'more term')} …"
                    self.boxes[end] = Box(
                        end, "folded", name, "Σ", line.total, grad, path=path, lit=line_lit or total_lit
                    )
                counts: dict[str, int] = {}
                for i in line.places:
                    counts[starts[i]] = counts.get(starts[i], 0) + 1
                self._connect(counts | ({total: 1} if total else {}), end)
                me.symbol = "Σ"
                total, total_lit = end, line_lit or total_lit
                continue
            start, one = starts[line.places[0]], 1.0 if self.partials else None
            if len(line.places) == 2:
                if len(lines) == 1:
                    start, me.symbol = me.id, "×"
                else:
                    start = f"p{node.serial}_{line.places[0]}"
                    self.boxes[start] = _step(start, "×", line.value, grad, path, line_lit)
                values = [float(node.operands[i]) for i in line.places]
                for i, other in zip(line.places, reversed(values), strict=True):
                    partial = other if self.partials and isinstance(node.operands[i], Value) else None
                    self.edges.append(Edge(starts[i], start, partial=partial))
            if total:
                end = me.id if line is lines[-1] else f"a{node.serial}_{line.places[0]}"
                if end != me.id:
                    self.boxes[end] = _step(end, "+", line.total, grad, path, line_lit or total_lit)
                self.edges += [Edge(total, end, partial=one), Edge(start, end, partial=one)]
                me.symbol = "+"
                total, total_lit = end, line_lit or total_lit
            else:
                total, total_lit = start, line_lit
        return True


def _step(id: str, sign: str, data: float, grad: float | None, path: tuple[str, ...], lit: bool) -> Box:
    details = [f"data {data!r}"] if grad is None else [f"data {data!r}", f"grad {grad!r}"]
    return Box(id, "result", "", sign, data, grad, path=path, details=details, lit=lit)


def _id(box: Value | Fold) -> str:
    if isinstance(box, Value):
        return f"v{box.serial}"
    assert box.newest is not None
    return f"g{box.newest.serial}"


def _words(fold: Fold) -> tuple[str, str, list[str]]:
    """A folded box's name, symbol and facts."""
    operations = fold.operations
    facts: list[str] = []
    if fold.kind == "scope":
        depth = len(fold.levels)
        alike = {path[:depth] for path in fold.paths}
        last = fold.levels[-1]
        name = ".".join((*fold.levels[:-1], last if len(alike) == 1 else stem(last))) + _times(len(alike))
        inside: dict[str, set[tuple[str, ...]]] = {}
        for path in fold.paths:
            for deeper in path[depth : depth + 1]:
                inside.setdefault(stem(deeper), set()).add(path[: depth + 1])
        facts += [kind + _times(len(scopes)) for kind, scopes in sorted(inside.items())]
        facts.append(some(fold.count, "node"))
        if fold.parameters:
            facts[-1] += f" ({some(fold.parameters, 'parameter')})"
        return name, "", facts + _operations(fold)
    if fold.kind == "more":
        return f"… {some(fold.count, 'more node')} …", "", _operations(fold)
    (op,) = operations
    more = "more " if fold.kind != "likes" else ""
    if not op:
        name = some(fold.count, more + ("parameter" if fold.parameters else "leaf"))
    elif fold.kind == "likes":
        name = f"×{fold.count:,}"
    else:
        name = f"{fold.count:,} {more}like it"
    sign = {"+": "Σ", "*": "Π"}.get(op, "") if fold.kind == "run" else ""
    return f"… {name} …" if more else name, sign or (symbol(op, 0) if op else ""), facts


def _operations(fold: Fold) -> list[str]:
    common = [(op, count) for op, count in fold.operations.most_common() if op]
    words = [f"{symbol(op, 0)}{_times(count)}" for op, count in common[:MOST_OPERATIONS]]
    return [",  ".join(words) + (", …" if len(common) > MOST_OPERATIONS else "")] if words else []


def _times(count: int) -> str:
    return f" ×{count:,}" if count > 1 else ""
