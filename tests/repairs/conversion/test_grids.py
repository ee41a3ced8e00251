import numpy as np
import pytest

from netmend.network.graph import Graph, Node, Signature
from netmend.network.quantisation import Scheme
from netmend.repairs.conversion.grids import coarse, ends, noise, range_step, spread, step_of, stored

RANDOM = np.random.default_rng(0)
WEIGHT = RANDOM.standard_normal((8, 4, 3, 3)).astype(np.float32)


def graph(constants, nodes=(), quantisation=None):
    return Graph(tuple(nodes), constants, (Signature("x", (None, 4), "float32"),), (), 18, quantisation or {})


def test_ordinary_weights_lie_on_no_grid():
    assert step_of(WEIGHT) is None


def test_weights_rounded_to_eight_bits_lie_on_a_grid():
    scale = np.float32(np.abs(WEIGHT).max() / 127)
    np.testing.assert_allclose(step_of(np.round(WEIGHT / scale) * scale), scale, rtol=1e-4)


def test_each_channel_may_have_a_grid_of_its_own():
    scale = (np.abs(WEIGHT).max((1, 2, 3), keepdims=True) / 7).astype(np.float32)
    np.testing.assert_allclose(step_of(np.round(WEIGHT / scale) * scale), scale, rtol=1e-4)


def test_half_precision_is_a_grid_that_grows_with_the_numbers():
    step = step_of(WEIGHT.astype(np.float16).astype(np.float32))
    np.testing.assert_allclose(step, 2**-10 * np.abs(WEIGHT.astype(np.float16).astype(np.float64)))


def test_whole_numbers_and_few_numbers_are_no_grid():
    assert step_of(np.arange(100, dtype=np.float32)) is None
    assert step_of(np.array([0.5, 1.5], np.float32)) is None


def test_quantised_constants_have_the_step_of_their_scheme():
    scheme = Scheme(np.array([0.1, 0.2], np.float32), np.zeros(2, np.int64), "int8", 0)
    found = coarse(graph({"w": np.zeros((2, 9), np.int8)}, quantisation={"w": scheme}))
    np.testing.assert_allclose(found["w"], [[0.1], [0.2]])


def test_what_is_dequantised_from_a_constant_is_coarse():
    node = Node("dq", "DequantizeLinear", ("q", "s"), ("w",))
    found = coarse(graph({"q": np.zeros((4, 5), np.int8), "s": np.float32(0.25)}, [node]))
    np.testing.assert_allclose(found["w"], [0.25])


def test_numbers_of_the_source_are_exact_in_whatever_order():
    scale = np.float32(0.05)
    weight = np.round(WEIGHT / scale) * scale
    target = graph({"w": np.ascontiguousarray(weight.transpose(2, 3, 1, 0))})
    assert coarse(target) and not coarse(target, graph({"v": weight}))


def test_noise_is_within_half_a_step_and_repeatable():
    one, two = (noise({"w": np.array([0.5])}, {"w": (100,)}, 3)["w"] for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert np.abs(one).max() <= 0.25 and np.abs(one).max() > 0.2


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_numbers_of_half_precision_are_coarse_however_few_they_are(kind):
    import ml_dtypes

    few = np.array([0.1, -0.7, 3.3]).astype(getattr(ml_dtypes, kind, np.float16))
    cast = Node("c", "Cast", ("bias",), ("real",), {"to": 1})
    steps = coarse(graph({"bias": few, "one": few[0]}, [cast]))
    assert steps.keys() == {"bias", "real", "one"}
    shifts = noise(steps, {"bias": (3,), "one": ()}, 0)
    assert all(isinstance(each, np.ndarray) for each in shifts.values())
    assert (np.abs(shifts["bias"]) <= steps["bias"] / 2).all() and shifts["one"].shape == ()


def test_a_grid_ends_at_its_least_and_largest_code():
    scheme = Scheme(np.array([0.5], np.float32), np.array([10]), "uint8")
    low, high = ends(graph({}, quantisation={"a": scheme}), "a", 2)
    assert low.item() == -5 and high.item() == 122.5
    assert ends(graph({}), "a", 2) is None


@pytest.mark.parametrize(("outliers", "held"), [(1, True), (5, False)])
def test_few_outliers_are_cut_off_where_a_grid_ends_and_many_are_not(outliers, held):
    scheme = Scheme(np.array([0.1], np.float32), np.array([0]), "uint8")
    value = np.ones((2, 50))
    value[0, :outliers] = 30
    found = stored(graph({}, quantisation={"t": scheme}), "t", value)
    assert (found is not None) == held
    if held:
        assert found.max() == pytest.approx(25.5) and (found[1] == 1).all()


def test_a_tensor_on_no_grid_is_held_as_it_is():
    assert stored(graph({}), "t", WEIGHT) is WEIGHT


@pytest.mark.parametrize(
    ("zero", "top", "held"), [(120, 3.4, True), (120, 4.6, False), (0, -0.5, False), (120, -3.1, True)]
)
def test_a_pair_of_an_onnx_file_may_end_a_little_early_but_at_zero(zero, top, held):
    scheme = Scheme(np.array([0.02], np.float32), np.array([zero]), "uint8")
    value = np.linspace(-0.1 if zero == 0 else -2, 2, 50).reshape(2, 25)
    value[:, ::3] = top
    node = Node("d", "DequantizeLinear", ("q", "s", "z"), ("t",))
    found = stored(graph({}, [node], {"t": scheme}), "t", value)
    assert (found is not None) == held
    assert stored(graph({}, quantisation={"t": scheme}), "t", value) is None, "without a pair it is a wrong scale"


def test_scales_are_spread_over_an_axis_blocks_and_gates():
    assert spread(np.ones(1), (4, 2), {}).shape == (1,)
    assert spread(np.arange(4), (4, 2), {"axis": 0}).tolist() == [[0], [1], [2], [3]]
    assert spread(np.array([[1, 2], [3, 4]]), (3, 2), {"axis": 0, "block_size": 2}).tolist() == [[1, 2], [1, 2], [3, 4]]
    assert spread(np.ones((2, 8)), (2, 5, 8), {"axis": 2}).shape == (2, 1, 8)


def test_a_tensor_s_own_range_holds_zero_and_has_256_numbers():
    assert range_step(np.array([1.0, 2.55])) == pytest.approx(0.01)
    assert range_step(np.array([-5.1, -1.0])) == pytest.approx(0.02)
    assert range_step(np.array([-1.0, 4.1])) == pytest.approx(0.02)
