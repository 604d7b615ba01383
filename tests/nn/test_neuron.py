"""Neuron, Layer, MLP: micrograd's arguments and behaviour, activations, initialisers, sizes seen or checked."""

from __future__ import annotations

import copy
import math
import pickle
import random

import numpy as np
import pytest

import autograd
from autograd import Value, no_grad
from nn import MLP, Layer, Neuron, Sequential
from nn.activations import ACTIVATIONS, OF_A_LAYER
from nn.init import constant, xavier_normal
from nn.weights import INITIALISERS


def test_a_neuron_is_a_weighted_sum_and_a_relu():
    neuron, line = Neuron(2), Neuron(2, nonlin=False)
    for n in (neuron, line):
        n.w[0].data, n.w[1].data, n.b.data = 2.0, -3.0, 0.5
    for x in ([1.0, 2.0], [2.0, 1.0]):
        z = 2 * x[0] - 3 * x[1] + 0.5
        assert (line(x).data, neuron(x).data) == (z, max(0.0, z))


def test_the_gradient_of_a_neuron():
    neuron = Neuron(2, nonlin=False)
    x = [Value(3.0), Value(-2.0)]
    neuron(x).backward()
    assert [p.grad for p in neuron.parameters()] == [3.0, -2.0, 1.0]
    assert [v.grad for v in x] == [w.data for w in neuron.w]


def test_weights_are_drawn_by_the_random_module_one_neuron_after_the_other():
    random.seed(1337)
    expected = [random.uniform(-1, 1) for _ in range(2 * 3 + 3 * 1)]
    random.seed(1337)
    model = MLP(2, [3, 1])
    weights = [w.data for layer in model.layers for neuron in layer.neurons for w in neuron.w]
    assert weights == expected
    assert [neuron.b.data for layer in model.layers for neuron in layer.neurons] == [0.0] * 4


def test_relu_in_all_layers_but_the_last():
    model = MLP(2, [3, 4, 2])
    assert [[n.nonlin for n in layer.neurons] for layer in model.layers] == [[True] * 3, [True] * 4, [False] * 2]
    assert len(model.parameters()) == 3 * 3 + 4 * 4 + 5 * 2


def test_repr():
    assert repr(Neuron(2)) == "Neuron(2, relu)"
    assert repr(Neuron(3, nonlin=False)) == "Neuron(3, identity)"
    assert repr(Neuron(activation=Value.tanh)) == "Neuron(None, tanh)"
    assert repr(Layer(1, 2)) == "Layer(1, 2, relu)"
    assert repr(Layer(None, 2, activation="softmax")) == "Layer(None, 2, softmax)"
    assert repr(MLP(1, [1])) == "MLP(\n  (layers): [\n    (0): Layer(1, 1, identity)\n  ]\n)"


def test_layers_give_lists_and_a_model_with_one_output_a_value():
    assert [len(Layer(2, n)([1.0, 2.0])) for n in (1, 3)] == [1, 3]
    assert isinstance(MLP(2, [3, 1])([1.0, 2.0]), Value)
    assert len(MLP(2, [3, 2])([1.0, 2.0])) == 2


def test_a_hidden_layer_of_one_neuron():
    random.seed(1)
    model = MLP(2, [1, 1, 2])
    outputs = model([1.0, 2.0])
    (outputs[0] + outputs[1]).backward()
    assert len(outputs) == 2


def test_any_numbers_are_inputs():
    random.seed(3)
    model = MLP(2, [4, 1])
    expected = model([1.5, -2.0]).data
    for x in (
        (1.5, -2.0),
        [Value(1.5), Value(-2.0)],
        [Value(1.5), -2],
        np.array([1.5, -2.0]),
        np.array([1.5, -2.0], np.float32),
        np.array([Value(1.5), Value(-2.0)]),
    ):
        assert model(x).data == expected


