"""What backward() does to leaves and to interior nodes, and what it says when a leaf was written after it was used."""

from __future__ import annotations

import math

import pytest

from autograd import Value

from .helpers import near, same


def test_the_example() -> None:
    a, b = Value(2.0), Value(-3.0)
    c = a * b + a**2
    c.backward()
    assert (c.data, c.grad, a.grad, b.grad) == (-2.0, 1.0, 1.0, 2.0)


def test_leaves_accumulate_and_interior_nodes_are_reset() -> None:
    x = Value(3.0)
    y = x * x
    z = y * x
    z.backward()
    assert (x.grad, y.grad, z.grad) == (27.0, 3.0, 1.0)
    z.backward()
    assert (x.grad, y.grad, z.grad) == (54.0, 3.0, 1.0), "27 and 27, not 27 and 45"


def test_two_losses_that_share_nodes_add_up() -> None:
    x = Value(3.0)
    shared = x * x
    one, two = shared * 2, shared * 5 + x
    one.backward()
    two.backward()
    assert x.grad == 2 * 2 * 3 + 5 * 2 * 3 + 1
    assert shared.grad == 5.0, "an interior node has the gradient of the last sweep"


def test_backward_inside_a_graph_leaves_the_nodes_above_alone() -> None:
    x = Value(3.0)
    y = x * x
    z = y * 2
    z.backward()
    y.backward()
    assert (z.grad, y.grad, x.grad) == (1.0, 1.0, 12.0 + 6.0)


def test_backward_on_a_leaf_adds_to_it() -> None:
    x = Value(3.0)
    x.backward()
    x.backward(2.5)
    assert x.grad == 3.5


def test_the_gradient_to_start_from() -> None:
    x = Value(3.0)
    y = x * x
    y.backward(0.5)
    assert (y.grad, x.grad) == (0.5, 3.0)
    y.backward(grad=-1)
    assert (y.grad, x.grad) == (-1.0, -3.0)
    assert y.backward() is None


def test_a_node_used_in_several_places() -> None:
    x = Value(2.0)
    y = x * 3
    (y * y + y.exp() * 0 + y / y + (y - y)).backward()
    assert near(x.grad, 2 * 6 * 3)


def test_a_float_takes_no_gradient_and_a_dead_end_is_no_problem() -> None:
    x = Value(2.0)
    unused = x * 100
    (x * 1.0 + 5).backward()
    assert x.grad == 1.0
    assert unused.grad == 0.0


def test_grad_may_be_set_and_is_added_to() -> None:
    x = Value(2.0)
    x.grad = 10
    (x * 3).backward()
    assert x.grad == 13.0


def test_nothing_flows_into_the_branch_not_taken() -> None:
    x, y = Value(2.0), Value(3.0)
    left, right = x * 5, (y - 3).log()  # log(0) = -inf
    node = Value.apply("where", Value(1.0), left, right)
    right.grad = 7.0
    node.backward()
    assert (x.grad, y.grad, left.grad) == (5.0, 0.0, 1.0)
    assert right.grad == 7.0, "it is not reached, so nothing of it changes"


# A leaf written after it was used


def test_a_leaf_written_after_use_is_an_error() -> None:
    w, b = Value(2.0, label="w"), Value(1.0, label="b")
    loss = (w * 3 + b) ** 2
    w.data = 5.0
    with pytest.raises(RuntimeError, match=r"'w'.*run the forward pass again"):
        loss.backward()
    assert (w.grad, b.grad, loss.grad) == (0.0, 0.0, 0.0)


def test_a_stale_graph_changes_no_gradient_at_all() -> None:
    first, last = Value(2.0, "first"), Value(3.0)
    nodes = [first * last]
    for _ in range(50):
        nodes.append(nodes[-1] * 1.0 + last)
    nodes[-1].backward()
    grads = [x.grad for x in (first, last, *nodes)]
    first.data -= 0.1
    with pytest.raises(RuntimeError, match="first"):
        nodes[-1].backward()
    assert [x.grad for x in (first, last, *nodes)] == grads
    fresh = first * last
    fresh.backward()
    assert fresh.grad == 1.0, "and the next graph is swept as ever"


def test_a_written_value_without_a_name_is_described() -> None:
    x = Value(2.0)
    y = x * x
    x.data = 4.5
    with pytest.raises(RuntimeError, match=r"4\.5.*'\*'.*run the forward pass again"):
        y.backward()


def test_writing_the_same_number_is_writing() -> None:
    x = Value(2.0, "x")
    y = x * x
    x.data = 2.0
    with pytest.raises(RuntimeError, match="'x'"):
        y.backward()


def test_a_computed_number_cannot_be_written() -> None:
    """Rules use their own value (tanh' = 1 - v²), so a gradient through a written one would be wrong."""
    x = Value(2.0)
    y = x.tanh()
    y.label = "y"
    with pytest.raises(RuntimeError, match=r"'y' was computed \('tanh' gave 0.96.*leaves"):
        y.data = 9.0
    assert y.data == math.tanh(2.0)
    y.backward()
    assert x.grad == 1.0 - y.data * y.data
    with pytest.raises(TypeError, match="one number"):
        y.data = "9"


def test_a_stale_node_met_after_shared_ones_leaves_no_counts() -> None:
    """Those that were counted before the stale one was found must be swept rightly in the next graph."""
    x, s = Value(1.0), Value(1.0)
    shared = x * 2.0
    top = s * 1.0 + shared * 1.0 * 1.0
    s.data = 3.0
    for _ in range(2):
        with pytest.raises(RuntimeError, match="run the forward pass again"):
            top.backward()
    (shared * 3.0).backward()
    assert x.grad == 6.0


def test_the_training_loop_may_write_after_the_sweep() -> None:
    w = Value(5.0)
    for _ in range(100):
        loss = (w - 3) ** 2
        w.grad = 0
        loss.backward()
        w.data -= 0.1 * w.grad
    assert near(w.data, 3.0, 1e-8)


def test_the_condition_of_a_where_written_after_use_is_an_error() -> None:
    """Else the gradient would flow into the branch that was not taken."""
    condition, x, y = Value(1.0, "condition"), Value(2.0), Value(3.0)
    node = Value.apply("where", condition, x, y)
    condition.data = 0.0
    with pytest.raises(RuntimeError, match=r"'condition'.*run the forward pass again"):
        node.backward()
    assert (x.grad, y.grad) == (0.0, 0.0)


def test_detach() -> None:
    x = Value(2.0, "x")
    y = (x * 3).detach()
    assert (y.data, y.op, y.operands, y.grad) == (6.0, "", (), 0.0)
    assert x.detach().label == "x"
    assert x.detach() is not x
    (y * x).backward()
    assert (x.grad, y.grad) == (6.0, 2.0)


def test_the_sign_of_a_zero_gradient() -> None:
    """Gradients are added to 0.0, so a single -0.0 gives 0.0, in a leaf and in an interior node."""
    x = Value(1.5)
    y = x * 1.0
    (-y.floor()).backward()
    assert same(y.grad, 0.0)
    assert same(x.grad, 0.0)
