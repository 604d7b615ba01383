"""Checkpoints: what is saved comes back to the last bit, in place or built anew, here or in torch."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file

import nn
from autograd import Value
from nn import MLP, CheckpointError, Layer, Module, Neuron, Sequential, load, save
from nn import checkpoint_file as file_format
from nn.activations import ACTIVATIONS

MODELS = {
    "neuron": lambda: Neuron(3, activation="sigmoid"),
    "layer": lambda: Layer(2, 3, activation="softmax"),
    "mlp": lambda: MLP(2, [4, 3, 1], activation="tanh", output="sigmoid"),
    "one layer": lambda: MLP(2, [1]),
    "lazy, called once": lambda: sized(MLP(None, [3, 2])),
    "sequential": lambda: Sequential(Layer(2, 3, activation="elu"), Sequential(MLP(3, [2, 2])), Layer(2, 1)),
    "functions of nn": lambda: MLP(2, [2, 1], activation=nn.activations.silu),
}


def sized(model):
    model([0.5, -1.0])
    return model


def bits(numbers):
    return [struct.pack("<d", number) for number in numbers]


def weights(model):
    return bits(model.state_dict().values())


@pytest.mark.parametrize("make", MODELS.values(), ids=MODELS)
def test_a_model_is_built_anew(tmp_path, make):
    model = make()
    path = save(tmp_path / "model.safetensors", model)
    checkpoint = load(path)
    assert type(checkpoint.model) is type(model)
    assert list(checkpoint.model.state_dict()) == list(model.state_dict())
    assert weights(checkpoint.model) == weights(model)
    x = [0.5, -0.25, 1.0][: 3 if type(model) is Neuron else 2]
    numbers = [np.array(m(x), float).tolist() for m in (model, checkpoint.model)]
    assert numbers[0] == numbers[1]
    assert (checkpoint.optimizer, checkpoint.scheduler, checkpoint.history, checkpoint.metadata) == (None,) * 3 + ({},)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_known_again(tmp_path, name):
    model = Layer(2, 2, activation=name)
    assert load(save(tmp_path / "layer.safetensors", model)).model.activation == name


@given(st.lists(st.floats(width=64) | st.sampled_from([5e-324, -0.0, float("nan")]), min_size=3, max_size=3))
def test_every_bit_of_every_number_comes_back(tmp_path_factory, numbers):
    path = tmp_path_factory.mktemp("bits") / "neuron.safetensors"
    nan_with_a_message = struct.unpack("<d", struct.pack("<Q", 0xFFF8000000001234))[0]
    neuron = Neuron(w=[*numbers, nan_with_a_message], b=0.5)
    optimizer = nn.SGD(neuron.parameters(), momentum=0.9)
    state = optimizer.state_dict()
    state["state"][0] = {"step": 1, "momentum_buffer": [*numbers, nan_with_a_message, float("-inf")]}
    optimizer.load_state_dict(state)
    checkpoint = load(save(path, neuron, optimizer=optimizer))
    assert weights(checkpoint.model) == weights(neuron)
    buffers = [o.state_dict()["state"][0]["momentum_buffer"] for o in (optimizer, checkpoint.optimizer)]
    assert bits(buffers[0]) == bits(buffers[1])


OPTIMIZERS = {
    "sgd": lambda p: nn.SGD(p, lr=0.1),
    "momentum": lambda p: nn.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adagrad": lambda p: nn.Adagrad(p, lr=0.1, lr_decay=0.1),
    "rmsprop": lambda p: nn.RMSprop(p, lr=0.01, momentum=0.5, centered=True),
    "adam": lambda p: nn.Adam(p, lr=0.1, betas=(0.8, 0.9)),
    "adamw": lambda p: nn.AdamW(p, lr=0.1),
    "groups": lambda p: nn.Adam([{"params": p[3:], "lr": 0.5}, {"params": p[:2]}], lr=0.1),
}

SCHEDULERS = {
    "step": lambda o: nn.StepLR(o, step_size=2),
    "milestones": lambda o: nn.MultiStepLR(o, milestones=[2, 5]),
    "exponential": lambda o: nn.ExponentialLR(o, gamma=0.9),
    "linear": lambda o: nn.LinearLR(o, total_iters=6),
    "cosine": lambda o: nn.CosineAnnealingLR(o, T_max=4),
    "restarts": lambda o: nn.CosineAnnealingWarmRestarts(o, T_0=2, T_mult=2),
    "one cycle": lambda o: nn.OneCycleLR(o, max_lr=0.2, total_steps=9),
    "plateau": lambda o: nn.ReduceLROnPlateau(o, patience=1, factor=0.5),
}


def trained(model, optimizer, scheduler, steps):
    for step in steps:
        optimizer.zero_grad()
        loss = (model([0.5, step / 10]) - 1) ** 2
        loss.backward()
        optimizer.step()
        if isinstance(scheduler, nn.ReduceLROnPlateau):
            scheduler.step(float(step % 3))
        elif scheduler:
            scheduler.step()
    states = optimizer.state_dict(), scheduler and scheduler.state_dict()
    return weights(model), repr(states)


@pytest.mark.parametrize("kind", OPTIMIZERS)
@pytest.mark.parametrize("in_place", [False, True], ids=["built anew", "given"])
def test_an_optimizer_goes_on_as_it_would_have(tmp_path, kind, in_place):
    model = MLP(2, [3, 1], activation="tanh")
    optimizer = OPTIMIZERS[kind](model.parameters())
    trained(model, optimizer, None, range(4))
    path = save(tmp_path / "training.safetensors", model, optimizer=optimizer)
    there = MLP(2, [3, 1], activation="tanh")
    checkpoint = load(path, there, OPTIMIZERS[kind](there.parameters())) if in_place else load(path)
    assert trained(checkpoint.model, checkpoint.optimizer, None, range(4, 8)) == trained(
        model, optimizer, None, range(4, 8)
    )


@pytest.mark.parametrize("kind", SCHEDULERS)
@pytest.mark.parametrize("in_place", [False, True], ids=["built anew", "given"])
def test_a_scheduler_goes_on_as_it_would_have(tmp_path, kind, in_place):
    model = MLP(2, [3, 1], activation="tanh")
    scheduler = SCHEDULERS[kind](nn.Adam(model.parameters(), lr=0.1))
    trained(model, scheduler.optimizer, scheduler, range(4))
    path = save(tmp_path / "training.safetensors", model, scheduler=scheduler)  # and so its optimiser
    there = MLP(2, [3, 1], activation="tanh")
    if in_place:
        checkpoint = load(path, there, scheduler=SCHEDULERS[kind](nn.Adam(there.parameters(), lr=7.0)))
    else:
        checkpoint = load(path)
    assert checkpoint.scheduler.optimizer is checkpoint.optimizer
    assert trained(checkpoint.model, checkpoint.optimizer, checkpoint.scheduler, range(4, 8)) == trained(
        model, scheduler.optimizer, scheduler, range(4, 8)
    )


def test_every_scheduler_of_nn_is_among_them():
    kinds = {type(make(nn.SGD([Value(1.0)], momentum=0.9))) for make in SCHEDULERS.values()}
    own = {thing for thing in vars(nn).values() if isinstance(thing, type) and issubclass(thing, nn.LRScheduler)}
    assert kinds == (own | {nn.ReduceLROnPlateau}) - {nn.LRScheduler}


def test_history_and_metadata_come_back(tmp_path):
    history = nn.History(
        losses=[0.1, float("inf")], metrics={"accuracy": [1 / 3, 1.0]}, lrs=[0.1, 0.1], times=[1.0, 2.0], seed=3
    )
    metadata = {"classes": ["setosa", "β"], "mean": [1 / 3, float("inf")], "note": None}
    checkpoint = load(save(tmp_path / "all.safetensors", Neuron(1), history=history, metadata=metadata))
    assert checkpoint.history == history
    assert checkpoint.metadata == metadata
    with pytest.raises(CheckpointError, match="set is not JSON serializable"):
        save(tmp_path / "all.safetensors", Neuron(1), metadata={"classes": {1, 2}})
    assert load(tmp_path / "all.safetensors").metadata == metadata


class Remembers(nn.Callback):
    def __init__(self, number=0.0):
        self.number = number

    def state_dict(self):
        return {"number": self.number}

    def load_state_dict(self, state_dict):
        self.number = state_dict["number"]


def test_callbacks_come_back_in_their_order(tmp_path):
    stopping = nn.EarlyStopping()
    stopping.load_state_dict({"best": 0.1 + 0.2, "best_epoch": 3, "weights": {"b": 1 / 3}})
    path = save(
        tmp_path / "run.safetensors",
        Neuron(1),
        callbacks=[Remembers(1.0), nn.Callback(), stopping, Remembers(float("inf"))],
    )
    first, second, other = Remembers(), Remembers(), nn.EarlyStopping()
    load(path, callbacks=[other, nn.Callback(), first, second])
    assert (first.number, second.number) == (1.0, float("inf"))
    assert other.state_dict() == stopping.state_dict()
    assert load(path).model.nin == 1  # they may be left out


def test_a_callback_that_was_not_saved_changes_nothing(tmp_path):
    path = save(tmp_path / "run.safetensors", Neuron(w=[1.0]), callbacks=[Remembers(1.0)])
    model, first, second = Neuron(w=[2.0]), Remembers(), Remembers()
    with pytest.raises(CheckpointError, match="it does not hold what the callback Remembers remembered"):
        load(path, model, callbacks=[first, second])
    assert (model.w[0].data, first.number) == (2.0, 0.0)
    path = save(path, Neuron(1))
    with pytest.raises(CheckpointError, match="it does not hold what the callback EarlyStopping remembered"):
        load(path, callbacks=[nn.EarlyStopping()])


def test_saving_twice_gives_the_same_bytes_and_draws_no_random_number(tmp_path):
    random.seed(0)
    model = MLP(2, [3, 1])
    before = random.getstate()
    first = save(tmp_path / "a.safetensors", model, optimizer=nn.Adam(model.parameters())).read_bytes()
    again = load(tmp_path / "a.safetensors")
    second = save(tmp_path / "b.safetensors", again.model, optimizer=again.optimizer).read_bytes()
    assert first == second
    assert random.getstate() == before


def test_a_frozen_layer_stays_frozen(tmp_path):
    model = MLP(2, [2, 1])
    model.layers[0].requires_grad_(False)
    path = save(tmp_path / "model.safetensors", model)
    assert [p.requires_grad for p in load(path).model.parameters()] == [False] * 6 + [True] * 3
    given = MLP(2, [2, 1])
    load(path, given)  # which of its parameters are frozen is said by whoever made it
    assert all(p.requires_grad for p in given.parameters())


# --- a model that nn cannot build


class Line(Module):
    """A module of one's own, with parameters in every kind of place."""

    def __init__(self, start=0.0):
        self.slope = Value(start)
        self.table = [[Value(start + 1), Value(start + 2), Value(start + 3)], [Value(start + 4 + i) for i in range(3)]]
        self.array = np.array([Value(start + 10), Value(start + 11)], dtype=object)
        self.ragged = [[Value(start + 20)], [Value(start + 21), Value(start + 22)]]
        self.named = {"a": Value(start + 30), 3: Value(start + 31)}
        self.body = [Neuron(2), Layer(2, 3)]


