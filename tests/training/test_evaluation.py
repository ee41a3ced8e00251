import math
from dataclasses import replace

import numpy as np
import pytest

from netmend.core.errors import SubjectError, UsageError
from netmend.training.evaluation import choose_metric, score, split_rows, trivial_score, whole_score
from netmend.training.metrics._base import metric_named
from netmend.training.trace import Epoch, Evaluation, Trace


def trace(folder, y_true, y_pred, name="run", logits=False, loss="custom"):
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    hashes = np.random.default_rng(0).integers(0, 2**32, len(y_true), dtype=np.uint32)
    np.savez(folder / f"{name}.npz", y_true=y_true, y_pred=y_pred, row_hash=hashes)
    evaluation = Evaluation("evaluate", folder / f"{name}.npz", len(y_true), logits)
    return Trace("keras", "jax", 0, loss=loss, evaluation=evaluation)


def digits(folder, wrong=()):
    labels = np.arange(60) % 3
    outputs = np.eye(3)[labels]
    outputs[list(wrong)] = np.roll(outputs[list(wrong)], 1, axis=1)
    return trace(folder, labels, outputs)


def test_classes_are_judged_by_accuracy_and_the_sentence_names_the_majority_share(tmp_path):
    metric, why = choose_metric([digits(tmp_path)])
    assert metric.name == "accuracy"
    assert "33%" in why


def test_a_very_common_class_calls_for_balanced_accuracy(tmp_path):
    labels = (np.arange(100) < 9).astype(float)
    metric, why = choose_metric([trace(tmp_path, labels, labels)])
    assert metric.name == "balanced-accuracy"
    assert "91%" in why


def test_numbers_are_judged_by_mean_absolute_error(tmp_path):
    targets = np.linspace(0.5, 9, 30)
    metric, why = choose_metric([trace(tmp_path, targets, targets)])
    assert metric.name == "mean-absolute-error"
    assert "not whole numbers" in why


def test_a_metric_that_the_program_reports_comes_first(tmp_path):
    targets = np.linspace(0.5, 9, 30)
    reporting = replace(
        trace(tmp_path, targets, targets), epochs=(Epoch(1, {"loss": 1.0, "accuracy": 0.0, "val_mse": 1.0}),)
    )
    metric, why = choose_metric([reporting])
    assert metric.name == "mean-squared-error"
    assert "'mse'" in why


def test_the_user_may_ask_for_a_metric(tmp_path):
    metric, why = choose_metric([digits(tmp_path)], "f1_macro")
    assert (metric.name, why) == ("f1", "f1 was asked for.")


def test_a_metric_that_cannot_compare_the_data_is_refused(tmp_path):
    with pytest.raises(UsageError, match="mean-absolute-error needs one number"):
        choose_metric([digits(tmp_path)], "mae")
    targets = np.linspace(0.5, 9, 30)
    with pytest.raises(UsageError, match="accuracy needs labels that are classes"):
        choose_metric([trace(tmp_path, targets, targets)], "acc")


def test_an_unknown_metric_is_refused_before_anything_else():
    with pytest.raises(UsageError, match="no metric called"):
        choose_metric([], "acuracy")


def test_a_program_without_evaluation_gets_an_error_that_says_how_to_expose_one(tmp_path):
    blind = replace(digits(tmp_path), evaluation=None)
    with pytest.raises(SubjectError, match="no metric can be measured") as raised:
        choose_metric([blind])
    assert "validation_data" in raised.value.hint
    with pytest.raises(SubjectError, match="cannot be scored"):
        score(blind, metric_named("acc"), split_rows([digits(tmp_path).evaluation]))


def test_a_score_counts_the_rows_of_each_half(tmp_path):
    run = digits(tmp_path)
    split = split_rows([run.evaluation])
    wrong = np.flatnonzero(split.search(run.evaluation))[:6]
    scores = score(digits(tmp_path, wrong), metric_named("accuracy"), split)
    assert (scores.rows_search, scores.rows_report) == (30, 30)
    assert scores.search == pytest.approx(24 / 30)
    assert scores.report == 1.0
    labels = np.arange(60) % 3
    halves = [labels[split.search(run.evaluation)], labels[split.report(run.evaluation)]]
    expected = [max(np.bincount(half)) / len(half) for half in halves]
    assert [scores.trivial_search, scores.trivial_report] == pytest.approx(expected)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_prediction_that_is_not_finite_makes_a_failed_run(tmp_path, bad):
    labels = np.arange(60) % 3
    outputs = np.eye(3)[labels]
    outputs[7, 1] = bad
    run = trace(tmp_path, labels, outputs)
    scores = score(run, metric_named("accuracy"), split_rows([run.evaluation]))
    assert scores.search is None and scores.report is None
    assert scores.trivial_search > 0


