import numpy as np
import pytest

from netmend.core.errors import SubjectError
from netmend.training.answers import Rows, answers, infer_task, load, same_evaluation, truth, which_count
from netmend.training.metrics._base import Task
from netmend.training.trace import Evaluation, Trace

C, R = Task.CLASSIFICATION, Task.REGRESSION


def rows(y_true, y_pred, logits=False):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    return Rows(y_true, y_pred, np.arange(len(y_true), dtype=np.uint32), logits)


def trace(loss="custom"):
    return Trace("torch", "torch", 0, loss=loss)


def written(folder, name, y_true, row_hash=None):
    y_true = np.asarray(y_true)
    row_hash = np.arange(len(y_true)) if row_hash is None else np.asarray(row_hash)
    file = folder / f"{name}.npz"
    np.savez(file, y_true=y_true, y_pred=y_true, row_hash=row_hash.astype(np.uint32))
    return Evaluation("evaluate", file, len(y_true))


@pytest.mark.parametrize(
    ("y_true", "y_pred", "loss", "task"),
    [
        (np.eye(3)[[0, 1, 2, 0]], np.zeros((4, 3)), "mean_squared_error", C),
        ([0, 1, 2, 5], np.zeros((4, 6)), "mean_squared_error", C),
        ([[0.0], [1.0], [1.0]], np.zeros((3, 1)), "mean_squared_error", C),
        ([-1.0, 1.0, 1.0], np.zeros((3, 1)), "custom", C),
        ([0, 1, 2], np.zeros((3, 1)), "sparse_categorical_crossentropy", C),
        (np.array([[0, 1, 1], [1, 0, 1]]), np.zeros((2, 3)), "binary_crossentropy", C),
        (np.array([[0, 3], [2, 1]]), np.zeros((2, 2, 4)), "custom", C),
        ([151.0, 75.0, 141.0], np.zeros((3, 1)), "mean_squared_error", R),
        ([0.5, 1.5, 2.0], np.zeros((3, 1)), "sparse_categorical_crossentropy", R),
        (np.array([[0.5, 1.0], [2.0, 1.0]]), np.zeros((2, 2)), "mean_absolute_error", R),
    ],
)
def test_the_task_follows_from_labels_outputs_and_loss(y_true, y_pred, loss, task):
    assert infer_task(trace(loss), rows(y_true, y_pred))[0] is task


def test_outputs_of_one_hot_labels_are_decided_by_the_largest():
    given = rows(np.eye(3)[[0, 2]], [[0.5, 0.2, 0.3], [-1.0, -3.0, -0.5]])
    assert truth(given, C).tolist() == [0, 2]
    assert answers(given, C).tolist() == [0, 2]


@pytest.mark.parametrize(
    ("y_true", "y_pred", "logits", "expected"),
    [
        ([0, 1, 1], [0.4, 0.6, 0.51], False, [0, 1, 1]),
        ([0, 1, 1], [0.4, 0.6, -0.1], True, [1, 1, 0]),
        ([-1, 1, 1], [-0.2, 0.1, 0.7], False, [-1, 1, 1]),
        ([1, 1, 1], [0.4, 0.6, 0.7], False, [0, 1, 1]),
        ([2, 4, 4], [2.9, 3.1, 9.0], False, [2, 4, 4]),
        ([0, 1, 2], [0.4, 2.6, 1.2], False, [0, 3, 1]),
    ],
)
def test_a_single_output_is_cut_between_the_two_labels(y_true, y_pred, logits, expected):
    for column in (np.array(y_pred), np.array(y_pred)[:, None]):
        assert answers(rows(y_true, column, logits), C).tolist() == expected


def test_two_outputs_for_labels_of_minus_one_and_one_are_numbered_by_order():
    assert answers(rows([-1, 1], [[0.9, 0.1], [0.2, 0.8]]), C).tolist() == [-1, 1]


def test_the_classes_of_images_are_found_in_the_second_axis():
    labels = np.random.default_rng(0).integers(0, 5, (2, 3, 4))
    outputs = np.moveaxis(np.eye(5)[labels], -1, 1)
    assert np.array_equal(answers(rows(labels, outputs), C), labels)


def test_columns_of_zero_and_one_are_each_cut():
    given = rows([[0, 1, 1], [1, 0, 0]], [[0.1, 0.9, 0.2], [0.7, 0.1, 0.8]])
    assert answers(given, C).tolist() == [[0, 1, 0], [1, 0, 1]]


