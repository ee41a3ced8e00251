import zlib

import numpy as np
import pytest

from netmend.core.errors import SubjectError
from netmend.training.row_split import FEWEST_ROWS, SplitBy, split_rows
from netmend.training.trace import Evaluation


def evaluation(folder, name, hashes):
    hashes = np.asarray(hashes, dtype=np.uint32)
    np.savez(folder / f"{name}.npz", y_true=np.zeros(len(hashes)), y_pred=np.zeros(len(hashes)), row_hash=hashes)
    return Evaluation("evaluate", folder / f"{name}.npz", len(hashes))


def contents(seed, rows):
    return np.random.default_rng(seed).integers(0, 2**32, rows, dtype=np.uint32)


def test_rows_that_are_the_same_in_every_run_are_halved_once(tmp_path):
    runs = [evaluation(tmp_path, str(run), contents(0, 101)) for run in range(3)]
    split = split_rows(runs)
    assert split.by is SplitBy.FIXED_ROWS
    assert split.search(runs[0]).sum() == 51
    assert np.array_equal(split.search(runs[0]), ~split.report(runs[0]))
    assert np.array_equal(split.search(runs[0]), split_rows(runs[:1]).search(runs[2]))


def test_copies_of_a_row_fall_on_one_side(tmp_path):
    hashes = np.concatenate([contents(0, 40)] * 3)
    split = split_rows([evaluation(tmp_path, "a", hashes)])
    sides = {content: set(split.side(hashes)[hashes == content]) for content in hashes}
    assert all(len(side) == 1 for side in sides.values())


def test_rows_drawn_anew_in_each_run_keep_their_side(tmp_path):
    pool = contents(1, 400)
    draws = [np.random.default_rng(seed).choice(pool, 100, replace=False) for seed in range(4)]
    split = split_rows([evaluation(tmp_path, str(i), draw) for i, draw in enumerate(draws)])
    assert split.by is SplitBy.CONTENT
    sides: dict[int, set[bool]] = {}
    for draw in draws:
        for content, side in zip(draw.tolist(), split.side(draw).tolist(), strict=True):
            sides.setdefault(content, set()).add(side)
    assert all(len(side) == 1 for side in sides.values())
    assert 160 < split.side(pool).sum() < 240  # within four standard deviations of a half


def test_consecutive_hashes_are_halved_too(tmp_path):
    split = split_rows([evaluation(tmp_path, "a", np.arange(1000)), evaluation(tmp_path, "b", np.arange(1000)[::-1])])
    assert 400 < split.side(2 * np.arange(1000)).sum() < 600  # plain parity would put all on one side


def test_shuffled_fixed_rows_keep_their_side(tmp_path):
    hashes = contents(2, 60)
    split = split_rows([evaluation(tmp_path, "a", hashes)])
    order = np.random.default_rng(0).permutation(60)
    later = evaluation(tmp_path, "b", hashes[order])
    assert np.array_equal(split.search(later), split.side(hashes)[order])


def test_a_part_of_the_fixed_rows_keeps_its_side(tmp_path):
    hashes = contents(2, 60)
    split = split_rows([evaluation(tmp_path, "a", hashes)])
    assert np.array_equal(split.side(hashes[10:40]), split.side(hashes)[10:40])


def test_transformed_rows_keep_the_side_of_their_position(tmp_path):
    split = split_rows([evaluation(tmp_path, "a", contents(3, 60))])
    assert np.array_equal(split.side(contents(4, 60)), split.side(contents(3, 60)))


def checksums(rows):
    """As the probes make them: of the bytes of each row as 32-bit floats."""
    return np.array([zlib.crc32(row.astype(np.float32).tobytes()) for row in rows], dtype=np.uint32)


def test_rows_that_a_patch_scales_keep_their_side(tmp_path):
    rows = np.random.default_rng(5).integers(0, 256, (80, 6))
    split = split_rows([evaluation(tmp_path, str(run), checksums(rows)) for run in range(2)])
    sides = split.side(checksums(rows))
    for scaled in (rows / 255, (rows - rows.mean(axis=0)) / rows.std(axis=0), rows - 1):
        assert not np.isin(checksums(scaled), checksums(rows)).any()
        assert np.array_equal(split.side(checksums(scaled)), sides)


def test_rows_drawn_anew_that_a_patch_divides_keep_their_side_among_its_runs(tmp_path):
    pool = np.random.default_rng(6).integers(0, 256, (300, 6))
    draws = [pool[np.random.default_rng(seed).choice(300, 120, replace=False)] for seed in range(4)]
    split = split_rows([evaluation(tmp_path, str(run), checksums(draw)) for run, draw in enumerate(draws)])
    assert split.by is SplitBy.CONTENT
    sides: dict[bytes, set[bool]] = {}
    for draw in draws:
        for row, side in zip(draw, split.side(checksums(draw / 255)).tolist(), strict=True):
            sides.setdefault(row.tobytes(), set()).add(side)
    assert all(len(side) == 1 for side in sides.values())
    assert 40 < split.side(checksums(draws[0] / 255)).sum() < 80  # within four standard deviations of a half


def test_few_different_inputs_are_split_by_position_with_a_warning(tmp_path):
    hashes = np.tile(np.arange(4), 50)
    split = split_rows([evaluation(tmp_path, "a", hashes)])
    assert split.by is SplitBy.POSITION
    assert "4 different inputs" in split.warnings[0]
    assert set(hashes[split.side(hashes)]) == set(hashes[~split.side(hashes)]) == {0, 1, 2, 3}


def test_few_rows_are_split_with_a_warning(tmp_path):
    split = split_rows([evaluation(tmp_path, "a", contents(0, 2 * FEWEST_ROWS))])
    assert "only 16 evaluation rows" in split.warnings[0]


def test_too_few_rows_are_refused_with_what_to_do(tmp_path):
    with pytest.raises(SubjectError, match="only 15 evaluation rows") as raised:
        split_rows([evaluation(tmp_path, "a", contents(0, 15))])
    assert "validation_data" in raised.value.hint


def test_no_rows_at_all_are_refused():
    with pytest.raises(SubjectError, match="no run has evaluation rows"):
        split_rows([])
