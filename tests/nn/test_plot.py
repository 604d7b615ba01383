"""The plots: what stands in them is what the numbers say. How they look is for eyes; nothing here compares pixels."""

from __future__ import annotations

import math
import os
import random
import subprocess
import sys
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="the plots need matplotlib, the extra `plot`")

import matplotlib

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.colors import same_color, to_rgb

import nn
from autograd import Value
from nn import MLP, Layer, Module, Neuron, Sequential, data, plot, predict
from nn.plot import boundary
from nn.plot.style import BLUE, CLASS_COLOURS, CLASS_MARKERS, RED


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def history(**numbers):
    return SimpleNamespace(**{"losses": [], "val_losses": [], "metrics": {}, "lrs": []} | numbers)


def numbered(model, scale=0.25):
    """The model with weights that differ, of both signs: 0.25, -0.5, 0.75, ..."""
    for i, parameter in enumerate(model.parameters(), 1):
        parameter.data = scale * i * (-1) ** (i + 1)
    return model


def texts(ax):
    return [text.get_text() for text in ax.texts]


def shown_texts(figure):
    """Title, names, numbers, legend and those ticks that lie on the axes."""
    found = []
    for ax in figure.axes:
        found += [ax.title, *ax.texts, *(ax.get_legend().get_texts() if ax.get_legend() else ())]
        for axis in (ax.xaxis, ax.yaxis) if ax.axison else ():
            low, high = sorted(axis.get_view_interval())
            found += [axis.label, *(t.label1 for t in axis.get_major_ticks() if low <= t.get_loc() <= high)]
    return [text for text in found if text.get_text() and text.get_visible()]


def cut_off(ax):
    """The texts of a figure that reach over its edge."""
    ax.figure.canvas.draw()
    whole, found = ax.figure.bbox.padded(1.0), shown_texts(ax.figure)
    assert len(found) > 2
    return [text.get_text() for text in found if whole.count_contains(text.get_window_extent().corners()) < 4]


def overlapping(artists):
    artists[0].figure.canvas.draw()
    boxes = [artist.get_window_extent() for artist in artists]
    return [(i, j) for i in range(len(boxes)) for j in range(i) if boxes[i].overlaps(boxes[j])]


# loss_curves


def test_the_lines_are_the_losses_over_the_epochs_from_1():
    ax = plot.loss_curves(history(losses=[3.0, 2.0, 1.5], val_losses=[3.5, 2.5, 2.25]))
    training, validation = ax.lines
    assert training.get_xdata().tolist() == validation.get_xdata().tolist() == [1, 2, 3]
    assert training.get_ydata().tolist() == [3.0, 2.0, 1.5]
    assert validation.get_ydata().tolist() == [3.5, 2.5, 2.25]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training, last 1.5", "validation, last 2.25"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("epoch", "loss", "linear")


def test_training_and_validation_differ_in_more_than_colour():
    training, validation = plot.loss_curves(history(losses=[3.0, 2.0], val_losses=[3.0, 2.5])).lines
    assert training.get_linestyle() != validation.get_linestyle()
    assert training.get_marker() != validation.get_marker()


def test_metrics_and_a_learning_rate_that_changes_stand_below():
    metrics = {"accuracy": [0.5, 0.75], "val_accuracy": [0.25, 0.5], "r2": [-1.0, 0.5]}
    ax = plot.loss_curves(history(losses=[2.0, 1.0], metrics=metrics, lrs=[0.1, 0.05]))
    panels = {panel.get_ylabel(): [line.get_ydata().tolist() for line in panel.lines] for panel in ax.figure.axes}
    assert panels == {
        "loss": [[2.0, 1.0]],
        "accuracy": [[0.5, 0.75], [0.25, 0.5]],
        "r2": [[-1.0, 0.5]],
        "learning rate": [[0.1, 0.05]],
    }
    assert ax.figure.axes[-1].get_xlabel() == "epoch"
    assert not cut_off(ax)


