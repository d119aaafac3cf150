import numpy as np
import pytest

from phonosync.theory import InputError, load_device
from phonosync.theory.checked_file import check
from phonosync.theory.device import Device
from phonosync.theory.prediction import depends_on_field, distinguished, predict


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
    assert all(p.growth > 0 for p in unstable)


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


def device(name="bench", **parts):
    """A device from the terms of its file."""
    return check({"name": name, **parts}, Device, "here")


def phonon(frequency="1 MHz", occupation=1.0):
    return {
        "kind": "phonon",
        "frequency": frequency,
        "linewidth": "1 Hz",
        "occupation": occupation,
    }


def test_a_lone_phonon_has_its_quanta_and_nobody_to_be_in_step_with():
    states = predict(device(modes={"b": phonon(occupation=3.0)}))
    assert [(p.light, p.field, p.stable) for p in states] == [(1, 1, True)]
    assert states[0].occupations == pytest.approx([3.0])
    assert states[0].S_c is states[0].S_p is states[0].S_phi is states[0].E_N is None
    assert states[0].negativities == {}


def test_a_resonator_without_phonons_follows_the_light_that_its_rotation_makes_resonant():
    """Weakly driven: |c|^2 = E^2/(kappa^2/4 + D^2), D smaller by twice the Sagnac shift."""
    huang = load_device("huang_resonator")
    photons = {p.light: abs(p.amplitudes[0]) ** 2 for p in predict(huang) if p.stable}
    assert set(photons) == {1, -1}
    network = huang.network(light=-1)  # far from resonance, where the Kerr term does nothing
    lorentzian = network.loss[0] ** 2 / 4 + network.detuning[0] ** 2
    assert photons[-1] == pytest.approx(abs(network.drive[0]) ** 2 / lorentzian, rel=1e-5)
    assert photons[1] > 1000 * photons[-1]


@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 3), (2, 1), (3, 2)])
def test_of_four_strangers_any_two_have_the_mean_of_their_quanta(first, second):
    """X = n_i + n_j + 1 for uncorrelated thermal modes."""
    quanta = [1.0, 2.0, 4.0, 8.0]
    modes = {f"b_{k}": phonon(f"{k + 1} MHz", n) for k, n in enumerate(quanta)}
    [state] = predict(device(modes=modes), pair=(f"b_{first}", f"b_{second}"))
    assert state.S_c == pytest.approx(1 / (quanta[first] + quanta[second] + 1), rel=1e-9)
    assert len(state.negativities or {}) == 6


def test_the_first_two_phonons_are_the_pair_unless_others_are_named():
    four = device(modes={f"b_{k}": phonon(f"{k + 1} MHz", 2.0**k) for k in range(4)})
    [by_default], [named] = predict(four), predict(four, pair=("b_0", "b_1"))
    assert by_default.S_c == named.S_c
    assert by_default.S_p == named.S_p


def test_which_phonon_of_a_pair_is_named_first_does_not_matter():
    ring = load_device("ring")
    for one, other in zip(
        predict(ring, pair=("phonon_1", "phonon_2")),
        predict(ring, pair=("phonon_2", "phonon_1")),
        strict=True,
    ):
        assert (one.S_c, one.S_p, one.E_N) == (other.S_c, other.S_p, other.E_N)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        (("phonon_1", "cavity"), "'cavity' is not a phonon"),
        (("phonon_1", "phonon_3"), "'phonon_3' is not a phonon"),
        (("phonon_1", "phonon_1"), "two different phonons"),
    ],
)
def test_a_pair_that_is_not_two_phonons_is_met_with_their_names(pair, words):
    with pytest.raises(InputError, match=words) as refused:
        predict(load_device("ring"), pair=pair)
    assert "ring has phonon_1, phonon_2" in str(refused.value)


def test_photon_magnon_and_phonon_are_entangled_as_published():
    """Li, Zhu, Agarwal, doi:10.1103/PhysRevLett.121.203601: E_am, E_mb and E_ab at 4.8 MHz."""
    li = load_device("li_magnomechanics")
    [state] = [p for p in predict(li) if p.stable]
    a, m, b = map(li.index, li.modes)
    published = {(a, m): 0.1619, (m, b): 0.1407, (a, b): 0.1394}
    assert state.negativities == pytest.approx(published, abs=1e-3)


def test_a_driven_kerr_magnon_is_bistable_for_one_axis_of_the_field_as_published():
    """Gupta et al., doi:10.1103/PhysRevA.110.063504: |m|^2 at 50 mW; one branch with -K."""
    gupta = load_device("gupta_kerr")
    states, magnon = predict(gupta), gupta.index("magnon")
    along = [p for p in states if p.field == 1]
    assert [p.stable for p in along] == [True, False, True]
    intensities = [abs(p.amplitudes[magnon]) ** 2 for p in along]
    assert intensities == pytest.approx([6.331e13, 3.456e14, 6.489e14], rel=1e-3)
    assert [p.stable for p in states if p.field == -1] == [True]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ring", [(1, 1), (-1, 1)]),
        ("reciprocal", [(1, 1), (-1, 1)]),  # said to be a null control: both are to be compared
        ("hybrid", [(1, 1), (1, -1), (-1, 1), (-1, -1)]),
        ("gupta_kerr", [(1, 1), (1, -1)]),
        ("mari_cells", [(1, 1)]),
        ("optical_pair_one_way", [(1, 1), (-1, 1)]),
    ],
)
def test_only_directions_that_a_device_tells_apart_are_predicted(name, expected):
    assert distinguished(load_device(name)) == expected


def test_directions_that_are_asked_for_are_predicted_whether_they_differ_or_not():
    cell = device(
        modes={
            "a": {
                "kind": "photon",
                "wavelength": "1550 nm",
                "linewidth": "1 MHz",
                "detuning": "1 MHz",
            }
        }
    )
    states = predict(cell, directions=[(1, 1), (-1, 1)])
    assert [p.light for p in states] == [1, -1]
