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
