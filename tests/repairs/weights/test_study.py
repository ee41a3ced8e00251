"""A repair from files to files: everything or nothing is handed over."""

import hashlib
import re

import numpy as np
import pytest

from netmend.core.errors import UsageError
from netmend.core.exhibits import Table
from netmend.core.loop import Watcher
from netmend.core.records import Outcome
from netmend.network.load import load
from netmend.repairs.weights.certificate import validate
from netmend.repairs.weights.given import Options, read_subject
from netmend.repairs.weights.study import diagnose_network, exit_status, repair_network, report_facts
from netmend.report.document import document

pytest.importorskip("torch")
pytestmark = pytest.mark.torch


@pytest.fixture
def wrong_file(wrong, tmp_path):
    np.savez(tmp_path / "wrong.npz", x=wrong.inputs, y=wrong.requirement.labels)
    return tmp_path / "wrong.npz"


def repaired(mlp, options, tmp_path):
    return repair_network(mlp.path, options, tmp_path / "out", Watcher())


def test_a_repair_is_proved_written_and_valid(mlp, wrong_file, tmp_path):
    before = hashlib.sha256(mlp.path.read_bytes()).hexdigest()
    found = repaired(mlp, Options(wrong_file), tmp_path)
    assert found.repair.confirmed.verdict.outcome is Outcome.PROVED and exit_status(found) == 0
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        "certificate.json",
        "points.npz",
        "repaired.onnx",
    ]
    assert all(check.passed for check in validate(found.certificate))
    assert hashlib.sha256(mlp.path.read_bytes()).hexdigest() == before


@pytest.mark.parametrize("name", ["repaired.onnx", "repaired.onnx.data", "certificate.json", "points.npz"])
def test_a_folder_that_holds_a_result_is_refused_before_anything_is_done(mlp, wrong_file, tmp_path, name):
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_bytes(b"earlier")
    with pytest.raises(UsageError, match=f"already holds {name}"):
        repaired(mlp, Options(wrong_file), tmp_path)
    assert [each.name for each in out.iterdir()] == [name] and (out / name).read_bytes() == b"earlier"


def test_the_network_that_was_given_is_not_overwritten(mlp, wrong_file, wrong, tmp_path):
    first = repaired(mlp, Options(wrong_file), tmp_path).certificate.parent
    before = {each.name: each.read_bytes() for each in first.iterdir()}
    np.savez(tmp_path / "other.npz", x=wrong.inputs, y=(wrong.requirement.labels + 1) % 3)
    with pytest.raises(UsageError, match="nothing is overwritten"):
        repair_network(first / "repaired.onnx", Options(tmp_path / "other.npz"), first, Watcher())
    assert before == {each.name: each.read_bytes() for each in first.iterdir()}


def test_points_that_are_right_are_nothing_to_repair_and_nothing_is_written(mlp, points, tmp_path):
    np.savez(tmp_path / "right.npz", x=points, y=mlp.run(points).argmax(axis=1))
    found = repaired(mlp, Options(tmp_path / "right.npz"), tmp_path)
    assert found.repair.nothing_to_repair and exit_status(found) == 0 and found.certificate is None
    assert not (tmp_path / "out").exists()


def test_without_a_repair_the_reason_is_told_and_nothing_is_written(mlp, wrong_file, tmp_path):
    found = repaired(mlp, Options(wrong_file, memory=1e6), tmp_path)
    assert exit_status(found) == 1 and found.certificate is None and not (tmp_path / "out").exists()
    assert "fc0: not found: it needs about" in found.repair.ended