@pytest.mark.parametrize("x", [[], [1.0], [1.0, 2.0, 3.0], np.zeros(4)])
def test_a_wrong_number_of_inputs(x):
    with pytest.raises(ValueError, match=rf"^Neuron\(2, relu\) expected 2 inputs, got {len(x)}$"):
        Neuron(2)(x)
    where = r"^layers.0.neurons.0, a Neuron\(2, relu\),"
    with pytest.raises(ValueError, match=rf"{where} expected 2 inputs, got {len(x)}$"):
        MLP(2, [3, 1])(x)
    second = Sequential(Layer(2, 3), Layer(2, 1))
    with pytest.raises(ValueError, match=r"^layers.1.neurons.0, a Neuron\(2, relu\), expected 2 inputs, got 3$"):
        second([1.0, 2.0])


def test_one_number_for_several_inputs():
    with pytest.raises(ValueError, match=r"^Neuron\(2, relu\) expected 2 inputs, got one number: 3\.0$"):
        Neuron(2)(3.0)


def test_inputs_that_are_no_sequence_of_numbers():
    with pytest.raises(TypeError, match=r"expected 1 input in a sequence, got generator"):
        Neuron(1)(x for x in [1.0, 2.0])
    for neuron in (Neuron(2), Neuron()):
        with pytest.raises(TypeError, match="must be one number"):
            neuron(["a", "b"])


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
@pytest.mark.parametrize("nin", [2, None])
def test_a_batch_is_refused_with_what_to_write(rows, nin):
    X = np.ones((rows, 2))
    message = r"^layers\.0\S*, a .*, one sample at a time: \[model\(x\) for x in X\]; got "
    for model in (MLP(nin, [3, 1]), MLP(nin, [1]), Sequential(Layer(nin, 1), Neuron(1))):
        with pytest.raises(ValueError, match=message + rf"an array of shape \({rows}, 2\)$"):
            model(X)
        with pytest.raises(ValueError, match=message + rf"{rows} rows$"):
            model(X.tolist())
        with pytest.raises(ValueError, match=message + rf"{rows} rows$"):
            model(list(X))
        model(X[0])
    with pytest.raises(ValueError, match=r"^Layer\(2, 3, relu\) expected 2 inputs, one sample at a time"):
        Layer(2, 3)(X.T)


@pytest.mark.parametrize("size", [0, -1, True])
def test_sizes_must_be_positive(size):
    for make in (
        lambda: Neuron(size),
        lambda: Layer(2, size),
        lambda: Layer(size, 2),
        lambda: MLP(2, [3, size]),
        lambda: MLP(size, [1]),
    ):
        with pytest.raises(ValueError, match=f"must be a positive whole number, got {size}"):
            make()


@pytest.mark.parametrize("size", [2.0, "2", None, [2]])
def test_sizes_must_be_whole_numbers(size):
    for make in (
        lambda: Neuron(size or 1.0),
        lambda: Layer(2, size),
        lambda: MLP(2, [3, size]),
        lambda: MLP(2, [size, 3]),
    ):
        with pytest.raises(TypeError, match=r"must be a positive whole number, got (float|str|NoneType|list)"):
            make()


@pytest.mark.parametrize("nin", [2, None])
@pytest.mark.parametrize("x", [["a", "b"], "ab", [None, 1.0], [1j, 2.0]])
def test_inputs_that_are_no_numbers_name_the_place(nin, x):
    place = r"layers\.0\.neurons\.0, a Neuron\(2, relu\)," if nin else r"layers\.0, a Layer\(None, 3, relu\),"
    with pytest.raises(TypeError, match=rf"^{place} takes numbers: an element .* must be one number .*, got \w+: "):
        MLP(nin, [3, 1])(x)


def test_a_model_needs_layers():
    with pytest.raises(ValueError, match="at least one layer"):
        MLP(2, [])
    with pytest.raises(TypeError, match="nouts must be a sequence of sizes"):
        MLP(2, 16)


def test_sizes_of_numpy():
    assert len(MLP(np.int64(2), np.array([3, 1])).parameters()) == 13


# Activations


@pytest.mark.parametrize("name", sorted(set(ACTIVATIONS) - OF_A_LAYER))
def test_activations_by_name(name):
    function = ACTIVATIONS[name]
    for z in (-1.5, -0.25, 0.75):
        for activation in (name, function):
            neuron = Neuron(w=[z], b=0.0, activation=activation)
            assert neuron([1.0]).data == function(z)
            assert neuron.activation == name
    x = Value(0.75)
    function(x).backward()
    neuron = Neuron(w=[1.0], activation=name)
    neuron([0.75]).backward()
    assert neuron.w[0].grad == 0.75 * x.grad
    assert repr(Layer(2, 3, activation=function)) == f"Layer(2, 3, {name})"