def test_a_module_of_ones_own(tmp_path):
    model, there = Line(), Line(100.0)
    path = save(tmp_path / "line.safetensors", model)
    with pytest.raises(
        CheckpointError, match=r"of the class Line, which nn does not know\): make it and write load\(path, mo"
    ):
        load(path)
    assert load(path, there).model is there
    assert there.state_dict() == model.state_dict()
    assert {name: array.shape for name, array in load_file(path).items()} == {
        "slope": (),
        "table": (2, 3),
        "array": (2,),
        "ragged.0.0": (),
        "ragged.1.0": (),
        "ragged.1.1": (),
        "named.a": (),
        "named.3": (),
        "body.0.weight": (2,),
        "body.0.bias": (),
        "body.1.weight": (3, 2),
        "body.1.bias": (3,),
    }


def changed(model, change):
    change(model)
    return model


def tie(model):
    model.layers[1].neurons[0].w[0] = model.layers[0].neurons[0].w[0]


UNWRITABLE = {
    "a function": (lambda: MLP(2, [2, 1], activation=lambda x: x * x), "a function that has no name in nn.activations"),
    "a subclass": (lambda: type("Mine", (MLP,), {})(2, [2, 1]), "class Mine, which nn does not know"),
    "more": (lambda: changed(MLP(2, [2, 1]), lambda m: setattr(m, "scale", Value(2.0))), "parameters were added"),
    "shared": (lambda: changed(MLP(2, [2, 1]), tie), "are shared between"),
    "one neuron": (
        lambda: changed(Layer(2, 2), lambda m: m.neurons.__setitem__(0, Neuron(2, activation="tanh"))),
        "neurons that differ",
    ),
    "one layer": (
        lambda: changed(MLP(2, [2, 2, 1]), lambda m: m.layers.__setitem__(0, Layer(2, 2, activation="tanh"))),
        "layers were changed",
    ),
    "no layer": (lambda: changed(MLP(2, [2, 2]), lambda m: m.layers.__setitem__(0, Neuron(2))), "layers were changed"),
}


