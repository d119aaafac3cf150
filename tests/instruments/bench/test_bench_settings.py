"""What settings make of the device, read from the network that it becomes."""

import numpy as np
import pytest

from phonosync.instruments.virtual.bench.field import Magnetization
from phonosync.instruments.virtual.bench.imperfections import Drift
from phonosync.instruments.virtual.bench.settings import (
    Settings,
    nominal_temperature,
    occupation_at,
    operate,
)
from phonosync.theory import bath_occupation, load_device
from phonosync.theory.thermal import SPEED_OF_LIGHT

TWO_PI = 2 * np.pi
RING = load_device("ring")
POWER = RING.drives[0].power
LIT = {"power_w": POWER, "wavelength_m": 1550e-9, "laser_on": True}

SPHERE = """\
name: sphere
modes:
  magnon:
    kind: magnon
    frequency: 10 GHz
    linewidth: 2 MHz
    detuning: -8 MHz
    kerr: {along_100: 6.5 nHz, along_110: -6.5 nHz}
  phonon: {kind: phonon, frequency: 10 MHz, linewidth: 1 kHz}
ports:
  antenna: {mode: magnon, rate: 1 MHz}
couplings:
  - {kind: magnetostriction, modes: [magnon, phonon], rate: 1 mHz}
drives:
  - {mode: magnon, port: antenna, power: 50 mW}
detection: {port: antenna}
magnet: {bias_field: 357 mT}
temperature: 100 mK
"""


@pytest.fixture(scope="module")
def sphere(tmp_path_factory):
    path = tmp_path_factory.mktemp("devices") / "sphere.yaml"
    path.write_text(SPHERE)
    return load_device(path)


def stand(device, *, drift=None, field=None, **settings):
    sample = Magnetization()
    if field is not None:
        sample.apply(field)
    return operate(device, Settings(**settings), sample.measure(), drift or Drift())


def same(network, other):
    for name in ("detuning", "loss", "kerr", "drive", "occupation", "pressure", "exchange"):
        np.testing.assert_array_equal(getattr(network, name), getattr(other, name))


@pytest.mark.parametrize("light", [+1, -1])
def test_with_laser_and_switch_the_device_is_that_of_its_file(light):
    same(stand(RING, direction=light, **LIT).network, RING.network(light=light))


def test_past_the_device_or_switched_off_the_light_drives_nothing():
    same(stand(RING, direction=0, **LIT).network, RING.network(light=0))
    off = stand(RING, direction=+1, **LIT | {"laser_on": False}).network
    same(off, RING.network(light=0))


def test_what_enters_the_detected_port_is_the_laser_less_what_the_fibre_loses():
    arriving = stand(RING, direction=+1, **LIT).incoming
    flux = 0.1 * POWER / (1.054571817e-34 * TWO_PI * SPEED_OF_LIGHT / 1550e-9)
    assert abs(arriving) ** 2 == pytest.approx(flux)


def test_behind_a_port_that_is_not_pumped_there_is_no_incoming_light():
    pair = load_device("optical_pair_one_way")
    assert stand(pair, direction=+1, **LIT).incoming == 0
    both_ways = load_device("optical_pair")
    assert abs(stand(both_ways, direction=+1, **LIT).incoming) > 0


def test_a_laser_that_drifts_up_lowers_every_optical_detuning():
    drifted = stand(RING, direction=+1, drift=Drift(laser_hz=2e6), **LIT).network
    moved = (drifted.detuning - RING.network(light=+1).detuning) / TWO_PI
    np.testing.assert_allclose(moved, [-2e6, 0, 0], atol=1.0)


def test_phonons_drift_together_and_power_by_a_factor():
    drifted = stand(RING, direction=+1, drift=Drift(power=1.21, phonon_hz=300.0), **LIT).network
    nominal = RING.network(light=+1)
    np.testing.assert_allclose((drifted.detuning - nominal.detuning) / TWO_PI, [0, 300, 300])
    np.testing.assert_allclose(drifted.drive, 1.1 * nominal.drive)