def test_a_repair_that_costs_too_much_is_called_harmful_with_loss_and_budget(mlp, wrong_file, points, tmp_path):
    near = np.concatenate([points[:2] + 1e-3 * step for step in range(10)])
    np.savez(tmp_path / "held.npz", x=near, y=mlp.run(near).argmax(axis=1))
    options = Options(wrong_file, held_out=tmp_path / "held.npz", harm=0.01)
    found = repaired(mlp, options, tmp_path)
    page = document(found.repair, status=1, basis="exact", **report_facts(found, options, tmp_path / "out"))
    assert page.conclusion.result == "harmful" and exit_status(found) == 1 and found.certificate is None
    for said in (page.conclusion.sentence, page.ended):
        assert re.search(r"on held-out inputs \d+\.\d\d% of accuracy is lost, and 1\.00% is allowed", said)
        assert "linearisation" not in said
    layers = next(each for each in page.exhibits if isinstance(each, Table) and "layer" in each.columns)
    assert any("harmful" in row[-1] for row in layers.rows)


def test_an_interruption_hands_over_nothing(mlp, wrong_file, tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("netmend.repairs.weights.layer_repair.check_points", interrupted)
    found = repaired(mlp, Options(wrong_file), tmp_path)
    assert found.repair.interrupted and exit_status(found) == 130 and not (tmp_path / "out").exists()


def test_an_interruption_while_writing_leaves_no_half_of_it(mlp, wrong_file, tmp_path, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("netmend.repairs.weights.certificate.write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        repaired(mlp, Options(wrong_file), tmp_path)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_second_repair_keeps_what_the_first_one_mended(mlp, wrong_file, wrong, tmp_path):
    first = repaired(mlp, Options(wrong_file), tmp_path)
    repaired_network = first.certificate.parent / "repaired.onnx"
    other = np.random.default_rng(8).normal(size=(2, 4)).astype(np.float32)
    labels = (load(repaired_network).run(other).argmax(axis=1) + 1) % 3
    np.savez(tmp_path / "other.npz", x=other, y=labels)
    options = Options(tmp_path / "other.npz", keep_certificates=(first.certificate,))
    second = repair_network(repaired_network, options, tmp_path / "second", Watcher())
    assert second.certificate is not None
    answers = load(second.certificate.parent / "repaired.onnx").run(wrong.inputs).argmax(axis=1)
    assert np.array_equal(answers, wrong.requirement.labels)
    assert [check.passed for check in validate(second.certificate) if check.name == "kept"] == [True]
    again = validate(first.certificate, network=second.certificate.parent / "repaired.onnx")
    assert [check.passed for check in again if check.name == "requirement"] == [True]
    with pytest.raises(UsageError, match="do not hold in this network"):
        read_subject(mlp.path, options)


def test_earlier_margins_are_kept_however_small_later_ones_are(mlp, points, tmp_path):
    """The points of the first repair win by 1; those of the later ones by the default of 0.001."""
    path, certificates = mlp.path, []
    for step, margin in enumerate((1.0, None, None)):
        chosen = points[2 * step : 2 * step + 2]
        np.savez(tmp_path / "set.npz", x=chosen, y=(load(path).run(chosen).argmax(axis=1) + 1) % 3)
        options = Options(tmp_path / "set.npz", margin=margin, keep_certificates=tuple(certificates[-1:]))
        certificates.append(repair_network(path, options, tmp_path / f"out{step}", Watcher()).certificate)
        path = certificates[-1].parent / "repaired.onnx"
    for earlier in certificates:
        checks = validate(earlier, network=path)
        assert all(check.passed for check in checks)
        different = [check.sentence for check in checks if check.name == "unchanged rest"]
        assert ("another network" in different[0]) == (earlier != certificates[-1])
    answers = np.sort(load(path).run(points[:2]), axis=1)
    assert np.all(answers[:, -1] - answers[:, -2] > 0.999)


def test_intervals_and_conditions_are_kept_from_repair_to_repair(mlp, points, tmp_path):
    path, certificates, now = mlp.path, [], mlp.run(points)
    wanted = [
        {"low": now[:1] + 0.1, "high": now[:1] + 0.5},
        {"low": now[1:2] - 0.5, "high": now[1:2] - 0.1},
        {"a": np.array([[1.0, -1.0, 0.0]]), "b": np.array([now[2, 0] - now[2, 1] + 0.2])},
        {"low": now[3:4] + 0.1, "high": now[3:4] + 0.5},
    ]
    for step, arrays in enumerate(wanted):
        np.savez(tmp_path / "set.npz", x=points[step : step + 1], **arrays)
        options = Options(tmp_path / "set.npz", layer="fc0", keep_certificates=tuple(certificates[-1:]))
        certificates.append(repair_network(path, options, tmp_path / f"out{step}", Watcher()).certificate)
        path = certificates[-1].parent / "repaired.onnx"
    assert all(check.passed for certificate in certificates for check in validate(certificate, network=path))
    answers = load(path).run(points)
    for at in (0, 1, 3):
        own = answers[at : at + 1]
        assert np.all(own >= wanted[at]["low"]) and np.all(own <= wanted[at]["high"])
    assert np.all(answers[2] @ wanted[2]["a"][0] >= wanted[2]["b"])


def test_a_diagnosis_ranks_layers_and_writes_nothing(mlp, wrong_file):
    found = diagnose_network(mlp.path, Options(wrong_file), Watcher())
    assert [suspect.named for suspect in found.diagnosis.suspects] == [True, False]
    assert found.repairer.analyses["size"].values["violated points"] == 2 and not found.repairer.attempts


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore:__array__ implementation")
def test_a_convolution_of_keras_is_repaired_and_written_back_as_keras_stores_it(tmp_path):
    pytest.importorskip("h5py")
    keras = keras_on_torch()
    keras.backend.clear_session()
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((6, 5, 2)),
            layers.Conv2D(4, (3, 2), strides=2, padding="same", activation="relu"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )
    model.save(tmp_path / "net.keras")
    inputs = np.random.default_rng(1).normal(size=(30, 6, 5, 2)).astype(np.float32)
    shares = np.sort(model.predict(inputs, verbose=0), axis=1)
    few = np.argsort(shares[:, -1] - shares[:, -2])[:2]
    wanted = np.argsort(model.predict(inputs[few], verbose=0), axis=1)[:, -2]
    np.savez(tmp_path / "set.npz", x=inputs[few], y=wanted)
    found = repair_network(
        tmp_path / "net.keras", Options(tmp_path / "set.npz", layer="conv2d"), tmp_path / "out", Watcher()
    )
    assert found.repair.confirmed.verdict.outcome is Outcome.PROVED
    mended = keras.models.load_model(tmp_path / "out" / "repaired.keras", compile=False)
    assert np.array_equal(mended.predict(inputs[few], verbose=0).argmax(axis=1), wanted)
    pairs = zip(mended.weights, model.weights, strict=True)
    changed = [own.path for own, old in pairs if not np.array_equal(values(own), values(old))]
    assert "conv2d/kernel" in changed


def keras_on_torch():
    import sys

    from netmend.network.backends.keras import _keras

    module = pytest.importorskip("keras") if "keras" in sys.modules else _keras()
    if module.backend.backend() != "torch":
        pytest.skip("Keras already runs on another backend in this process")
    return module


def values(weight):
    return weight.value.detach().numpy()


def test_fog_on_a_real_network_is_mended_and_proved(real, tmp_path):
    fog = np.load(real("mnist/mnist_fog_test.npz"))
    inputs = (fog["x_test"][:20].reshape(20, -1) / 255).astype(np.float32)
    np.savez(tmp_path / "fog.npz", x=inputs, y=fog["y_test"][:20])
    network, options = real("models/mnist_relu_3_100.onnx"), Options(tmp_path / "fog.npz", layer="1")
    found = repair_network(network, options, tmp_path / "out", Watcher())
    assert found.repair.confirmed.verdict.outcome is Outcome.PROVED
    assert all(check.passed for check in validate(found.certificate))