@pytest.mark.parametrize(("make", "reason"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_an_architecture_that_cannot_be_written_down(tmp_path, make, reason):
    model, there = make(), make()
    path = save(tmp_path / "model.safetensors", model)
    with pytest.raises(CheckpointError, match=reason):
        load(path)
    load(path, there)
    assert weights(there) == weights(model)


def test_a_model_without_a_size(tmp_path):
    with pytest.raises(CheckpointError, match="has no parameters yet: call the model once"):
        save(tmp_path / "model.safetensors", MLP(None, [2, 1]))
    assert not list(tmp_path.iterdir())
    path = save(tmp_path / "model.safetensors", MLP(2, [2, 1]))
    with pytest.raises(CheckpointError, match="has no parameters yet: call the model once"):
        load(path, MLP(None, [2, 1]))


# --- what does not fit


def test_another_architecture(tmp_path):
    path = save(tmp_path / "model.safetensors", MLP(2, [3, 1]))
    for model, message in (
        (MLP(2, [4, 1]), r"layers\.0\.bias has the shape \(3,\), in the model \(4,\)"),
        (MLP(3, [3, 1]), r"layers\.0\.weight has the shape \(3, 2\), in the model \(3, 3\)"),
        (MLP(2, [3]), r"layers\.1\.bias is not in the model; layers\.1\.weight is not in the model"),
        (MLP(2, [3, 1, 1]), r"layers\.2\.bias is missing"),
        (MLP(2, [3, 1], activation="tanh"), r'another architecture: .*"relu".* the model given .*"tanh"'),
        (Sequential(Layer(2, 3), Layer(3, 1, activation="identity")), r"another architecture: .*MLP.*Sequential"),
        (Neuron(2), r"layers\.0\.bias is not in the model;.*; bias is missing|bias is missing; .*is not in the model"),
    ):
        before = weights(model)
        with pytest.raises(CheckpointError, match=message):
            load(path, model)
        assert weights(model) == before


def test_a_file_of_a_newer_version(tmp_path, monkeypatch):
    model = Neuron(2)
    path, before = tmp_path / "model.safetensors", weights(model)
    with monkeypatch.context() as later:
        later.setattr(file_format, "VERSION", 2)
        save(path, Neuron(2))
    for there in (None, model):
        with pytest.raises(
            CheckpointError, match="has version 2 of the format, this program reads version 1: newer; upd"
        ):
            load(path, there)
    assert weights(model) == before


def test_what_is_given_must_be_what_was_saved(tmp_path):
    model = MLP(1, [2, 1])
    optimizer = nn.Adam(model.parameters(), lr=0.1)
    scheduler = nn.StepLR(optimizer, step_size=2)
    path = save(tmp_path / "all.safetensors", model, optimizer=optimizer, scheduler=scheduler)
    alone = save(tmp_path / "alone.safetensors", model)
    there = MLP(1, [2, 1])
    p = there.parameters()
    for file, make, message in (
        (path, lambda: (nn.AdamW(p), None), "optimiser is of the class Adam, the one that is given a AdamW"),
        (path, lambda: (nn.Adam(p[::-1]), None), "moves other parameters"),
        (path, lambda: (nn.Adam(p[1:]), None), "moves other parameters"),
        (path, lambda: (nn.Adam(MLP(1, [2, 1]).parameters()), None), "moves other parameters"),
        (path, lambda: (nn.Adam([{"params": p[:2]}, {"params": p[2:]}]), None), "moves other parameters"),
        (path, lambda: scheduled(nn.ExponentialLR(nn.Adam(p), gamma=0.5)), "scheduler is of the class StepLR"),
        (alone, lambda: (nn.Adam(p), None), "holds no optimiser"),
        (
            save(tmp_path / "o.safetensors", model, optimizer=optimizer),
            lambda: scheduled(nn.StepLR(nn.Adam(p), 1)),
            "no sch",
        ),
    ):
        other, schedule = make()
        before = weights(there), other.state_dict(), schedule and schedule.state_dict()
        with pytest.raises(CheckpointError, match=message):
            load(file, there, other, schedule)
        assert (weights(there), other.state_dict(), schedule and schedule.state_dict()) == before
    with pytest.raises(ValueError, match="belongs to another optimizer"):
        save(path, model, optimizer=nn.SGD(model.parameters()), scheduler=scheduler)
    with pytest.raises(TypeError, match="model must be a Module, got dict"):
        save(path, {})
    with pytest.raises(TypeError, match="model must be a Module, got str"):
        load(path, "model")


def scheduled(scheduler):
    return scheduler.optimizer, scheduler


def test_a_scheduler_that_refuses_its_state_leaves_the_optimizer_alone(tmp_path):
    model = Neuron(1)
    two = [{"params": model.w}, {"params": [model.b], "lr": 0.5}]
    optimizer = nn.SGD(two, lr=0.1)
    path = save(tmp_path / "n.safetensors", model, scheduler=nn.ReduceLROnPlateau(optimizer))
    there = Neuron(w=[5.0], b=6.0)
    other = nn.SGD([{"params": there.w}, {"params": [there.b]}], lr=9.0)
    plateau = nn.ReduceLROnPlateau(other)
    plateau.min_lrs = [0.0]  # another number of groups
    before = weights(there), other.state_dict(), plateau.state_dict()
    with pytest.raises(CheckpointError, match="min_lrs: expected 1 entries, got 2"):
        load(path, there, other, plateau)
    assert (weights(there), other.state_dict(), plateau.state_dict()) == before


def test_an_optimizer_of_ones_own_must_be_given(tmp_path):
    class Mine(nn.SGD):
        pass

    model = Neuron(1)
    path = save(tmp_path / "n.safetensors", model, optimizer=Mine(model.parameters(), momentum=0.5))
    with pytest.raises(CheckpointError, match="its optimiser Mine is none of nn's"):
        load(path)
    assert load(path, model, Mine(model.parameters())).optimizer.param_groups[0]["momentum"] == 0.5
    with pytest.raises(CheckpointError, match="a parameter that is not in the model"):
        save(path, model, optimizer=nn.SGD([*model.parameters(), Value(1.0)]))


# --- the file


def test_the_new_file_is_on_the_disk_before_it_has_the_name(tmp_path, monkeypatch):
    path = save(tmp_path / "n.safetensors", Neuron(w=[1.0]))
    calls = []

    def recorded(name, function):
        def call(*arguments):
            what = arguments[0]
            calls.append((name, Path(os.readlink(f"/proc/self/fd/{what}") if name == "fsync" else what).name))
            return function(*arguments)

        return call

    if not Path("/proc/self/fd").exists():
        pytest.skip("names of open files are read from /proc")
    for name in ("fsync", "replace"):
        monkeypatch.setattr(os, name, recorded(name, getattr(os, name)))
    save(path, Neuron(w=[2.0]))
    (first, unfinished), second, third = calls
    assert unfinished.startswith(".n.safetensors.")
    assert (first, second, third) == ("fsync", ("replace", unfinished), ("fsync", tmp_path.name))


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", ["fsync", "replace"])
def test_a_writing_that_fails_leaves_the_old_file(tmp_path, monkeypatch, error, place):
    path = save(tmp_path / "n.safetensors", Neuron(w=[1.0]))

    def fail(*arguments):
        raise error

    with monkeypatch.context() as broken:
        broken.setattr(os, place, fail)
        expected = KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else CheckpointError
        with pytest.raises(expected, match="No space left on device; nothing was changed" if error.args else None):
            save(path, Neuron(w=[2.0]))
    assert load(path).model.w[0].data == 1.0
    assert list(tmp_path.iterdir()) == [path]


def test_where_a_file_cannot_be(tmp_path):
    with pytest.raises(CheckpointError, match="cannot be written: No such file or directory"):
        save(tmp_path / "no" / "n.safetensors", Neuron(1))
    with pytest.raises(CheckpointError, match="there is something of that name that is no file"):
        save(tmp_path, Neuron(1))
    with pytest.raises(CheckpointError, match="there is something of that name that is no file"):
        save(os.devnull, Neuron(1))
    assert not list(tmp_path.iterdir())


def test_a_link_to_itself_is_refused(tmp_path):
    loop = tmp_path / "loop.safetensors"
    loop.symlink_to(loop)
    for path in (loop, loop / "n.safetensors"):
        with pytest.raises(CheckpointError, match="cannot be written: Too many levels of symbolic links"):
            save(path, Neuron(1))
    assert list(tmp_path.iterdir()) == [loop]
    assert loop.is_symlink()


@pytest.mark.parametrize(
    ("name", "given", "kind"),
    [
        ("optimizer", 3, "Optimizer, got int: 3"),
        ("scheduler", "StepLR", "Schedule, got str: 'StepLR'"),
        ("history", [1], r"History, got list: \[1\]"),
        ("metadata", ["a"], r"dict, got list: \['a'\]"),
        ("metadata", [], r"dict, got list: \[\]"),
    ],
)
def test_what_is_of_the_wrong_kind_is_not_saved(tmp_path, name, given, kind):
    with pytest.raises(TypeError, match=f"^save: {name} must be a {kind}$"):
        save(tmp_path / "n.safetensors", Neuron(1), **{name: given})
    assert not list(tmp_path.iterdir())


def test_links_stay_links_and_old_leftovers_go(tmp_path):
    folder = tmp_path / "disk [1]"
    folder.mkdir()
    target, link = folder / "n[0].safetensors", tmp_path / "latest.safetensors"
    save(target, Neuron(w=[1.0]))
    link.symlink_to(target)
    old, young = folder / ".n[0].safetensors.00.unfinished", folder / ".n[0].safetensors.01.unfinished"
    old.touch()
    young.touch()  # of another process, perhaps, that is writing it now
    os.utime(old, (0, 0))
    save(link, Neuron(w=[2.0]))
    assert link.is_symlink()
    assert load(target).model.w[0].data == 2.0
    assert sorted(folder.iterdir()) == [young, target]


def test_the_file_can_be_read_by_those_who_may_read_new_files(tmp_path):
    path = save(tmp_path / "n.safetensors", Neuron(1))
    (tmp_path / "plain").touch()
    assert path.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_importing_nn_does_not_load_safetensors():
    code = "import sys, nn; assert 'safetensors' not in sys.modules; nn.save; assert 'safetensors' in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(nn.__file__).parents[1])
    with pytest.raises(AttributeError, match="module 'nn' has no attribute 'nothing'"):
        _ = nn.nothing


# --- other programs


def test_a_file_of_arrays_alone(tmp_path):
    path = tmp_path / "plain.safetensors"
    weight, bias = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0.5, -0.5])
    for metadata in (None, {"format": "pt"}):
        save_file({"weight": weight, "bias": bias}, path, metadata)
        with pytest.raises(
            CheckpointError, match=r"another program wrote it, .*: make it and write load\(path, model\)"
        ):
            load(path)
        layer = load(path, Layer(2, 2)).model
        assert list(layer.state_dict().values()) == [1.0, 2.0, 0.5, 3.0, 4.0, -0.5]
    for arrays, metadata, message in (
        ({"weight": weight.astype(int), "bias": bias}, None, "weight holds numbers of the type int64, not floats"),
        ({"weight": weight, "bias": bias[:1]}, None, r"bias has the shape \(1,\), in the model \(2,\)"),
        ({"weight": weight}, None, "bias is missing"),
        ({"weight": weight, "bias": bias}, {"format": "tf"}, "damaged, or made by another program"),
    ):
        save_file(arrays, path, metadata)
        layer = Layer(2, 2)
        before = weights(layer)
        with pytest.raises(CheckpointError, match=message):
            load(path, layer)
        assert weights(layer) == before


