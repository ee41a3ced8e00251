import pytest

from bench.weights.figures import draw

pytest.importorskip("matplotlib")


def test_every_subject_has_its_figures_and_every_method_its_curve(row, tmp_path):
    rows = [
        row(layer, 0.01 * layer, size=size, method=method)
        for layer in range(3)
        for size in (10, 100)
        for method in ("linearise-solve-verify", "aprnn")
    ]
    made = draw(tmp_path, "some", [*rows, row(0, "", shown="")])
    assert [path.name for path in made] == [f"some-net-{what}.svg" for what in ("depth", "drawdown", "seconds")]
    text = made[2].read_text()
    assert "aprnn, l2" in text and "linearise-solve-verify, l2" in text


def test_the_same_results_give_the_same_files(row, tmp_path):
    folders = [tmp_path / name for name in "ab"]
    for folder in folders:
        folder.mkdir()
    pictures = [draw(folder, "some", [row(0, 0.1), row(1, 0.2)]) for folder in folders]
    for one, other in zip(*pictures, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_figure_with_one_place_along_its_axis_is_left_out(row, tmp_path):
    (tmp_path / "some-net-depth.svg").write_text("of an earlier run")
    assert draw(tmp_path, "some", [row(2, 0.1)]) == [] and not list(tmp_path.iterdir())


def test_methods_are_compared_at_the_layer_that_they_would_choose(row):
    from bench.weights.figures import _best

    rows = [row(0, 0.5, choosing_drawdown=0.1), row(1, 0.2, choosing_drawdown=0.3), row(1, 0.9, method="aprnn")]
    assert [(each["method"], each["layer"]) for each in _best(rows)] == [
        ("linearise-solve-verify", "0"),
        ("aprnn", "1"),
    ]
