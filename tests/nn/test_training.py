"""The training loop: what a batch gives, what an epoch sees, when it stops, and what it leaves behind."""

from __future__ import annotations

import math
import random
import re
import signal
from functools import partial

import numpy as np
import pytest

import autograd
from autograd import Value, exp
from nn import (
    MLP,
    SGD,
    Adam,
    DivergenceError,
    History,
    Layer,
    Module,
    Neuron,
    Optimizer,
    ReduceLROnPlateau,
    Sequential,
    StepLR,
    accuracy,
    cross_entropy,
    fit,
    mse,
    predict,
    r2,
)
from nn.data import iris, standardise, train_test_split
from nn.losses import LOSSES
from nn.optim import OPTIMIZERS
from nn.training import backpropagate


def line(slope=0.0, shift=0.0):
    neuron = Neuron(1, nonlin=False)
    neuron.w[0].data, neuron.b.data = slope, shift
    return neuron


def numbers(model):
    return [p.data for p in model.parameters()]


def quiet(model, X, y, optimizer=None, **settings):
    """Fit without progress, by SGD with the rate 0.1 if nothing else is said."""
    settings = {"loss": mse, "progress": False, **settings}
    return fit(model, X, y, optimizer=optimizer or SGD(model.parameters(), 0.1), **settings)


def own_loss(predictions, targets):
    """A loss that is none of nn's, so it is not compiled."""
    return mse(predictions, targets)


X4, y4 = [[0.0], [1.0], [2.0], [3.0]], [0.0, 1.0, 0.0, 1.0]


def test_backpropagate_gives_the_gradients_of_this_batch_only():
    neuron = line(2.0, 1.0)
    for _ in range(2):  # the second call must not add to the first
        assert backpropagate(neuron, mse, [[1.0], [3.0]], [0.0, 0.0]) == (3**2 + 7**2) / 2
        assert [p.grad for p in neuron.parameters()] == [2 * (3 * 1 + 7 * 3) / 2, 2 * (3 + 7) / 2]


@pytest.mark.parametrize("batch_size", [4, None, 100])
def test_full_batch_descent_equals_the_formula(batch_size):
    X, y = np.array([0.0, 1.0, 2.0, 5.0]), np.array([1.0, 0.0, 4.0, 3.0])
    neuron = line()
    optimizer = SGD(neuron.parameters(), 0.02)
    history = quiet(neuron, X[:, None], y, optimizer, epochs=30, batch_size=batch_size)
    w = b = 0.0
    for loss in history.losses:
        error = w * X + b - y
        assert loss == pytest.approx(np.mean(error**2), rel=1e-9)
        w, b = w - 0.02 * 2 * np.mean(error * X), b - 0.02 * 2 * np.mean(error)
    assert (neuron.w[0].data, neuron.b.data) == pytest.approx((w, b), rel=1e-9)
    assert (history.epochs, history.stopped) == (30, "epochs")
    assert history.lrs == [0.02] * 30
    assert len(history.times) == 30
    assert min(history.times) > 0


def test_the_loss_of_an_epoch_is_the_mean_over_its_samples():
    neuron = line()
    y = [1.0, 2.0, 3.0, 4.0, 5.0]
    history = quiet(neuron, [[0.0]] * 5, y, SGD(neuron.parameters(), 0.0), epochs=1, batch_size=2)
    assert history.losses == [pytest.approx(11.0)]


def test_a_frozen_model_keeps_its_weights_and_a_stray_parameter_has_the_gradient_of_one_batch():
    """What the optimiser moves outside of the model is part of the training too."""
    neuron, scale = line(1.0), Value(1.0)
    optimizer = SGD([*neuron.parameters(), scale], lr=0.0)

    def loss(predictions, targets):
        return mse([scale * p for p in predictions], targets)

    quiet(neuron, [[1.0]], [0.0], optimizer, loss=loss, epochs=5)
    assert scale.grad == 2.0


def test_the_same_seed_gives_the_same_model():
    def trained(seed):
        random.seed(0)
        model = MLP(1, [3, 1])
        quiet(model, X4, y4, epochs=3, batch_size=1, seed=seed)
        return numbers(model)

    assert trained(1) == trained(1) != trained(2)