@pytest.mark.parametrize("name", sorted(OF_A_LAYER))
def test_activations_of_a_whole_layer(name):
    for activation in (name, ACTIVATIONS[name]):
        layer = Layer(2, 3, activation=activation, rng=1)
        linear = Layer(2, 3, activation="identity", rng=1)
        assert layer.activation == name
        assert [n.activation for n in layer.neurons] == ["identity"] * 3
        outputs = layer([1.0, -2.0])
        assert [p.data for p in outputs] == [p.data for p in ACTIVATIONS[name](linear([1.0, -2.0]))]
        assert sum(p.data if name == "softmax" else math.exp(p.data) for p in outputs) == pytest.approx(1.0)
    with pytest.raises(ValueError, match=f"{name} takes the outputs of a whole layer: give it to a Layer"):
        Neuron(2, activation=name)


def test_an_activation_of_ones_own():
    def cube(z):
        return z**3

    neuron = Neuron(w=[2.0], activation=cube)
    assert neuron([1.5]).data == 27.0
    assert (neuron.activation, repr(neuron), neuron.nonlin) == (cube, "Neuron(1, cube)", True)


def test_an_activation_is_fixed():
    for part in (Neuron(2), Layer(2, 2)):
        with pytest.raises(AttributeError, match="activation"):
            part.activation = "tanh"


def test_unknown_activations_and_initialisers():
    for make in (Neuron, lambda **options: Layer(2, 2, **options), lambda **options: MLP(2, [2], **options)):
        with pytest.raises(ValueError, match=r"init must be .* xavier_uniform.*, got 'magic'"):
            make(init="magic")
    for make in (
        lambda: Neuron(activation="relo"),
        lambda: Layer(2, 2, activation="relo"),
        lambda: MLP(2, [2], output="relo"),
    ):
        with pytest.raises(ValueError, match="there is no activation 'relo'; the activations are identity, step"):
            make()
    with pytest.raises(ValueError, match=r"init=lambda shape, rng: nn\.init\.constant\(shape, 0\.5\)"):
        Neuron(2, init="constant")


def test_activations_of_a_network():
    model = MLP(2, [3, 4, 2], activation="tanh", output="log_softmax")
    assert [layer.activation for layer in model.layers] == ["tanh", "tanh", "log_softmax"]
    assert sum(math.exp(p.data) for p in model([1.0, 2.0])) == pytest.approx(1.0)


# What weights start from


def numbers(module):
    return [[w.data for w in neuron.w] for neuron in module.neurons]


@pytest.mark.parametrize("name", INITIALISERS)
def test_initialisers_by_name_draw_the_whole_layer(name):
    expected = INITIALISERS[name]((4, 3), np.random.default_rng(7)).tolist()
    assert numbers(Layer(3, 4, init=name, rng=7)) == expected
    assert numbers(Layer(3, 4, init=name, rng=np.random.default_rng(7))) == expected
    lazy = Layer(None, 4, init=name, rng=7)
    lazy([1.0, 2.0, 3.0])
    assert numbers(lazy) == expected
    assert [[n.b.data for n in layer.neurons] for layer in (lazy,)] == [[0.0] * 4]
    assert [w.data for w in Neuron(3, init=name, rng=7).w] == INITIALISERS[name]((1, 3), 7)[0].tolist()


def test_a_generator_without_an_initialiser():
    expected = np.random.default_rng(3).uniform(-1, 1, (4, 2)).tolist()
    assert numbers(Layer(2, 4, rng=3)) == expected


def test_an_initialiser_without_a_generator_is_seeded_by_random():
    def drawn():
        random.seed(5)
        return [numbers(layer) for layer in MLP(2, [3, 3], init="kaiming_normal").layers]

    assert drawn() == drawn()
    assert drawn()[0] != drawn()[1][:2]


def test_one_generator_draws_all_layers():
    model = MLP(3, [3, 3], init="normal", rng=1)
    rng = np.random.default_rng(1)
    assert [numbers(layer) for layer in model.layers] == [rng.normal(size=(3, 3)).tolist() for _ in range(2)]