def test_a_constant_learning_rate_is_not_drawn():
    ax = plot.loss_curves(history(losses=[2.0, 1.0], lrs=[0.1, 0.1]))
    assert ax.figure.axes == [ax]


def test_numbers_that_differ_a_hundredfold_stand_on_a_logarithmic_axis_also_with_a_zero():
    assert plot.loss_curves([100.0, 1.0, 0.0]).get_yscale() == "log"
    assert plot.loss_curves([99.0, 1.0]).get_yscale() == "linear"
    assert plot.loss_curves([100.0, 1.0, -1.0]).get_yscale() == "linear"


def test_a_nan_breaks_the_line_and_is_marked():
    ax = plot.loss_curves([3.0, math.nan, 1.0, math.inf])
    line, crosses = ax.lines
    assert np.isnan(line.get_ydata()).tolist() == [False, True, False, True]
    assert crosses.get_xdata().tolist() == [2, 4]
    assert crosses.get_label() == "training: nan or inf in 2 epochs"


def test_nothing_but_nan_is_drawn_all_the_same():
    assert plot.loss_curves([math.nan]).lines[1].get_label() == "training: nan or inf in 1 epoch"


def test_ten_thousand_epochs_have_about_ten_markers():
    line = plot.loss_curves(np.exp(-np.arange(10_000) / 1000)).lines[0]
    assert 10_000 / line.get_markevery() == pytest.approx(10, abs=1)


def test_the_history_of_fit_is_drawn():
    random.seed(0)
    model = Neuron(1, nonlin=False)
    trained = nn.fit(model, [[0.0], [1.0]], [1.0, 3.0], loss="mse", optimizer="sgd", epochs=5, progress=False)
    assert trained.plot().lines[0].get_ydata().tolist() == trained.losses


def test_what_is_no_history():
    with pytest.raises(ValueError, match=r"at least one epoch, got none; train first"):
        plot.loss_curves([])
    for wrong in ("losses", {"a": 1}, [[1.0, 2.0]], None):
        with pytest.raises(TypeError, match=rf"the History that fit gives, .* got {type(wrong).__name__}$"):
            plot.loss_curves(wrong)


# decision_boundary


def tint(pixel):
    """The class whose colour, mixed with white, is the pixel's."""
    ink = 1 - np.asarray(pixel)
    inks = 1 - np.array([to_rgb(colour) for colour in CLASS_COLOURS])
    return int((inks @ ink / np.linalg.norm(inks, axis=1)).argmax())


def grid_of(ax):
    """The points that the image shows, in its order, and the class that each pixel shows."""
    image = ax.images[0]
    assert image.origin == "lower"  # the first row at the bottom
    pixels = image.get_array()
    left, right, low, high = image.get_extent()
    rows, columns = pixels.shape[:2]
    xs = left + (np.arange(columns) + 0.5) * (right - left) / columns
    ys = low + (np.arange(rows) + 0.5) * (high - low) / rows
    points = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    return points, np.array([tint(pixel) for pixel in pixels.reshape(-1, 3)])


@pytest.fixture
def coarse(monkeypatch):
    monkeypatch.setattr(boundary, "FINEST", 25)


@pytest.mark.parametrize("outputs", [2, 3, 5])
def test_the_colours_are_the_classes_that_predict_answers(coarse, outputs):
    random.seed(1)
    model = MLP(2, [8, outputs])
    X = np.random.default_rng(0).normal(size=(40, 2))
    truth = predict(model, X).argmax(axis=1)
    ax = plot.decision_boundary(model, X, truth)
    points, shown = grid_of(ax)
    expected = predict(model, points).argmax(axis=1)
    assert len(set(expected)) > 1
    assert (shown == expected).all()
    assert ax.get_title() == "Decision boundary: 40 of 40 right"


