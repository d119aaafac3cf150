import numpy as np
import pytest

from phonosync.theory import InputError, load_device
from phonosync.theory.checked_file import check
from phonosync.theory.device import Device
from phonosync.theory.prediction import depends_on_field, predict


@pytest.fixture(scope="module")
def predictions():
    return {name: predict(load_device(name)) for name in ("ring", "hybrid", "reciprocal")}


def stable(predictions, name):
    return {(p.light, p.field): p for p in predictions[name] if p.stable}


def test_the_ring_synchronizes_for_one_direction_of_light(predictions):
    S_c = {light: p.S_c for (light, _), p in stable(predictions, "ring").items()}
    assert S_c == pytest.approx({+1: 0.6094, -1: 0.0359}, rel=5e-3)


def test_the_hybrid_synchronizes_for_one_combination_of_light_and_field(predictions):
    S_c = {direction: p.S_c for direction, p in stable(predictions, "hybrid").items()}
    expected = {(+1, +1): 0.5896, (+1, -1): 0.2145, (-1, +1): 0.1957, (-1, -1): 0.2145}
    assert S_c == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize("name", ["ring", "hybrid", "reciprocal"])
def test_every_direction_of_a_shipped_device_has_one_stable_state(predictions, name):
    found = [(p.light, p.field) for p in predictions[name] if p.stable]
    fields = (+1, -1) if name == "hybrid" else (+1,)
    assert sorted(found) == sorted((light, f) for light in (+1, -1) for f in fields)


def test_the_null_control_is_the_same_from_both_sides(predictions):
    forward, backward = stable(predictions, "reciprocal").values()
    assert forward.S_c == backward.S_c
    assert forward.S_p == backward.S_p
    np.testing.assert_array_equal(forward.amplitudes, backward.amplitudes)


def test_an_unstable_state_has_no_synchronization(predictions):
    unstable = [p for ps in predictions.values() for p in ps if not p.stable]
    assert unstable
    assert all(p.S_c is p.S_p is p.E_N is p.occupations is None for p in unstable)


def test_no_prediction_beats_heisenberg(predictions):
    for p in (p for ps in predictions.values() for p in ps if p.stable):
        assert p.S_c <= 1
        assert np.all(p.occupations > 0)


def test_without_power_the_phonons_stay_strangers():
    for p in predict(load_device("ring"), power=0.0):
        assert p.stable
        assert p.S_c == pytest.approx(1 / 41, rel=1e-9)
        assert p.E_N == 0
        assert p.occupations == pytest.approx([0, 20, 20], abs=1e-9)


def test_only_a_kerr_term_tells_the_directions_of_the_field_apart():
    assert {n: depends_on_field(load_device(n)) for n in ("ring", "hybrid", "reciprocal")} == {
        "ring": False,
        "hybrid": True,
        "reciprocal": False,
    }


def test_synchronization_is_of_a_pair():
    lonely = check(
        {
            "name": "lonely",
            "modes": {
                "b": {"kind": "phonon", "frequency": "1 MHz", "linewidth": "1 Hz", "occupation": 1}
            },
        },
        Device,
        "here",
    )
    with pytest.raises(InputError, match="lonely has 1 phonons; synchronization is of a pair"):
        predict(lonely)
