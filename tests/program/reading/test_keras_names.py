"""The tables of names are compared with the installed Keras."""

import inspect
import os

import pytest

from netmend.program.reading import keras_names as names

pytestmark = pytest.mark.keras
with pytest.MonkeyPatch.context() as environment:  # for the import alone: other tests start programs that choose
    environment.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "torch"))
    keras = pytest.importorskip("keras")


def parameters(function):
    found = [each for each in inspect.signature(function).parameters.values() if each.name != "self"]
    positional = [each.name for each in found if each.kind is each.POSITIONAL_OR_KEYWORD]
    return positional, {each.name: each.default for each in found}


# Classes Keras 3 renamed or dropped, and the repository's own preprocessing layers.
OLD_LAYERS = {"ThresholdedReLU"}


@pytest.mark.parametrize("name", names.LAYERS)
def test_slots_of_layers_are_where_keras_has_them(name):
    kind = names.LAYERS[name]
    positional, defaults = parameters(getattr(keras.layers, name).__init__)
    for slot in (kind.width, kind.activation, kind.initialiser, kind.regulariser):
        if slot is not None:
            assert positional[slot[1]] == slot[0]
    if kind.activation is not None:
        assert keras.activations.get(defaults["activation"]).__name__ == kind.activates
    if kind.initialiser is not None:
        default = type(keras.initializers.get(defaults[kind.initialiser[0]])).__name__
        assert names.initialiser(default) == kind.initial
    if kind.regulariser is not None:
        assert defaults[kind.regulariser[0]] is None


def test_weighted_layers_and_dropouts_exist():
    for name in names.WEIGHTED | names.DROPOUTS | set(names.ACTIVATION_LAYERS) - OLD_LAYERS:
        assert issubclass(getattr(keras.layers, name), keras.layers.Layer)
    for name in names.DROPOUTS:
        assert parameters(getattr(keras.layers, name).__init__)[0][0] == "rate"


def test_every_function_of_keras_activations_is_known():
    functions = {
        name
        for name, each in vars(keras.activations).items()
        if inspect.isfunction(each) and name not in {"get", "serialize", "deserialize"}
    }
    assert {names.activation(name) for name in functions} == names.ACTIVATIONS
    for name in names.ACTIVATIONS:
        assert keras.activations.get(name).__name__ == name


def test_every_initialiser_is_known_by_string_and_class():
    for name in names.INITIALISERS - {"constant"}:  # which must be given its value
        assert names.initialiser(type(keras.initializers.get(name)).__name__) == name


@pytest.mark.parametrize("name", names.LOSSES)
def test_losses_have_the_name_and_arguments_keras_gives_them(name):
    made = getattr(keras.losses, names.LOSSES[name])()
    assert keras.losses.get(name) is not None
    assert names.loss_key(names.loss(names.LOSSES[name])) == names.loss_key(names.loss(name)) == name
    takes = "from_logits" in inspect.signature(type(made).__init__).parameters
    assert takes == (name in names.LOGITS)
    if takes:
        assert (parameters(type(made).__init__)[0][0] == "from_logits") == ("focal" not in name)


def test_short_names_of_losses_mean_what_keras_means():
    for short, name in names.LOSS_ALIASES.items():
        if hasattr(keras.losses, short) or short in {"mse", "mae", "mape", "msle", "bce", "kld"}:
            assert keras.losses.get(short) is keras.losses.get(name)


def test_metrics_exist_and_their_strings_are_understood():
    for name in names.METRICS:
        assert issubclass(getattr(keras.metrics, names.METRICS[name]), keras.metrics.Metric)
        assert names.metric(names.METRICS[name]) == names.metric(name) == name
    for name in names.METRIC_STRINGS - {"accuracy"}:
        assert keras.metrics.get(name) is not None


@pytest.mark.parametrize("name", names.OPTIMISERS)
def test_optimisers_have_the_rate_and_arguments_of_keras(name):
    known = names.OPTIMISERS[name]
    positional, defaults = parameters(getattr(keras.optimizers, known.name).__init__)
    assert type(keras.optimizers.get(name)).__name__ == known.name
    assert positional[0] == "learning_rate"
    assert defaults["learning_rate"] == known.learning_rate
    assert known.accepts - {"lr"} <= set(defaults)
    assert {each for each in defaults if each != "kwargs"} - known.accepts <= {
        "l1_regularization_strength",
        "l2_regularization_strength",
        "l2_shrinkage_regularization_strength",
    }


def test_defaults_of_compile_and_fit():
    compiled = parameters(keras.Model.compile)
    assert compiled[0][:2] == ["optimizer", "loss"]
    assert compiled[0][3] == "metrics"
    assert compiled[1]["optimizer"] == names.DEFAULT_OPTIMISER
    fitted = parameters(keras.Model.fit)
    assert fitted[0][:4] == ["x", "y", "batch_size", "epochs"]
    assert fitted[1]["epochs"] == names.DEFAULT_EPOCHS


def test_factors_of_penalties():
    for name in ("l1", "l2"):
        assert getattr(keras.regularizers.get(name), name) == pytest.approx(names.DEFAULT_PENALTY)


@pytest.mark.parametrize(
    ("dotted", "name"),
    [
        ("tensorflow.keras.layers.Dense", "keras.layers.Dense"),
        ("tensorflow.nn.relu", "keras.activations.relu"),
        ("tensorflow.optimizers.Adam", "keras.optimizers.Adam"),
        ("tensorflow.compat.v1.keras.Model", "keras.Model"),
        ("keras", "keras"),
        ("keras_tuner.Tuner", ""),
        ("tensorflow.data.Dataset", ""),
    ],
)
def test_names_of_all_packages_are_brought_under_one_root(dotted, name):
    assert names.keras_name(dotted) == name


def test_layers_and_models_are_told_apart():
    assert names.layer_class("keras.layers.core.Dense") == "Dense"
    assert names.layer_class("keras.models.Dense") == "Dense"
    assert names.layer_class("keras.models.Sequential") == names.layer_class("keras.layers.Input") == ""
    assert names.model_class("tensorflow.keras.Sequential") == "Sequential"
    assert names.model_class("torch.nn.Sequential") == ""