# Microwaves and field


def test_a_microwave_source_that_nobody_has_touched_drives_as_the_file_says(sphere):
    same(stand(sphere).network, sphere.network(light=0))


def test_the_sources_frequency_is_taken_from_the_magnons(sphere):
    network = stand(sphere, microwave=(0.05, 10.003e9, True)).network
    assert network.detuning[0] / TWO_PI == pytest.approx(-3e6, abs=1e-3)
    # 50 mW at another frequency are another number of quanta.
    ratio = np.abs(network.drive[0] / sphere.network().drive[0])
    assert ratio == pytest.approx(np.sqrt(10.008 / 10.003))


def test_the_sources_power_counts_while_it_is_on(sphere):
    strong = stand(sphere, microwave=(0.2, 10.008e9, True)).network
    np.testing.assert_allclose(strong.drive, 2 * sphere.network().drive)
    assert not np.any(stand(sphere, microwave=(0.2, 10.008e9, False)).network.drive)


def test_the_nominal_field_is_that_of_the_file(sphere):
    same(stand(sphere, field=[0.357, 0, 0]).network, sphere.network(light=0))


def test_the_kerr_coefficient_changes_its_sign_with_the_fields_axis(sphere):
    along, across = (
        stand(sphere, field=0.357 * np.array(axis)).network.kerr[0] / TWO_PI
        for axis in ([1, 0, 0], [np.sqrt(0.5), np.sqrt(0.5), 0])
    )
    assert along == pytest.approx(6.5e-9)
    assert across == pytest.approx(-6.5e-9)


def test_a_stronger_field_lifts_the_magnon_by_28_ghz_a_tesla(sphere):
    network = stand(sphere, field=[0.3571, 0, 0]).network
    assert network.detuning[0] / TWO_PI == pytest.approx(-8e6 + 2.8e6, rel=1e-6)
    # The source stands where it stood: the same number of quanta arrive.
    np.testing.assert_allclose(network.drive, sphere.network().drive)
    both = stand(sphere, field=[0.3571, 0, 0], microwave=(0.05, 10.001e9, True)).network
    assert both.detuning[0] / TWO_PI == pytest.approx(1.8e6, rel=1e-6)


def test_where_the_file_states_no_bias_the_fields_size_does_nothing(sphere):
    unbiased = sphere.model_copy(update={"magnet": None})
    same(stand(unbiased, field=[0.2, 0, 0]).network, sphere.network(light=0))


# Temperature


def test_a_bath_of_the_files_temperature_follows_boses_law(sphere):
    warm = stand(sphere, temperature_k=4.0).network
    omega = TWO_PI * np.array([10e9, 10e6])
    np.testing.assert_allclose(warm.occupation, bath_occupation(omega, 4.0))


def test_a_stated_occupation_of_a_phonon_scales_with_boses_law():
    assert nominal_temperature(RING) == pytest.approx(9.84e-3, rel=1e-3)
    same(
        stand(RING, temperature_k=nominal_temperature(RING)).network,
        stand(RING).network,
    )
    # n + 1/2 = kT/ħω to leading order: from 20 to 40.5. The light's bath stays empty.
    twice = stand(RING, temperature_k=2 * nominal_temperature(RING)).network.occupation
    np.testing.assert_allclose(twice, [0, 40.5, 40.5], rtol=2e-3)


def test_a_cold_device_without_quanta_warms_up_by_boses_law():
    cold = RING.model_copy(
        update={
            "modes": {
                name: mode.model_copy(update={"occupation": 0.0})
                for name, mode in RING.modes.items()
            }
        }
    )
    assert nominal_temperature(cold) == 0
    expected = float(bath_occupation(TWO_PI * 10e6, 0.05))
    assert occupation_at(cold, "phonon_1", 0.05) == pytest.approx(expected)


def test_a_mode_whose_frequency_nobody_knows_keeps_its_occupation():
    hybrid = load_device("hybrid")
    assert occupation_at(hybrid, "magnon", 300.0) == hybrid.occupation("magnon")