def test_an_initialiser_of_ones_own():
    layer = Layer(2, 3, init=lambda shape, rng: constant(shape, 0.5))
    assert numbers(layer) == [[0.5, 0.5]] * 3
    gain = Layer(2, 3, init=lambda shape, rng: xavier_normal(shape, rng, gain=5 / 3), rng=2)
    assert numbers(gain) == xavier_normal((3, 2), 2, gain=5 / 3).tolist()
    with pytest.raises(ValueError, match=r"expected an array of shape \(3, 2\), got \(2, 3\)"):
        Layer(2, 3, init=lambda shape, rng: np.zeros(shape[::-1]))


def test_given_weights_are_kept():
    w, b = [Value(2.0), Value(3.0)], Value(-1.0)
    random.seed(1)
    state = random.getstate()
    neuron = Neuron(w=w, b=b, activation="identity")
    assert random.getstate() == state
    assert [mine is theirs for mine, theirs in zip([*neuron.w, neuron.b], [*w, b], strict=True)] == [True] * 3
    assert (neuron.nin, neuron([1.0, 1.0]).data) == (2, 4.0)
    assert Neuron(2, w=np.array([1.0, 2.0]), b=1).state_dict() == {"w.0": 1.0, "w.1": 2.0, "b": 1.0}
    assert Neuron(w=2.0, b=1.0)(3.0).data == 7.0
    only_b = Neuron(b=b)
    only_b([1.0, 2.0, 3.0])
    assert only_b.b is b
    assert len(only_b.w) == 3


def test_a_computed_weight_is_used_and_is_no_parameter():
    s = Value(2.0)
    neuron = Neuron(w=[s * 3], b=0.0, activation="identity")
    neuron([5.0]).backward()
    assert s.grad == 15.0
    assert [name for name, _ in neuron.named_parameters()] == ["b"]


@pytest.mark.parametrize(("nin", "w"), [(2, [1.0]), (2, []), (None, []), (1, [1.0, 2.0])])
def test_given_weights_of_another_number(nin, w):
    with pytest.raises(ValueError, match=rf"expected {nin or 1} weights, got {len(w)}"):
        Neuron(nin, w=w)


# A number, and column vectors


@pytest.mark.parametrize("x", [3.0, 3, Value(3.0), np.float32(3.0), np.array(3.0), np.int64(3)])
def test_a_lone_number(x):
    assert Neuron(w=[2.0], b=1.0)(x).data == 7.0
    lazy = Neuron(activation="identity")
    assert lazy(x).data == 3.0 * lazy.w[0].data
    assert lazy.nin == 1
    assert len(Layer(1, 4)(x)) == 4
    assert isinstance(MLP(None, [2, 1])(x), Value)


def test_a_lone_number_passes_its_gradient():
    x = Value(3.0)
    Neuron(w=[2.0])(x).backward()
    assert x.grad == 2.0


@pytest.mark.parametrize("nin", [2, None])
def test_a_matrix_of_column_vectors(nin):
    X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    neuron = Neuron(nin, activation="tanh")
    answer = neuron(X)
    assert (answer.shape, answer.dtype, neuron.nin) == ((3, 1), object, 2)
    assert [[y.data] for y in map(neuron, X.T)] == [[y.data] for y in answer[:, 0]]
    autograd.sum(answer[:, 0].tolist()).backward()
    by_matrix = [p.grad for p in neuron.parameters()]
    neuron.zero_grad()
    autograd.sum([neuron(x) for x in X.T]).backward()
    assert by_matrix == [p.grad for p in neuron.parameters()]
    assert neuron(np.empty((2, 0))).shape == (0, 1)
    assert neuron(np.array([[Value(1.0)], [Value(2.0)]])).shape == (1, 1)


def test_a_matrix_of_the_wrong_height():
    with pytest.raises(ValueError, match=r"^Neuron\(2, relu\) expected 2 inputs, .*; got an array of shape \(3, 2\)$"):
        Neuron(2)(np.zeros((3, 2)))
    with pytest.raises(ValueError, match=r"got an array of shape \(2, 2, 2\)"):
        Neuron(2)(np.zeros((2, 2, 2)))