def test_epoch_k_is_shuffled_by_the_seed_and_k():
    seen = []

    class Watched(Neuron):
        def forward(self, x):
            seen.append(x[0])
            return super().forward(x)

    quiet(Watched(1), X4, y4, loss=own_loss, epochs=3, batch_size=2, seed=7)
    orders = [np.random.default_rng([7, epoch]).permutation(4).tolist() for epoch in (1, 2, 3)]
    assert seen[-12:] == [float(i) for order in orders for i in order]


@pytest.mark.parametrize("stop", [1, 4])
def test_a_training_that_goes_on_equals_one_that_never_stopped(stop):
    def start():
        random.seed(3)
        model = MLP(1, [4, 1])
        optimizer = Adam(model.parameters(), lr=0.05)
        return model, optimizer, StepLR(optimizer, step_size=2, gamma=0.5)

    def train(model, optimizer, scheduler, epochs, history=None):
        return quiet(
            model, X4, y4, optimizer, scheduler=scheduler, epochs=epochs, batch_size=3, seed=5, history=history
        )

    whole = start()
    expected = train(*whole, 9)
    first = start()
    earlier = History.from_dict(train(*first, stop).to_dict())
    again = start()  # from what was saved
    for old, new in zip(first[0].parameters(), again[0].parameters(), strict=True):
        new.data = old.data
    again[1].load_state_dict(first[1].state_dict())
    again[2].load_state_dict(first[2].state_dict())
    history = train(*again, 9, history=earlier)
    assert numbers(again[0]) == numbers(whole[0])
    assert (history.losses, history.lrs) == (expected.losses, expected.lrs)
    assert history is earlier
    assert len(history.times) == 9


def test_a_history_that_is_long_enough_trains_nothing():
    neuron = line()
    optimizer = SGD(neuron.parameters(), 0.1)
    history = quiet(neuron, X4, y4, optimizer, epochs=2)
    before = numbers(neuron)
    assert quiet(neuron, X4, y4, optimizer, epochs=2, history=history).epochs == 2
    assert numbers(neuron) == before


def test_a_neuron_that_learns_one_point_trains_until_the_loss_is_exactly_0():
    neuron = line()
    history = quiet(neuron, [[1.0]], [3.0], SGD(neuron.parameters(), 0.2), epochs=10_000, target_loss=0.0)
    assert history.losses[-1] == 0.0
    assert min(history.losses[:-1]) > 0
    assert history.stopped == "target_loss"
    assert neuron([1.0]).data == 3.0


def test_path_says_which_engine_ran_and_how():
    engine = "C" if autograd.engine == "c" else "Python"
    assert quiet(line(), X4, y4, epochs=1).path == f"compiled, {engine} engine"
    assert quiet(line(), X4, y4, epochs=1, loss=own_loss).path == f"eager, {engine} engine"


class Branches(Neuron):
    def forward(self, x):
        y = super().forward(x)
        return y if y > 0 else y * 0.5


def test_a_model_that_cannot_be_traced_is_trained_as_it_is_written():
    with pytest.warns(UserWarning, match=r"number by number.*bool\(\) of a Value.*write where") as seen:
        history = quiet(Branches(1, nonlin=False), X4, y4, epochs=3)
    assert len(seen) == 1
    assert history.path.startswith("eager")
    assert history.losses[1] != history.losses[0]


def test_the_warning_stands_at_the_line_that_calls_fit():
    with pytest.warns(UserWarning, match="not be compiled|cannot be compiled") as seen:
        fit(Branches(1, nonlin=False), X4, y4, loss=mse, optimizer="sgd", epochs=1, progress=False)
    assert seen[0].filename == __file__


def test_samples_of_different_lengths_are_trained_with_a_warning():
    class Total(Neuron):
        def forward(self, x):
            return super().forward([sum(x)])

    with pytest.warns(UserWarning, match="differ in length"):
        history = quiet(Total(1, nonlin=False), [[1.0], [1.0, 2.0]], [1.0, 2.0], epochs=1)
    assert history.path.startswith("eager")


class Halved(Neuron):
    """Something else in eval mode, as dropout is."""

    def forward(self, x):
        y = super().forward(x)
        return y if self.training else y * 0.5


class BranchesInEval(Neuron):
    def forward(self, x):
        y = super().forward(x)
        return y if self.training or y > 0 else y * 0.5