@pytest.mark.parametrize("threshold", [0.0, 0.5])
def test_one_output_is_class_1_above_the_threshold(coarse, threshold):
    random.seed(2)
    model = MLP(2, [6, 1], output="sigmoid" if threshold else "identity")
    X = np.random.default_rng(1).normal(size=(40, 2))
    truth = (predict(model, X) > threshold).astype(int)
    truth[:3] = 1 - truth[:3]
    ax = plot.decision_boundary(model, X, truth, threshold=threshold)
    points, shown = grid_of(ax)
    expected = (predict(model, points) > threshold).astype(int)
    assert set(expected) == {0, 1}
    assert (shown == expected).all()
    assert ax.get_title() == "Decision boundary: 37 of 40 right"


def test_the_line_runs_where_the_output_is_at_the_threshold(coarse):
    model = Neuron(w=[2.0, -1.0], b=0.25, activation="identity")
    ax = plot.decision_boundary(model, [[0.0, 0.0], [1.0, 1.0]], [0, 1], threshold=0.5)
    line = np.concatenate([path.vertices for path in ax.collections[0].get_paths()])
    assert len(line) > 10
    assert line @ [2.0, -1.0] + 0.25 == pytest.approx(0.5)


def test_the_surer_the_stronger_the_colour(coarse):
    model = Neuron(w=[1.0, 0.0], b=0.0, activation="identity")
    ax = plot.decision_boundary(model, [[-5.0, 0.0], [5.0, 1.0]], [0, 1])
    row = 1 - ax.images[0].get_array()[0]  # ink: how far from white
    strength = row.max(axis=1)
    assert (np.diff(strength[:12]) < 0).all()
    assert (np.diff(strength[13:]) > 0).all()


def test_probabilities_are_taken_as_they_are_and_logits_through_softmax(coarse):
    weights = [[1.1, 0.3], [0.2, 1.3], [-1.0, -1.7]]
    pictures = []
    for activation in ("identity", "softmax", "log_softmax"):
        layer = Layer(2, 3, activation=activation)
        for k, (neuron, row) in enumerate(zip(layer.neurons, weights, strict=True)):
            neuron.w[0].data, neuron.w[1].data, neuron.b.data = *row, 0.1 * k  # no ties on the grid
        pictures.append(plot.decision_boundary(layer, [[-2.0, 0.0], [2.0, 1.0]], [0, 2]).images[0].get_array().data)
    assert pictures[1] == pytest.approx(pictures[0], abs=1e-12)
    assert pictures[2] == pytest.approx(pictures[0], abs=1e-12)


def test_each_class_has_its_points_its_colour_and_its_marker(coarse):
    X, y = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0], [2.0, 2.0]]), np.array([0, 2, 1, 2])
    ax = plot.decision_boundary(MLP(2, [3]), X, y, classes=["ant", "bee", "cat"])
    points = [c for c in ax.collections if c.get_label() in ("ant", "bee", "cat")]
    assert [c.get_offsets().tolist() for c in points] == [X[y == k].tolist() for k in range(3)]
    assert all(same_color(c.get_facecolor()[0], CLASS_COLOURS[k]) for k, c in enumerate(points))
    assert len({c.get_paths()[0].vertices.tobytes() for c in points}) == 3
    assert ax.get_legend().get_title().get_text() == "class"


def test_seventy_two_classes_differ_in_colour_or_marker():
    looks = {(CLASS_COLOURS[c % len(CLASS_COLOURS)], CLASS_MARKERS[c % len(CLASS_MARKERS)]) for c in range(72)}
    assert len(looks) == 72