# Sizes seen at the first input


def test_a_lazy_neuron_draws_its_weights_once():
    random.seed(11)
    expected = [random.uniform(-1, 1) for _ in range(3)]
    neuron = Neuron()
    assert neuron.nin is None
    random.seed(11)
    first = neuron([1.0, 2.0, 3.0])
    weights = list(neuron.w)
    assert [w.data for w in weights] == expected
    assert neuron([1.0, 2.0, 3.0]).data == first.data
    assert all(mine is before for mine, before in zip(neuron.w, weights, strict=True))
    with pytest.raises(ValueError, match="expected 3 inputs, got 2"):
        neuron([1.0, 2.0])
    assert [name for name, _ in neuron.named_parameters()] == ["w.0", "w.1", "w.2", "b"]


def test_a_lazy_layer_draws_as_a_sized_one():
    random.seed(12)
    sized = Layer(2, 3)
    random.seed(12)
    lazy = Layer(None, 3)
    assert (lazy.nin, lazy.nout) == (None, 3)
    lazy((1.0, 2.0))
    assert numbers(lazy) == numbers(sized)
    assert lazy.state_dict() == sized.state_dict()
    assert repr(lazy) == "Layer(2, 3, relu)"


def test_lazy_models_find_their_sizes():
    for model in (MLP(None, [3, 1]), Sequential(Layer(None, 3), Layer(None, 1), Neuron())):
        with no_grad():
            model([1.0, 2.0])
        assert len(model.parameters()) == (13 if isinstance(model, MLP) else 15)


@pytest.mark.parametrize("x", [[], ["a"], [[1.0], [2.0]], np.empty((0, 3)), iter([1.0])])
def test_a_wrong_first_input_sizes_nothing(x):
    for model in (Neuron(), MLP(None, [3, 1])):
        with pytest.raises((TypeError, ValueError), match=r"expected some inputs|must be one number"):
            model(x)
        with pytest.raises(ValueError, match="no parameters yet"):
            model.parameters()
        model([1.0, 2.0])
        assert model.num_parameters() == (3 if isinstance(model, Neuron) else 13)


def test_a_wrong_first_input_names_the_place():
    with pytest.raises(ValueError, match=r"^layers.0, a Layer\(None, 3, relu\), expected some inputs, got 0$"):
        MLP(None, [3, 1])([])


def test_a_model_that_waits_has_no_parameters_yet():
    with pytest.raises(ValueError, match=r"^layers.0, a Layer\(None, 3, relu\), has no parameters yet: call the model"):
        MLP(None, [3, 1]).parameters()
    with pytest.raises(ValueError, match=r"^Neuron\(None, relu\) has no parameters yet: call .* the number of inputs$"):
        Neuron().state_dict()


def test_a_neuron_of_a_lazy_layer_that_was_called_alone_keeps_its_weights():
    layer = Layer(None, 2)
    layer.neurons[0]([1.0, 2.0])
    weights = list(layer.neurons[0].w)
    layer([1.0, 2.0])
    assert all(mine is before for mine, before in zip(layer.neurons[0].w, weights, strict=True))
    assert layer.num_parameters() == 6


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
@pytest.mark.parametrize("seen", [False, True])
def test_copies_of_lazy_models_and_of_every_activation(copied, seen):
    layers = [Layer(None, 2, activation=name, init="normal", rng=1) for name in ACTIVATIONS]
    model = Sequential(*layers, Layer(None, 2, activation=abs, rng=1), Neuron(rng=2))
    if seen:
        model([1.0, 2.0])
    other = copied(model)
    assert repr(other) == repr(model)
    assert other([1.0, 2.0]).data == model([1.0, 2.0]).data
    assert other.state_dict() == model.state_dict()
    assert not set(other.parameters()) & set(model.parameters())


def test_a_local_function_that_drew_the_weights_is_forgotten():
    def ones(shape, rng):
        return np.ones(shape)

    for model in (MLP(None, [2], init=ones), Neuron(init=ones)):
        model([1.0, 2.0])
        assert pickle.loads(pickle.dumps(model)).state_dict() == model.state_dict()