@pytest.mark.parametrize("kind", [Neuron, Halved, BranchesInEval])
def test_validation_and_metrics_are_those_of_eval_mode(kind):
    """The same numbers as the loop gives, whether both, one or none is compiled."""
    X, y = np.linspace(-1, 1, 12)[:, None], np.linspace(1, 3, 12)
    asked = {"metrics": {"r2": r2}, "validation": (X[::-1] * 2, y), "epochs": 3}

    def trained(loss):
        model = kind(1, nonlin=False)
        model.w[0].data, model.b.data = 0.5, -0.25
        return quiet(model, X, y, loss=loss, **asked)

    compiled, eager = trained(mse), trained(own_loss)
    assert compiled.path.startswith("compiled")
    assert eager.path.startswith("eager")
    for name, column in compiled.columns().items():
        if name != "seconds":
            assert column == pytest.approx(eager.columns()[name], rel=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_compiled_and_eager_training_agree(name):
    classes = name in ("cross_entropy", "nll")
    output = {"nll": "log_softmax", "binary_cross_entropy": "sigmoid"}.get(name, "identity")
    X = np.random.default_rng(0).normal(size=(20, 2))
    y = np.arange(20) % 3 if classes else np.sign(X[:, 0]) if name == "hinge" else (X[:, 0] > 0).astype(int)

    def trained(loss):
        model = MLP(2, [5, 3 if classes else 1], activation="tanh", output=output, rng=1)
        history = quiet(model, X, y, "adam", loss=loss, epochs=5, batch_size=8)
        return history, numbers(model)

    (compiled, ours), (eager, theirs) = trained(name), trained(lambda p, t: LOSSES[name](p, t))
    assert compiled.losses == pytest.approx(eager.losses, rel=1e-9)
    assert ours == pytest.approx(theirs, rel=1e-9)
    assert compiled.path.startswith("compiled")
    assert eager.path.startswith("eager")


def test_losses_and_optimisers_by_name():
    for name, loss in LOSSES.items():
        assert loss.__name__ == name
    for name, kind in OPTIMIZERS.items():
        assert kind.__name__.lower() == name
        named, made = line(), line()
        quiet(named, X4, y4, name, loss="mse", epochs=2)
        quiet(made, X4, y4, kind(made.parameters()), epochs=2)
        assert numbers(named) == numbers(made)


@pytest.mark.parametrize(
    "labels", [[0, 1, 2, 1], np.array([0, 1, 2, 1]), np.eye(3)[[0, 1, 2, 1]], np.uint8([0, 1, 2, 1])]
)
@pytest.mark.parametrize("samples", [X4, np.array(X4), tuple(X4)])
def test_lists_and_arrays_give_the_same_training(samples, labels):
    def trained(X, y):
        model = MLP(1, [3], rng=0)
        quiet(model, X, y, loss="cross_entropy", epochs=3, batch_size=2)
        return numbers(model)

    assert trained(samples, labels) == pytest.approx(trained(X4, [0, 1, 2, 1]), rel=1e-12)


class Modes(Neuron):
    """Its parameter is 100 times as large in training, as of a part that acts differently then."""

    def forward(self, x):
        return super().forward(x) * (100.0 if self.training else 1.0)


def test_validation_and_metrics_are_of_the_model_in_eval_mode():
    model = Modes(1, nonlin=False)
    model.w[0].data, model.b.data = 1.0, 0.0
    model.eval()  # which does not last: training is in training mode

    def largest(outputs, y):
        assert outputs.shape == y.shape
        return outputs.max()

    history = quiet(
        model,
        [[2.0]],
        [0.0],
        SGD(model.parameters(), 0.0),
        epochs=2,
        validation=([[3.0], [1.0]], [0.0, 1.0]),
        metrics={"largest": largest},
    )
    assert history.losses == [200.0**2] * 2
    assert history.val_losses == [3.0**2 / 2] * 2
    assert history.metrics == {"largest": [2.0, 2.0], "val_largest": [3.0, 3.0]}
    assert model.training


def test_a_part_is_held_out_by_the_seed_and_never_trained_on():
    seen = set()

    class Watched(Neuron):
        def forward(self, x):
            if self.training:
                seen.add(x[0])
            return super().forward(x)

    X, y = [[float(i)] for i in range(20)], [0, 1] * 10
    model = Watched(1)
    quiet(model, X, y, SGD(model.parameters(), 1e-6), loss=own_loss, epochs=3, validation=0.2, seed=4)
    train, _ = train_test_split(y, 0.2, seed=4)
    assert seen == {float(i) for i in train}
    quiet(
        Watched(1),
        X,
        np.eye(20, dtype=int),
        "sgd",
        epochs=1,
        validation=0.2,
        loss=lambda p, t: mse(p, [row[0] for row in t]),
    )


def test_predict_is_in_eval_mode_and_leaves_the_mode_as_it_was():
    model = Modes(1, nonlin=False)
    model.w[0].data, model.b.data = 2.0, 1.0
    for mode in (True, False):
        assert predict(model.train(mode), [[0.0], [1.5]]).tolist() == [1.0, 4.0]
        assert model.training is mode
    assert predict(MLP(1, [2]), np.zeros((3, 1))).shape == (3, 2)


def test_the_scheduler_steps_after_each_epoch():
    neuron = line()
    optimizer = SGD(neuron.parameters(), 0.4)
    history = quiet(neuron, X4, y4, optimizer, epochs=4, scheduler=StepLR(optimizer, 2, 0.5))
    assert history.lrs == [0.4, 0.4, 0.2, 0.2]


@pytest.mark.parametrize("validation", [None, ([[1.0]], [3.0])])
def test_a_plateau_is_of_the_validation_loss_or_else_the_loss(validation):
    neuron = line()
    optimizer = SGD(neuron.parameters(), 0.0)
    scheduler = ReduceLROnPlateau(optimizer)
    history = quiet(neuron, [[1.0]], [2.0], optimizer, epochs=1, scheduler=scheduler, validation=validation)
    assert scheduler.best == (history.val_losses or history.losses)[0] == (9.0 if validation else 4.0)


def test_a_model_without_sizes_gets_them_from_the_first_sample():
    model = MLP(None, [3, 1], rng=0)
    history = quiet(model, X4, y4, "sgd", epochs=50, batch_size=None)
    assert model.layers[0].nin == 1
    assert history.losses[-1] < history.losses[0]


# What goes wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "y", "settings", "message"),
    [
        ([[1.0]], [1.0, 2.0], {}, "expected one target for each sample, got 1 samples and 2 targets"),
        ([], [], {}, "got 0 samples"),
        ([[1.0]], [1.0], {"validation": ([[1.0]], [])}, "got 1 samples and 0 targets in the validation data"),
        ([[1.0]], [1.0], {"epochs": 0}, "epochs must be a whole number of 1 or more, got 0"),
        ([[1.0]], [1.0], {"epochs": 1e3}, "epochs must be a whole number of 1 or more, got 1000.0"),
        ([[1.0]], [1.0], {"batch_size": 0}, "batch_size must be a whole number of 1 or more, got 0"),
        ([[1.0]], [1.0], {"progress": 0}, "progress must be True, False or a whole number of 1 or more, got 0"),
        (
            [[1.0]] * 3,
            [1.0, 2.0, [3.0]],
            {},
            "where X[0] gives one number and y[0] is one number: mse: at [2]",
        ),
        (
            [[1.0]],
            [[1.0]],
            {},
            "X[0] gives one number and y[0] is a sequence of 1: mse: at [0]: predictions and targets",
        ),
        (
            [[1.0]] * 3,
            [1.0] * 3,
            {"validation": ([[1.0]], [[1.0]])},
            "validation X[0] gives one number and validation y",
        ),
        ([[1.0], [1.0], [1.0, 2.0]], [1.0] * 3, {}, "model(X[2]): "),
        ([[1.0]], [1.0], {"validation": ([[1.0, 2.0]], [1.0])}, "model(validation X[0]): "),
        ([[1.0]], [1.0], {"validation": 1.5}, "validation must be a pair (X, y) or a part between 0 and 1, got 1.5"),
        ([[1.0]] * 3, [1.0] * 3, {"validation": 0.1}, "validation=0.1: train_test_split: 3 rows are too few"),
        ([[1.0]], [1.0], {"loss": "mean"}, "there is no loss called 'mean'; there are mse, "),
        ([[1.0]], [1.0], {"optimizer": "Adam"}, "there is no optimizer called 'Adam'; there are sgd, "),
        ([[1.0]], [1.0], {"optimizer": SGD([Value(1.0)])}, "moves none of the model's parameters"),
        ([[1.0]], [1.0], {"scheduler": StepLR(SGD([Value(1.0)]), 1)}, "the scheduler belongs to another optimiser"),
        ([[1.0]], [1.0], {"metrics": {"accuracy": accuracy}}, "the metric 'accuracy' of the training data: accuracy: "),
        ([[1.0]], [1.0], {"metrics": {"loss": lambda p, y: 0.0}}, "two numbers of an epoch would have one name"),
        ([[1.0]], [1.0], {"seed": -1}, "seed must be a whole number of 0 or more, got -1"),
    ],
)
def test_what_cannot_be_trained_on_is_found_before_anything_moves(X, y, settings, message):
    neuron = line(1.0, 2.0)
    with pytest.raises(ValueError, match=re.escape(message)):
        quiet(neuron, X, y, **settings)
    assert numbers(neuron) == [1.0, 2.0]


