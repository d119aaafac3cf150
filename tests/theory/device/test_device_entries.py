"""Numbers of a device file by their dotted path, and axes over them."""

import numpy as np
import pytest

from phonosync.theory import InputError, load_device
from phonosync.theory.device.entries import entry_value, find_entry, read_value, with_entries
from phonosync.theory.survey.axes import parse_axes, parse_axis, parse_ranges

TWO_PI = 2 * np.pi
K_B, H = 1.380649e-23, 6.62607015e-34


@pytest.fixture(scope="module")
def ring():
    return load_device("ring")


@pytest.fixture(scope="module")
def hybrid():
    return load_device("hybrid")


@pytest.mark.parametrize(
    ("name", "value", "unit"),
    [
        ("drive.power", 0.197284e-3, "W"),
        ("drives.0.power", 0.197284e-3, "W"),
        ("drives.cavity.transmission", 0.1, "1"),
        ("modes.cavity.detuning", 15e6, "Hz"),
        ("modes.phonon_2.frequency", 11e6, "Hz"),
        ("modes.phonon_1.occupation", 20.0, "1"),
        ("modes.cavity.wavelength", 1550e-9, "m"),
        ("sagnac.shift", -5e6, "Hz"),
        ("sagnac.rotation", None, "rad/s"),
        ("couplings.cavity-phonon_2.rate", 1e3, "Hz"),
        ("couplings.1.phase", 0.0, "rad"),
        ("temperature", None, "K"),
    ],
)
def test_a_number_of_the_file_is_found_with_its_unit(ring, name, value, unit):
    entry = find_entry(ring, name)
    assert entry.unit == unit
    found = entry_value(ring, entry)
    assert found is None if value is None else found == pytest.approx(value, rel=1e-12)


def test_a_kerr_coefficient_is_found_by_its_axis(hybrid):
    entry = find_entry(hybrid, "modes.magnon.kerr.along_110")
    assert (entry_value(hybrid, entry), entry.unit) == (-198.38, "Hz")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("drive.powr", "did you mean 'power'"),
        ("modes.cavty.detuning", "did you mean 'cavity'"),
        ("couplings.cavity-phonon_3.rate", "did you mean 'cavity-phonon_"),
        ("modes.cavity", "go on, for example modes.cavity.kind"),
        ("modes.cavity.kind", "not a number"),
        ("modes.cavity.detuning.x", "holds one value there"),
        ("modes.cavity.kerr.along_100", "leaves it out"),
        ("", "no entry ''"),
    ],
)
def test_a_wrong_path_is_met_with_the_nearest_right_one(ring, name, words):
    with pytest.raises(InputError, match="ring") as error:
        find_entry(ring, name)
    assert words in str(error.value)


def test_two_couplings_of_the_same_modes_are_told_apart_by_their_position(ring):
    both = ring.model_copy(update={"couplings": (*ring.couplings, ring.couplings[0])})
    with pytest.raises(InputError, match=r"couplings\.0 or couplings\.2"):
        find_entry(both, "couplings.cavity-phonon_1.rate")


def test_a_changed_entry_changes_the_network_by_what_it_says(ring):
    entry = find_entry(ring, "drive.power")
    before, after = ring.network(), with_entries(ring, {entry: 4 * 0.197284e-3}).network()
    np.testing.assert_allclose(after.drive, 2 * before.drive, rtol=1e-12)
    np.testing.assert_array_equal(after.detuning, before.detuning)
    assert entry_value(ring, entry) == 0.197284e-3


def test_a_changed_entry_is_checked_against_the_others(ring):
    with pytest.raises(InputError, match="more than its linewidth"):
        with_entries(ring, {find_entry(ring, "modes.cavity.linewidth"): 1e6})
    with pytest.raises(InputError, match="greater than 0"):
        with_entries(ring, {find_entry(ring, "modes.cavity.linewidth"): -1.0})