def test_numbers_that_do_not_fit_the_labels_are_no_answers():
    assert answers(rows([0.5, 1.5, 2.0], np.zeros((3, 2))), R) is None
    assert answers(rows([0, 1, 2], np.zeros((3, 2, 2))), C) is None
    assert answers(rows([0.5, 1.5, 2.0], np.zeros(3)), C) is None


def test_a_single_target_column_is_the_same_as_none():
    assert answers(rows([0.5, 1.5], [[1.0], [2.0]]), R).tolist() == [1.0, 2.0]


def test_another_encoding_of_the_same_classes_is_the_same_evaluation(tmp_path):
    classes = np.array([0, 1, 2, 1, 0])
    whole, one_hot = written(tmp_path, "a", classes), written(tmp_path, "b", np.eye(3)[classes])
    signed, zero_one = written(tmp_path, "c", [-1, 1, 1]), written(tmp_path, "d", [0, 1, 1])
    assert same_evaluation(whole, one_hot, C)
    assert same_evaluation(signed, zero_one, C)


def test_changed_dropped_or_scaled_labels_are_another_evaluation(tmp_path):
    before = written(tmp_path, "before", [0, 1, 2, 1])
    assert not same_evaluation(before, written(tmp_path, "a", [0, 1, 2, 2]), C)
    assert not same_evaluation(before, written(tmp_path, "b", [0, 1, 2]), C)
    targets = written(tmp_path, "c", [100.5, 200.0, 50.0])
    assert not same_evaluation(targets, written(tmp_path, "d", [1.005, 2.0, 0.5]), R)
    assert same_evaluation(targets, written(tmp_path, "e", np.float32([100.5, 200.0, 50.0])), R)


def test_rows_in_another_order_are_matched_by_content(tmp_path):
    labels, hashes = np.array([3, 1, 2, 0]), np.array([30, 10, 20, 5])
    order = [2, 0, 3, 1]
    before = written(tmp_path, "before", labels, hashes)
    assert same_evaluation(before, written(tmp_path, "a", labels[order], hashes[order]), C)
    assert not same_evaluation(before, written(tmp_path, "b", labels, hashes[order]), C)


def test_transformed_rows_in_another_order_are_matched_as_a_collection(tmp_path):
    before = written(tmp_path, "before", [0.5, 1.5, 2.5], [1, 2, 3])
    assert same_evaluation(before, written(tmp_path, "a", [2.5, 0.5, 1.5], [7, 8, 9]), R)
    assert not same_evaluation(before, written(tmp_path, "b", [2.5, 0.5, 0.5], [7, 8, 9]), R)


def test_unreadable_predictions_are_an_error_with_their_file(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(SubjectError, match=r"bad\.npz"):
        load(Evaluation("evaluate", tmp_path / "bad.npz", 1))
    with pytest.raises(SubjectError, match=r"none\.npz"):
        load(Evaluation("evaluate", tmp_path / "none.npz", 1))


def test_predictions_that_are_fewer_than_the_labels_are_an_error(tmp_path):
    np.savez(tmp_path / "e.npz", y_true=np.zeros(3), y_pred=np.zeros(2), row_hash=np.zeros(3, np.uint32))
    with pytest.raises(SubjectError, match="2 predictions for 3 labels"):
        load(Evaluation("evaluate", tmp_path / "e.npz", 3))


def test_positions_that_do_not_count_are_seen_by_nothing(tmp_path):
    y_true, y_pred = np.array([[0, 2, -100], [1, -100, -100], [2, 1, 0]]), np.zeros((3, 3, 3))
    counted = y_true >= 0
    padded = Rows(y_true, y_pred, np.arange(3, dtype=np.uint32), False, counted)
    task, _ = infer_task(trace(), padded)
    labels = truth(padded, task)
    assert task is C and labels[which_count(labels)].tolist() == [0, 2, 1, 2, 1, 0]
    assert (answers(padded, C) == 0).all()  # column 0 is class 0, though the ignored labels are negative
    numbers = truth(Rows(y_true + 0.5, y_true, padded.row_hash, False, counted), R)
    assert numbers[which_count(numbers)].tolist() == [0.5, 2.5, 1.5, 2.5, 1.5, 0.5]
    np.savez(tmp_path / "a.npz", y_true=y_true, y_pred=y_pred, row_hash=padded.row_hash, counted=counted)
    assert (load(Evaluation("evaluate", tmp_path / "a.npz", 3)).counted == counted).all()