def test_a_wrong_class_is_found_before_anything_moves():
    model = MLP(1, [3])
    before = numbers(model)
    with pytest.raises(
        ValueError, match=r"X\[0\] gives a sequence of 3 and y\[0\] is one number: .* sample 3: .* got 3"
    ):
        quiet(model, X4, [0, 1, 2, 3], loss="cross_entropy")
    assert numbers(model) == before


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"loss": lambda p, t: [mse(p, t)]}, "the loss must give one Value, the mean over the samples, got list"),
        ({"loss": lambda p, t: mse([x.data for x in p], t)}, "got float; does it, or the model, take numbers out of"),
        ({"optimizer": 0.1}, "optimizer must be an Optimizer, a name, or a function that makes one, got float"),
        ({"X": (x for x in X4)}, "X must be an array or a list, got generator"),
    ],
)
def test_what_is_of_the_wrong_kind(settings, message):
    neuron = line(1.0, 2.0)
    with pytest.raises(TypeError, match=message):
        quiet(**{"model": neuron, "X": X4, "y": y4, **settings})
    assert numbers(neuron) == [1.0, 2.0]


def test_a_history_that_cannot_go_on():
    neuron = line()
    optimizer = SGD(neuron.parameters(), 0.1)
    history = quiet(neuron, X4, y4, optimizer, epochs=1, seed=3)
    before = numbers(neuron)
    for settings, message in (
        ({"optimizer": optimizer}, "made with seed=3, so it can't go on with seed=0"),
        ({"optimizer": "adam", "seed": 3}, "optimizer='adam' starts anew"),
        (
            {"optimizer": optimizer, "seed": 3, "validation": (X4, y4)},
            "the history has loss, but this run gives loss, val_",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            quiet(neuron, X4, y4, epochs=2, history=history, **settings)
    assert numbers(neuron) == before
    assert history.epochs == 1


def exploding(model, factor=4.0):
    """An optimiser that doubles its rate, and a scheduler and a history to see what is left of them."""
    optimizer = SGD(model.parameters(), 0.01, momentum=0.9)
    return optimizer, StepLR(optimizer, 1, factor)


def test_a_loss_that_explodes_leaves_the_last_good_epoch():
    neuron = line(1.0)
    optimizer, scheduler = exploding(neuron)
    kept = []

    def keep(run):
        kept.append((numbers(neuron), optimizer.state_dict(), scheduler.state_dict()))

    with pytest.raises(
        DivergenceError, match="a smaller learning rate may help; the model has the weights of"
    ) as error:
        quiet(neuron, X4, y4, optimizer, epochs=5000, batch_size=1, scheduler=scheduler, callbacks=[keep])
    epochs = error.value.history.epochs
    assert epochs == len(kept) > 1
    assert f"in epoch {epochs + 1}; " in str(error.value)
    assert f"of epoch {epochs} again" in str(error.value)
    assert (numbers(neuron), optimizer.state_dict(), scheduler.state_dict()) == kept[-1]
    assert all(map(math.isfinite, numbers(neuron)))
    assert isinstance(error.value, FloatingPointError)


def test_weights_that_explode_in_the_last_step_are_put_back_too():
    neuron = line(1.0)
    with pytest.raises(DivergenceError, match=r"a weight became (inf|-inf|nan) in epoch 1; .* from before it again"):
        quiet(neuron, [[1e200]], [0.0], SGD(neuron.parameters(), 1e300), epochs=1, loss=lambda p, t: p[0] * 1e-190)
    assert numbers(neuron) == [1.0, 0.0]


def test_nan_in_the_data_is_named():
    neuron = line(1.0)
    for X, y, words in (([[1.0], [math.nan]], [1.0, 1.0], r"X\[1\] holds"), ([[1.0]], [math.inf], r"y\[0\] holds")):
        with pytest.raises(DivergenceError, match=words):
            quiet(neuron, X, y, epochs=1, batch_size=1)
    assert numbers(neuron) == [1.0, 0.0]
    with pytest.raises(DivergenceError, match="before the first step"):
        quiet(neuron, [[1e4]], [0.0], epochs=1, loss=lambda p, t: exp(p[0]))


class Interrupted(Optimizer):
    """Ctrl-C comes when the first parameter has moved and the second has not, in the third step."""

    def __init__(self, parameters):
        super().__init__(parameters, {"lr": 1.0})

    def _start(self, group):
        return {}

    def _move(self, group, state):
        for p in group["params"]:
            p.data += 1.0
            if state["step"] == 3:
                signal.raise_signal(signal.SIGINT)


@pytest.fixture
def ctrl_c():
    """A program that runs in the background is started with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_leaves_whole_steps_and_a_history_to_go_on_with():
    neuron = line()
    history = History()
    with pytest.raises(KeyboardInterrupt):
        quiet(neuron, X4, y4, Interrupted(neuron.parameters()), epochs=9, batch_size=2, history=history)
    assert numbers(neuron) == [3.0, 3.0]
    assert (history.epochs, len(history.times), history.stopped) == (1, 1, "")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert neuron.training


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_in_the_forward_pass_comes_at_once():
    calls = []

    class Slow(Neuron):
        def forward(self, x):
            calls.append(x)
            if len(calls) == 7:
                signal.raise_signal(signal.SIGINT)
            return super().forward(x)

    with pytest.raises(KeyboardInterrupt):
        quiet(Slow(1), X4, y4, "sgd", loss=own_loss, epochs=9)
    assert len(calls) == 7


@pytest.mark.usefixtures("ctrl_c")
def test_training_works_in_another_thread():
    """Only the main thread may handle signals."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: quiet(line(), X4, y4, epochs=2)).result(60).epochs == 2


def test_a_model_of_ones_own():
    class Power(Module):
        def __init__(self):
            self.a = Value(1.0)

        def forward(self, x):
            return self.a * x**2

    model = Power()
    quiet(model, np.array([1.0, 2.0]), np.array([3.0, 12.0]), SGD(model.parameters(), 0.05), epochs=100)
    assert model.a.data == pytest.approx(3.0)


def test_iris_over_ten_seeds():
    """In 50 epochs; `python -m nn train iris`, which takes 1000, is in test_command_train."""
    flowers = iris()
    reached = [iris_accuracy(flowers, seed) for seed in range(10)]
    assert np.mean(reached) >= 0.95
    assert min(reached) >= 0.86


def iris_accuracy(flowers, seed):
    rows, held_out = train_test_split(flowers.y, seed=seed)
    X, X_test = standardise(flowers.X[rows], flowers.X[held_out])
    random.seed(seed)
    model = MLP(4, [16, 3])
    y = flowers.y[rows].tolist()
    quiet(model, X.tolist(), y, loss=cross_entropy, epochs=50, seed=seed)
    return accuracy(predict(model, X_test.tolist()), flowers.y[held_out])


def test_a_function_makes_the_optimiser_once_the_sizes_are_known():
    model, X, y = Sequential(Layer(None, 3), Neuron(activation="identity")), [[0.0, 1.0], [1.0, 0.0]], [0.0, 1.0]
    quiet(model, X, y, partial(SGD, lr=0.0), epochs=1)
    before = numbers(model)
    quiet(model, X, y, partial(SGD, lr=0.1), epochs=1)
    assert numbers(model) != before
    with pytest.raises(TypeError, match="a function that makes one, got list"):
        quiet(model, X, y, lambda parameters: parameters)