def test_entries_that_fit_each_other_are_changed_at_once(ring):
    narrow = {find_entry(ring, n): 1e6 for n in ("modes.cavity.linewidth", "ports.bus.rate")}
    for values in (narrow, dict(reversed(narrow.items()))):
        changed = with_entries(ring, values)
        assert (changed.modes["cavity"].linewidth, changed.ports["bus"].rate) == (1e6, 1e6)


def test_a_new_temperature_rules_every_bath(ring):
    cold = with_entries(ring, {find_entry(ring, "temperature"): 0.030})
    expected = [1 / np.expm1(H * f / (K_B * 0.030)) for f in (10e6, 11e6)]
    assert cold.network().occupation[1:] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("drive.power=0.1..0.3 mW:3", [1e-4, 2e-4, 3e-4]),
        ("drive.power=100 uW..0.3 mW:3", [1e-4, 2e-4, 3e-4]),
        ("drive.power = 0.1..10 mW:3 log", [1e-4, 1e-3, 1e-2]),
        ("drive.power=1,2,5 mW", [1e-3, 2e-3, 5e-3]),
        ("drive.power=5 mW", [5e-3]),
        ("modes.cavity.detuning=20..-20 MHz:3", [20e6, 0, -20e6]),
        ("modes.phonon_1.occupation=0..10:3", [0, 5, 10]),
        ("drives.0.transmission=0.1,1", [0.1, 1]),
    ],
)
def test_an_axis_is_read_as_it_is_written(ring, text, values):
    assert parse_axis(ring, text).values == pytest.approx(values, rel=1e-12)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("drive.power", "does not say what is varied how"),
        ("drive.power=", "does not say what is varied how"),
        ("drive.power=0.1..2:5", "'2' has no unit"),
        ("drive.power=0.1..2 s:5", "not a power"),
        ("drive.power=0.1..2 mW", "no number of points"),
        ("drive.power=0.1..2 mW:many", "'many' of points"),
        ("drive.power=0.1..2 mW:0", "empty"),
        ("drive.power=0.1..2 mW:1", "no range"),
        ("drive.power=1..1 mW:5", "no range"),
        ("drive.power=nan..2 mW:5", "not a power"),
        ("drive.power=1..inf mW:5", "not a power"),
        ("modes.phonon_1.occupation=nan..2:5", "nan"),
        ("modes.cavity.kerr=nan..2 Hz:5", "not a frequency"),
        ("drive.power=-1..2 mW:5", "greater than or equal to 0"),
        ("drive.power=0..2 mW:5 log", "above zero"),
        ("drive.power=1,2 mW log", "not for a list"),
        ("drive.power=1,,2 mW", "misses a value"),
        ("drive.power=1,1 mW", "twice"),
        ("drive.power=1..2..3 mW:5", "3 ends"),
        ("detection.quadrature=phase,amplitude", "not a finite number"),
    ],
)
def test_an_axis_that_cannot_be_is_refused_in_words(ring, text, words):
    with pytest.raises(InputError) as error:
        parse_axis(ring, text)
    assert words in str(error.value)


def test_an_entry_is_varied_once_and_three_at_most(ring):
    with pytest.raises(InputError, match="named twice"):
        parse_axes(ring, ["drive.power=1,2 mW", "drives.0.power=3 mW"])
    names = ["drive.power=1 mW", "sagnac.shift=1 MHz", "temperature=1 K", "ports.bus.rate=1 MHz"]
    with pytest.raises(InputError, match="at most three"):
        parse_axes(ring, names)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("drive.power=2..1 mW", "empty"),
        ("drive.power=1 mW", "not an interval"),
        ("drive.power=1..2 mW:5", "not an interval"),
        ("drive.power=0..2 mW log", "above zero"),
    ],
)
def test_an_interval_that_cannot_be_is_refused_in_words(ring, text, words):
    with pytest.raises(InputError) as error:
        parse_ranges(ring, [text])
    assert words in str(error.value)


def test_a_value_may_be_read_alone(ring):
    assert read_value(ring, find_entry(ring, "drive.power"), "0.3 mW") == 0.3e-3
