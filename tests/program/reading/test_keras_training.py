import pytest

from netmend.program.reading import keras
from netmend.program.source import Program

HEAD = "import keras\nmodel = keras.Sequential()\n"


def found(text, *kinds):
    return [each for each in keras.read(Program.from_text(HEAD + text)) if each.kind in kinds]


@pytest.mark.parametrize(
    ("text", "trains"),
    [
        ("model.fit(x, y)\n", True),
        ("def train(net):\n    net.fit(x, y, epochs=3)\n", True),
        ("def train(net):\n    net.compile('sgd', 'mse')\n    net.fit(x, y)\n", True),
        ("class M(keras.Model): ...\nM().fit(x, y)\n", True),
        ("encoder.fit(x, y)\n", False),
        ("from sklearn.svm import SVC\nSVC().fit(x, y)\n", False),
        ("from sklearn.svm import SVC\ns = SVC()\ns.fit(x, y)\n", False),
    ],
)
def test_only_models_are_fitted(text, trains):
    assert [each.kind for each in found(text, "epochs")] == ["epochs"] * trains


def test_every_fit_has_its_own():
    elements = found("model.fit(x, y, epochs=1)\nmodel.fit(x, y, epochs=2)\n", "epochs")
    assert [each.value for each in elements] == [1, 2]


DATA = {
    "model.fit(data.batch(4))": 4,
    "model.fit(data.batch(batch_size=4).prefetch(1))": 4,
    "d = data.batch(4)\nmodel.fit(d)": 4,
    "model.fit(generator.flow(x, y, batch_size=4))": 4,
    "model.fit_generator(generator.flow(x, y, batch_size=4), steps_per_epoch=3)": 4,
    "model.fit(x, y, batch_size=None)": 32,
}


@pytest.mark.parametrize("text", DATA)
def test_the_batch_size_stands_where_batches_are_made(text):
    assert [each.value for each in found(text, "batch-size")] == [DATA[text]]


def test_a_step_count_leaves_no_batch_size_to_add():
    assert found("model.fit(x, y, steps_per_epoch=3)", "batch-size") == []


LOSSES = {
    "'MSE'": "mean_squared_error",
    "keras.losses.kl_divergence": "kullback_leibler_divergence",
    "keras.losses.KLDivergence()": "kullback_leibler_divergence",
    "keras.losses.BinaryCrossentropy(True)": "binary_crossentropy(from_logits)",
    "keras.losses.BinaryFocalCrossentropy(True)": "binary_focal_crossentropy",
    "keras.losses.BinaryCrossentropy(from_logits=unknown)": None,
    "lambda a, b: a": None,
}


@pytest.mark.parametrize("form", LOSSES)
def test_every_form_of_a_loss_has_its_canonical_name(form):
    (element,) = found(f"model.compile('sgd', {form})\n", "loss")
    assert (element.value, element.text) == (LOSSES[form], form)


def test_metrics_may_be_third_or_fourth():
    assert [each.value for each in found("model.compile('sgd', 'mse', ['mae'])\n", "metric")] == ["mean_absolute_error"]
    assert [each.value for each in found("model.compile('sgd', 'mse', None, ['mae'])\n", "metric")] == [
        "mean_absolute_error"
    ]
    assert [each.value for each in found("model.compile('sgd', 'mse', [0.5, 0.5])\n", "metric")] == ["none"]
