"""How the torch probe finds labels and training rows among the variables of a program."""

import pytest

from netmend.training.probes.torch_probe.variables import labels_of, training_data

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

ROWS = torch.randn(30, 4, generator=torch.Generator().manual_seed(0))
CLASSES = torch.arange(30) % 3


def found(x, scope, target=CLASSES):
    return labels_of(x, target, scope)


@pytest.mark.parametrize(
    ("inputs", "labels"),
    [("X_test", "y_test"), ("xb", "yb"), ("inputs", "targets"), ("test_images", "test_labels"), ("data", "target")],
)
def test_names_that_pair_are_found_beside_others(inputs, labels):
    scope = {inputs: ROWS, labels: CLASSES, "other": CLASSES + 1, "another": CLASSES + 2}
    assert found(ROWS, scope) is not None
    assert torch.equal(found(ROWS, scope), CLASSES)


def test_labels_of_a_slice_are_the_same_slice_of_the_labels():
    scope = {"X_test": ROWS, "y_test": CLASSES}
    assert torch.equal(found(ROWS[5:12], scope), CLASSES[5:12])


def test_the_only_variable_that_fits_needs_no_name():
    assert torch.equal(found(ROWS, {"a": ROWS, "b": CLASSES, "c": CLASSES[:5]}), CLASSES)


def test_two_that_fit_without_a_name_are_none():
    assert found(ROWS, {"a": ROWS, "b": CLASSES, "c": CLASSES + 1}) is None


def test_outputs_of_a_model_are_no_labels():
    outputs = {"y_pred": CLASSES, "logits": CLASSES, "c": CLASSES.float().requires_grad_()}
    assert found(ROWS, {"X": ROWS, **outputs}) is None


def test_labels_are_of_the_kind_seen_in_training():
    scope = {"X": ROWS, "y": CLASSES.float(), "classes": CLASSES}
    assert torch.equal(found(ROWS, scope), CLASSES)
    assert found(ROWS, scope, target=CLASSES.float()).dtype == torch.float32


def test_arrays_of_numpy_are_known_by_their_values():
    scope = {"X_test": ROWS.double().numpy(), "y_test": CLASSES.numpy()}
    assert (found(ROWS.clone(), scope) == CLASSES.numpy()).all()


def test_a_variable_may_hold_steps_before_rows():
    steps = torch.randn(5, 30, 2, generator=torch.Generator().manual_seed(0))
    assert torch.equal(found(steps[:, 4:9].transpose(0, 1), {"X_test": steps, "y_test": CLASSES}), CLASSES[4:9])


def test_a_variable_that_only_has_the_same_shape_is_not_the_input():
    assert found(ROWS + 1, {"X_test": ROWS, "y_test": CLASSES}) is None


def test_the_training_data_of_a_batch_are_the_variable_it_was_cut_from():
    x_train, y_train, x_test = ROWS[:20], CLASSES[:20], ROWS[20:]
    rows, labels = training_data(x_train[3:8])
    assert rows == len(x_train) and torch.equal(labels, y_train)
    assert len(x_test) == 10


def test_a_shuffled_batch_is_of_the_longest_variable_of_its_shape_that_is_not_for_testing():
    features, x_test = ROWS.clone(), torch.cat([ROWS, ROWS])
    rows, _ = training_data(features[torch.tensor([7, 2, 9])])
    assert rows == 30 and len(x_test) == 60


def test_the_labels_may_be_in_the_caller():
    def predict(batch):
        return labels_of(batch, CLASSES)

    x_valid, y_valid = ROWS.clone(), CLASSES.clone()
    assert torch.equal(predict(x_valid), y_valid)