def test_an_error_that_overflows_makes_a_failed_run(tmp_path):
    run = trace(tmp_path, np.linspace(0.5, 9, 30), np.full(30, 1e200))
    scores = score(run, metric_named("mse"), split_rows([run.evaluation]))
    assert scores.search is None


def test_predictions_that_do_not_fit_the_labels_make_a_failed_run(tmp_path):
    run = trace(tmp_path, np.linspace(0.5, 9, 30), np.zeros((30, 2)))
    scores = score(run, metric_named("mae"), split_rows([run.evaluation]))
    assert scores.report is None and scores.trivial_report > 0


def test_logits_are_cut_at_zero(tmp_path):
    labels = np.arange(40) % 2
    run = trace(tmp_path, labels, np.where(labels == 1, 0.2, -0.2)[:, None], logits=True)
    scores = score(run, metric_named("acc"), split_rows([run.evaluation]))
    assert (scores.search, scores.report) == (1.0, 1.0)


@pytest.mark.parametrize(("name", "expected"), [("mae", 5 / 4), ("mse", 59 / 16), ("r2", 0.0)])
def test_the_trivial_predictor_answers_the_constant_that_suits_the_metric(name, expected):
    targets = np.array([0.0, 1.0, 1.0, 5.0])  # median 1, mean 7/4
    assert trivial_score(metric_named(name), targets) == pytest.approx(expected)


def test_no_constant_does_better_than_the_trivial_predictor():
    targets = np.random.default_rng(0).exponential(size=25)
    for name in ("mae", "mse", "rmse"):
        metric = metric_named(name)
        others = [metric.compute(targets, np.full(25, constant)) for constant in np.linspace(0, 5, 501)]
        assert trivial_score(metric, targets) <= min(others) + 1e-12


def test_the_trivial_predictor_of_classes_scores_the_majority_share_or_one_over_the_classes():
    labels = np.array([0, 0, 0, 1, 2])
    assert trivial_score(metric_named("acc"), labels) == pytest.approx(3 / 5)
    assert trivial_score(metric_named("balanced_accuracy"), labels) == pytest.approx(1 / 3)


def test_several_columns_have_a_constant_each():
    labels = np.array([[0, 1], [0, 1], [1, 1]])
    assert trivial_score(metric_named("acc"), labels) == pytest.approx(5 / 6)


def test_all_rows_together_score_as_the_rows_of_both_halves_do(tmp_path):
    run = digits(tmp_path, wrong=(3, 4, 50))
    accuracy = metric_named("accuracy")
    halves = score(run, accuracy, split_rows([run.evaluation]))
    right = halves.search * halves.rows_search + halves.report * halves.rows_report
    assert whole_score(run, accuracy) == pytest.approx(right / 60) == pytest.approx(57 / 60)


def test_of_a_failed_run_there_is_no_score_of_all_rows(tmp_path):
    accuracy = metric_named("accuracy")
    assert whole_score(trace(tmp_path, [0, 1, 0, 1], np.full((4, 2), math.nan)), accuracy) is None
    with pytest.raises(SubjectError):
        whole_score(replace(digits(tmp_path), evaluation=None), accuracy)


@pytest.mark.parametrize(("name", "shift"), [("accuracy", 0.0), ("mean-absolute-error", 0.5), ("r2", 0.5)])
def test_a_metric_over_sequences_is_that_over_the_positions_that_count(tmp_path, name, shift):
    chance = np.random.default_rng(0)
    y_true, counted = chance.integers(0, 3, (40, 5)) + shift, chance.random((40, 5)) < 0.7
    y_pred = chance.integers(0, 3, (40, 5)) + shift
    whole = trace(tmp_path, np.where(counted, y_true, 9.0), y_pred)
    with np.load(whole.evaluation.file) as file:
        arrays = dict(file)
    np.savez(whole.evaluation.file, counted=counted, **arrays)
    metric = metric_named(name)
    assert whole_score(whole, metric) == pytest.approx(metric.compute(y_true[counted], y_pred[counted]))