def test_more_classes_than_colours_have_their_names_in_their_areas(coarse):
    points = data.blobs(100, classes=10, seed=3)
    model = MLP(2, [10], rng=0)
    names = [f"<{c}>" for c in range(10)]
    ax = plot.decision_boundary(model, points.X, points.y, classes=names)
    answered = predict(model, [text.get_position() for text in ax.texts]).argmax(axis=1)
    assert [text.get_text() for text in ax.texts] == [names[c] for c in answered]
    corners = np.stack(np.meshgrid(*np.linspace(ax.get_xlim(), ax.get_ylim(), 25).T), axis=-1).reshape(-1, 2)
    large = np.bincount(predict(model, corners).argmax(axis=1), minlength=10) >= 10
    assert set(np.flatnonzero(large)) <= set(answered)
    few = data.blobs(100, classes=8)
    assert not plot.decision_boundary(MLP(2, [8], rng=0), few.X, few.y).texts


def test_classes_of_minus_one_and_one(coarse):
    model = Neuron(w=[1.0, 0.0], b=0.0, activation="identity")
    ax = plot.decision_boundary(model, [[-1.0, 0.0], [1.0, 1.0], [2.0, 0.0]], [-1, 1, -1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["-1", "1"]
    assert ax.get_title() == "Decision boundary: 2 of 3 right"


def test_one_answer_everywhere_has_no_line_and_no_warning(coarse):
    model = Neuron(w=[0.0, 0.0], b=1.0, activation="identity")
    ax = plot.decision_boundary(model, [[1.0, 1.0], [1.0, 1.0]], [1, 1])
    assert [type(c).__name__ for c in ax.collections] == ["PathCollection", "PathCollection"]


class NumberByNumber(Module):
    """A model that looks at its numbers, so it cannot be compiled."""

    def __init__(self, model):
        self.model = model

    def forward(self, x):
        return self.model([float(number) for number in x])


def test_a_large_network_that_cannot_be_compiled_is_asked_at_fewer_points(monkeypatch):
    monkeypatch.setattr(boundary, "MULTIPLICATIONS", 4547 * 30**2)
    model = MLP(2, [64, 64, 3])
    for asked, side in [(model, 100), (NumberByNumber(model), 30)]:
        ax = plot.decision_boundary(asked, [[0.0, 0.0], [1.0, 1.0]], [0, 1])
        assert ax.images[0].get_array().shape == (side, side, 3)


@pytest.mark.parametrize("outputs", [1, 3])
def test_the_compiled_boundary_is_that_of_the_model_number_by_number(coarse, outputs):
    model = MLP(2, [8, outputs], activation="tanh", rng=0)
    X = np.random.default_rng(0).normal(size=(40, 2))
    compiled, eager = (
        plot.decision_boundary(asked, X, np.arange(40) % 2).images[0].get_array().data
        for asked in (model, NumberByNumber(model))
    )
    assert compiled == pytest.approx(eager, abs=1e-12)


def test_the_boundary_records_no_graph_and_leaves_the_gradients_alone(coarse):
    model = MLP(2, [3, 1])
    model([1.0, 2.0]).backward()
    before = [p.grad for p in model.parameters()]
    plot.decision_boundary(model, [[0.0, 0.0], [1.0, 1.0]], [0, 1])
    assert [p.grad for p in model.parameters()] == before


def test_what_does_not_fit_a_boundary():
    X, y, model = [[0.0, 0.0], [1.0, 1.0]], [0, 1], MLP(2, [3])
    for arguments, options, message in [
        ((MLP(3, [1]), [[1.0, 2.0, 3.0]], [0]), {}, r"expected points \(n, 2\), two features, got an array \(1, 3\)"),
        ((model, X, [0, 1, 2]), {}, r"expected y \(2,\), a class for each point, got \(3,\)"),
        ((model, [[math.nan, 0.0], [1.0, 1.0]], y), {}, r"expected finite points, got nan or inf in X"),
        ((model, X, [0, 3]), {}, r"expected y of class indices from 0 to 2, got \[0, 3\]"),
        ((MLP(2, [1]), X, [0, 2]), {}, r"expected y of 0 and 1, or -1 and 1, got \[0, 2\]"),
        ((model, X, y), {"classes": ["a", "b"]}, r"expected 3 names of classes, got 2"),
        ((Neuron(w=[math.nan, 1.0], b=0.0), X, y), {}, r"the model's outputs are nan or inf"),
    ]:
        with pytest.raises(ValueError, match=message):
            plot.decision_boundary(*arguments, **options)
    assert plt.get_fignums() == []  # no empty figure stays behind


# confusion_matrix


def test_the_squares_hold_the_counts_and_are_shaded_by_the_share_of_their_row():
    counts = nn.confusion_matrix([0, 1, 1, 1, 1, 1, 2, 0], [0, 0, 1, 1, 1, 1, 2, 2], classes=4)
    ax = plot.confusion_matrix(counts, classes=["ant", "bee", "cat", "dog"])
    placed = {text.get_position(): text.get_text() for text in ax.texts}
    assert placed == {(j, i): str(counts[i, j]) for i in range(4) for j in range(4)}
    shares = [[0.5, 0.5, 0, 0], [0, 1, 0, 0], [0.5, 0, 0.5, 0], [0, 0, 0, 0]]  # the last class has no sample
    assert ax.images[0].get_array().tolist() == shares
    for labels in (ax.get_xticklabels(), ax.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["ant", "bee", "cat", "dog"]
    assert (ax.get_ylabel(), ax.get_xlabel()) == ("class", "taken for")
    assert ax.get_title() == "Confusion matrix: 6 of 8 right"


def test_darker_is_more_and_the_ink_stands_out():
    ax = plot.confusion_matrix([[9, 1], [0, 10]])
    luminance = matplotlib.colors.to_rgba_array
    shades = ax.images[0].cmap(np.linspace(0, 1, 50))[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(shades) < 0).all()
    for text, share in zip(ax.texts, [0.9, 0.1, 0.0, 1.0], strict=True):
        ink = luminance(text.get_color())[0, :3].mean()
        paper = np.mean(ax.images[0].cmap(share)[:3])
        assert abs(ink - paper) > 0.4


@pytest.mark.parametrize(
    "names",
    [["no", "yes"], ["Iris setosa", "Iris versicolor of the north", "Iris virginica"], list("0123456789")],
)
def test_no_label_is_cut_or_covers_another(names):
    ax = plot.confusion_matrix(np.full((len(names), len(names)), 1234), classes=names)
    assert not cut_off(ax)
    assert not overlapping(ax.get_yticklabels())
    assert not overlapping(ax.texts)


def test_a_hundred_classes_have_no_numbers():
    assert len(plot.confusion_matrix(np.ones((100, 100), int)).texts) == 0


def test_what_is_no_confusion_matrix():
    for matrix, names, message in [
        ([[1, 2, 3]], None, r"expected counts \(C, C\), got an array \(1, 3\)"),
        ([1, 2], None, r"got an array \(2,\)"),
        ([[0.5, 0.5], [0, 1]], None, r"expected counts, whole numbers from 0 up"),
        ([[-1, 0], [0, 1]], None, r"expected counts, whole numbers from 0 up"),
        ([[1, 0], [0, 1]], ["a"], r"expected 2 names of classes, one for each row, got 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            plot.confusion_matrix(matrix, classes=names)


# network


def drawn(ax):
    """Each line as (width, dashed, colour), by the number of its stage and its ends' heights."""
    lines = ax.collections[0]
    columns = sorted({x for segment in lines.get_segments() for x in segment[:, 0].round(6)})
    found = {}
    for segment, width, style, colour in zip(
        lines.get_segments(), lines.get_linewidths(), lines.get_linestyles(), lines.get_colors(), strict=True
    ):
        place = columns.index(round(segment[0, 0], 6)), *segment[:, 1].round(6)
        found[place] = width, style[1] is not None, colour
    return found


def circles(ax):
    return [c.get_offsets() for c in ax.collections[1:]]


def test_each_weight_is_a_line_as_wide_as_it_is_large_and_dashed_if_negative():
    model = numbered(MLP(3, [4, 2]))
    ax = plot.network(model)
    lines, places = drawn(ax), circles(ax)
    assert len(lines) == 3 * 4 + 4 * 2
    largest = max(abs(w.data) for layer in model.layers for neuron in layer.neurons for w in neuron.w)
    signs = set()
    for k, layer in enumerate(model.layers):
        for j, neuron in enumerate(layer.neurons):
            for i, w in enumerate(neuron.w):
                ends = places[k][i, 1].round(6), places[k + 1][j, 1].round(6)
                width, dashed, colour = lines[k, *ends]
                assert width == pytest.approx(4.0 * abs(w.data) / largest)
                assert dashed == (w.data < 0)
                assert same_color(colour, RED if w.data < 0 else BLUE)
                signs.add(dashed)
    assert signs == {True, False}


def test_circles_are_neurons_and_inputs_from_top_to_bottom():
    places = circles(plot.network(MLP(3, [4, 2])))
    assert [len(column) for column in places] == [3, 4, 2]
    for column in places:
        assert (np.diff(column[:, 1]) < 0).all()


def test_numbers_stand_on_their_lines():
    model = numbered(MLP(3, [4, 2]), scale=0.125)
    ax = plot.network(model)
    places = circles(ax)
    for k, layer in enumerate(model.layers):
        for j, neuron in enumerate(layer.neurons):
            for i, w in enumerate(neuron.w):
                (text,) = [t for t in ax.texts if t.get_text() == f"{w.data:.3g}".replace("-", "−")]
                x, y = text.get_position()
                (x0, y0), (x1, y1) = places[k][i], places[k + 1][j]
                assert x0 < x < x1
                assert y == pytest.approx(y0 + (y1 - y0) * (x - x0) / (x1 - x0))
            assert f"b {neuron.b.data:.3g}".replace("-", "−") in texts(ax)


@pytest.mark.parametrize("sizes", [[1, 1], [3, 4, 2], [2, 2, 1], [4, 3], [3, 1], [1, 5], [6, 1], [2, 3, 3, 1]])
def test_the_texts_of_a_small_network_do_not_overlap(sizes):
    random.seed(0)
    model = MLP(sizes[0], sizes[1:])
    ax = plot.network(model, x=[0.5] * sizes[0])
    weights = sum(a * b for a, b in pairwise(sizes))
    assert len(ax.texts) == weights + len(sizes) + 2 * sum(sizes[1:]) + sizes[0] + sizes[0] + sizes[-1]
    numbers = [t for t in ax.texts if t.get_fontsize() == 7.5 and t.get_bbox_patch()]
    assert len(numbers) == weights
    assert not overlapping(numbers)
    assert not cut_off(ax)


@pytest.mark.parametrize("sizes", [[2, 16, 16, 1], [64, 32, 10]])
def test_a_larger_network_has_lines_but_no_numbers(sizes):
    model = MLP(sizes[0], sizes[1:])
    ax = plot.network(model)
    assert len(ax.collections[0].get_segments()) == sum(a * b for a, b in pairwise(sizes))
    assert len(ax.texts) == len(sizes) + sizes[0] + sizes[-1]  # the layers' heads and the names
    assert not cut_off(ax)


def test_names_heads_and_legend():
    model = MLP(2, [2, 1], activation="tanh", output="sigmoid")
    ax = plot.network(numbered(model), inputs=["length", "width"], outputs=["edible"])
    for text in ("length", "width", "edible", "inputs", "layers.0\ntanh", "layers.1\nsigmoid"):
        assert text in texts(ax)
    legend = [text.get_text() for text in ax.get_legend().get_texts()]
    assert legend == ["positive weight", "negative weight", "as wide: |w| = 2"]
    dashed = [handle.is_dashed() for handle in ax.get_legend().legend_handles[:2]]
    assert dashed == [False, True]
    assert ax.get_title() == "MLP 2-2-1, 9 parameters"


def test_a_sample_shows_what_flows_out_of_each_circle():
    layers = Sequential(Layer(2, 2, activation="sigmoid"), Neuron(w=[1.0, -2.0], b=0.5, activation="identity"))
    for neuron, row in zip(layers.layers[0].neurons, [[0.9, 0.3], [0.2, 0.8]], strict=True):
        neuron.w[0].data, neuron.w[1].data = row
    ax = plot.network(layers, x=[1.0, 0.5])
    inside = {tuple(np.round(t.get_position(), 6)): t.get_text() for t in ax.texts}
    shown = [[inside[tuple(np.round(place, 6))] for place in column] for column in circles(ax)]
    assert shown == [["1", "0.5"], ["0.741", "0.646"], [f"{0.740775 - 2 * 0.645656 + 0.5:.3g}".replace("-", "−")]]


def test_a_neuron_a_layer_and_nested_sequentials_are_drawn():
    assert plot.network(Neuron(3)).get_title() == "Neuron 3-1, 4 parameters"
    assert plot.network(Layer(3, 2)).get_title() == "Layer 3-2, 8 parameters"
    ax = plot.network(Sequential(Sequential(Layer(2, 3)), MLP(3, [2, 1])))
    assert ax.get_title() == "Sequential 2-3-2-1, 20 parameters"
    assert "layers.1.layers.0\nrelu" in texts(ax)


def test_a_weight_of_zero_has_no_width_and_all_zero_is_no_error():
    model = Neuron(w=[0.0, 2.0], b=0.0)
    assert sorted(width for width, _, _ in drawn(plot.network(model)).values()) == [0.0, 4.0]
    model.w[1].data = 0.0
    assert [width for width, _, _ in drawn(plot.network(model)).values()] == [0.0, 0.0]


def test_what_is_no_network():
    class Own(Module):
        pass

    for model, options, message in [
        (Own(), {}, r"expected a Neuron, a Layer, an MLP or a Sequential of them, got a Own$"),
        (Sequential(Layer(2, 1), Own()), {}, r"got a Own at layers\.1$"),
        (Sequential(), {}, r"got a Sequential with nothing in it"),
        (Sequential(Layer(2, 3), Layer(2, 1)), {}, r"layers\.1 reads 2 numbers, but 3 come from layers\.0"),
        (Neuron(), {}, r"Neuron has no weights before its first call; call the model with a sample"),
        (Neuron(w=[math.inf], b=0.0), {}, r"expected finite weights, got nan or inf in Neuron"),
        (Neuron(2), {"inputs": ["a"]}, r"expected 2 names of inputs, got 1"),
        (Neuron(2), {"outputs": ["a", "b"]}, r"expected 1 name of outputs, got 2"),
        (Neuron(2), {"x": [1.0]}, r"expected x of 2 numbers, got 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            plot.network(model, **options)
    assert plt.get_fignums() == []


# gradient_sizes


def test_each_bar_is_the_mean_size_of_a_layers_gradients():
    model = MLP(2, [2, 1])
    for i, parameter in enumerate(model.parameters(), 1):
        parameter.grad = i * (-1.0) ** i
    ax = plot.gradient_sizes(model)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["layers.0", "layers.1"]
    ends = [bar.get_x() + bar.get_width() for bar in ax.patches]
    assert ends == pytest.approx([np.mean([1, 2, 3, 4, 5, 6]), np.mean([7, 8, 9])])
    assert texts(ax) == ["3.5", "8"]
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "mean |∂L/∂w|"
    assert ax.yaxis_inverted()  # the layer next to the input on top
    assert not cut_off(ax)


def test_gradients_that_vanish_by_factors():
    model = MLP(1, [1] * 8)
    for i, layer in enumerate(model.layers):
        for parameter in layer.parameters():
            parameter.grad = 10.0 ** -(45 * (7 - i))
    ax = plot.gradient_sizes(model)
    assert texts(ax) == [f"1e−{45 * i}" if i else "1" for i in range(7, -1, -1)]
    widths = [bar.get_width() for bar in ax.patches]
    assert widths[:3] == [0.0, 0.0, 0.0]  # below 1e-200 there is a number only
    assert all(width > 0 for width in widths[3:])
    assert not cut_off(ax)


def test_a_layer_without_gradient_and_one_of_nan_have_a_number_and_no_bar():
    model = MLP(1, [1, 1, 1])
    for layer, gradient in zip(model.layers, [math.nan, 0.0, 0.5], strict=True):
        layer.neurons[0].b.grad = layer.neurons[0].w[0].grad = gradient
    ax = plot.gradient_sizes(model)
    assert texts(ax) == ["nan", "0", "0.5"]
    assert [bar.get_width() > 0 for bar in ax.patches] == [False, False, True]


def test_layers_of_ones_own_modules_have_their_names():
    class Own(Module):
        def __init__(self):
            self.encoder, self.head = Layer(2, 2), Neuron(2)
            self.scale, self.shifts = Module(), [Value(1.0)]
            self.scale.factor = Value(2.0)

    model = Own()
    for parameter in model.parameters():
        parameter.grad = 1.0
    labels = [label.get_text() for label in plot.gradient_sizes(model).get_yticklabels()]
    assert labels == ["encoder", "head", "scale", "Own"]


def test_gradients_that_were_not_computed():
    with pytest.raises(ValueError, match=r"the gradients are all 0; call backward\(\) on the loss first"):
        plot.gradient_sizes(MLP(2, [1]))
    with pytest.raises(ValueError, match=r"expected a model with parameters"):
        plot.gradient_sizes(Module())


# all of them


def every_plot():
    model = numbered(MLP(2, [3, 1]))
    model([1.0, 2.0]).backward()
    gate = data.gate("xor")
    return {
        "loss_curves": lambda ax: plot.loss_curves([2.0, 1.0], ax),
        "decision_boundary": lambda ax: plot.decision_boundary(model, gate.X, gate.y, ax),
        "confusion_matrix": lambda ax: plot.confusion_matrix([[1, 2], [3, 4]], ax=ax),
        "network": lambda ax: plot.network(model, ax),
        "gradient_sizes": lambda ax: plot.gradient_sizes(model, ax),
    }


@pytest.mark.parametrize("name", plot.__all__)
def test_a_plot_draws_into_the_axes_given_and_opens_no_figure(name):
    figure = matplotlib.figure.Figure(figsize=(5, 4), layout="constrained")  # none of pyplot's
    ax = figure.add_subplot()
    assert every_plot()[name](ax) is ax
    assert plt.get_fignums() == []
    figure.savefig(os.devnull, format="png")


@pytest.mark.parametrize("name", plot.__all__)
def test_a_plot_makes_one_figure_with_a_title_and_leaves_the_settings_alone(name):
    settings = dict(matplotlib.rcParams)
    ax = every_plot()[name](None)
    assert len(plt.get_fignums()) == 1
    assert ax.get_title()
    assert not cut_off(ax)
    assert dict(matplotlib.rcParams) == settings


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_import_nn_does_not_load_matplotlib():
    done = run(
        "import sys, nn; assert 'matplotlib' not in sys.modules; nn.plot.network; assert 'matplotlib' in sys.modules"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_without_matplotlib_one_message_says_what_to_install():
    code = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.split('.')[0] == 'matplotlib': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "import nn\n"
        "nn.plot"
    )
    done = run(code)
    assert done.stderr.endswith(
        'ImportError: nn.plot needs matplotlib, which is not installed: pip install "scalar-autograd[plot]"\n'
    )
    assert done.stderr.count("Error:") == 1