def test_numbers_for_a_shared_parameter_must_agree(tmp_path):
    model = changed(MLP(1, [1, 1]), tie)
    arrays = {name: array.copy() for name, array in load_file(save(tmp_path / "tied.safetensors", model)).items()}
    arrays["layers.1.weight"] += 1
    save_file(arrays, tmp_path / "torn.safetensors")
    before = weights(model)
    with pytest.raises(CheckpointError, match="two different numbers"):
        load(tmp_path / "torn.safetensors", model)
    assert weights(model) == before


def test_weights_go_to_torch_and_come_back(tmp_path):
    torch = pytest.importorskip("torch", reason="compares with torch (extra oracle)")
    from safetensors.torch import load_file as load_torch
    from safetensors.torch import save_file as save_torch

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = torch.nn.ModuleList([torch.nn.Linear(2, 5), torch.nn.Linear(5, 3)])

        def forward(self, x):
            return self.layers[1](torch.relu(self.layers[0](x)))

    model = MLP(2, [5, 3])
    net = Net().double()
    net.load_state_dict(load_torch(save(tmp_path / "model.safetensors", model)))
    x = [0.3, -0.7]
    ours = [value.data for value in model(x)]
    np.testing.assert_allclose(net(torch.tensor(x, dtype=torch.float64)).detach().numpy(), ours, rtol=1e-12)

    save_torch(net.state_dict(), tmp_path / "torch.safetensors")
    there = MLP(2, [5, 3])
    assert weights(there) != weights(model)
    load(tmp_path / "torch.safetensors", there)
    assert weights(there) == weights(model)

    save_torch(net.float().state_dict(), tmp_path / "float.safetensors", {"format": "pt"})
    load(tmp_path / "float.safetensors", there)
    assert list(there.state_dict().values()) == [float(np.float32(x)) for x in model.state_dict().values()]

    save_torch(net.bfloat16().state_dict(), tmp_path / "bfloat.safetensors")
    with pytest.raises(CheckpointError, match="numbers of the type 'BF16'; save them as float64 or float32"):
        load(tmp_path / "bfloat.safetensors", there)


# --- the callback


def saved_epochs(tmp_path, losses, look=lambda checkpoint: checkpoint.history.epochs, **settings):
    """When SaveCheckpoint saved, and what is to be looked at in the file, of a run with these losses."""
    model = Neuron(1)
    history = nn.History()
    run = nn.callbacks.Run(model, nn.SGD(model.parameters()), None, history)
    path = tmp_path / "run.safetensors"
    callback, found = nn.SaveCheckpoint(path, **settings), []

    def take(when):
        if path.exists():
            found.append((when, look(load(path))))
            path.unlink()

    callback.on_train_begin(run)
    for loss in losses:
        for numbers, number in ((history.losses, loss), (history.lrs, 0.1), (history.times, 0.0)):
            numbers.append(number)
        callback.on_epoch_end(run)
        take("epoch")
    callback.on_train_end(run)
    take("end")
    return found


def test_when_the_callback_saves(tmp_path):
    def saved(losses, **settings):
        return saved_epochs(tmp_path, losses, **settings)

    assert saved([3.0, 2.0, 2.5]) == [("epoch", 1), ("epoch", 2), ("epoch", 3), ("end", 3)]
    assert saved([3.0, 2.0, 2.5], every=2) == [("epoch", 2), ("end", 3)]
    assert saved([3.0, 2.0, 2.5, 2.0, 1.0], best=True) == [("epoch", 1), ("epoch", 2), ("epoch", 5)]
    assert saved_epochs(tmp_path, [3.0], metadata={"classes": ["a", "b"]}, look=lambda c: c.metadata["classes"]) == [
        ("epoch", ["a", "b"]),
        ("end", ["a", "b"]),
    ]
    for every in (0, 1.5, True):
        with pytest.raises(ValueError, match="every must be a whole number of 1 or more"):
            nn.SaveCheckpoint(tmp_path / "run.safetensors", every=every)
