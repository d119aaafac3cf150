import numpy as np
import pytest
from ruamel.yaml import YAML

from phonosync.theory import (
    InputError,
    bath_occupation,
    load_device,
    sagnac_fizeau_shift,
    shipped_devices,
    steady_states,
)
from phonosync.theory.checked_file import check
from phonosync.theory.device import Device
from phonosync.theory.thermal import HBAR

TWO_PI = 2 * np.pi
UNIT = TWO_PI * 10e6

RING = """\
name: ring
modes:
  cavity: {kind: photon, wavelength: 1550 nm, linewidth: 2 MHz, detuning: 15 MHz}
  phonon_1: {kind: phonon, frequency: 10 MHz, linewidth: 5 kHz, occupation: 20}
  phonon_2: {kind: phonon, frequency: 11 MHz, linewidth: 5 kHz, occupation: 20}
ports:
  bus: {mode: cavity, rate: 2 MHz}
couplings:
  - {kind: radiation_pressure, modes: [cavity, phonon_1], rate: 1 kHz}
  - {kind: radiation_pressure, modes: [cavity, phonon_2], rate: 1 kHz}
sagnac: {mode: cavity, shift: -5 MHz}
drives:
  - {mode: cavity, port: bus, power: 0.2 mW, transmission: 0.1}
detection: {port: bus, quadrature: phase, efficiency: 0.7}
"""


@pytest.fixture
def device(tmp_path):
    """Load the ring after replacing parts of its file."""

    def load(*changes):
        text = RING
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "ring.yaml"
        path.write_text(text)
        return load_device(path)

    return load


# Files to networks


def test_the_rings_numbers_are_those_of_its_design():
    ring = load_device("ring")
    for light, detuning in ((+1, 1.0), (-1, 2.0)):
        n = ring.network(light=light)
        np.testing.assert_allclose(n.detuning / UNIT, [detuning, 1.0, 1.1], rtol=1e-12)
        np.testing.assert_allclose(n.loss / UNIT, [0.2, 5e-4, 5e-4], rtol=1e-12)
        np.testing.assert_allclose(n.drive / UNIT, [700, 0, 0], rtol=2e-6)
        np.testing.assert_allclose(n.pressure[0] / UNIT, [0, 1e-4, 1e-4], rtol=1e-12)
        np.testing.assert_array_equal(n.occupation, [0, 20, 20])
        assert not np.any(n.exchange)
        assert not np.any(n.kerr)


def test_the_hybrids_numbers_are_those_of_its_design():
    hybrid = load_device("hybrid")
    for light in (+1, -1):
        for field in (+1, -1):
            n = hybrid.network(light=light, field=field)
            assert n.detuning[0] / UNIT == pytest.approx(0.8657 + light * 0.38352, rel=1e-12)
            assert n.kerr[1] / UNIT == pytest.approx(field * 1.9838e-5, rel=1e-12)
            assert n.exchange[0, 1] / UNIT == pytest.approx(0.40372, rel=1e-12)
            assert n.drive[0] / UNIT == pytest.approx(560.61, rel=2e-6)


def test_the_drive_sends_its_photons_through_the_port(device):
    ring = device()
    omega = ring.modes["cavity"].own_frequency
    photons = 0.2e-3 * 0.1 / (HBAR * omega)
    assert ring.network().drive[0] == pytest.approx(np.sqrt(TWO_PI * 2e6 * photons), rel=1e-12)
    assert ring.network(power=0.8e-3).drive[0] == pytest.approx(2 * ring.network().drive[0])
    assert ring.network(power=0.0).drive[0] == 0


def test_without_light_nothing_is_driven_or_shifted(device):
    dark = device().network(light=0)
    assert not np.any(dark.drive)
    assert dark.detuning[0] == pytest.approx(TWO_PI * 15e6)
    [state] = steady_states(dark)
    assert not np.any(np.abs(state.amplitudes) > 1e-12)


def test_redder_light_is_detuned_further(device):
    ring = device()
    bluer_by_1_pm = ring.network(wavelength=1550e-9 - 1e-12).detuning - ring.network().detuning
    assert bluer_by_1_pm[0] / TWO_PI == pytest.approx(-299792458 / 1550e-9**2 * 1e-12, rel=1e-5)
    np.testing.assert_array_equal(bluer_by_1_pm[1:], 0)


def test_rotation_by_geometry_is_rotation_by_shift(device):
    geometry = {"index": 1.4, "radius": 4.5e-3, "rotation": -TWO_PI * 2000.0}
    shift = sagnac_fizeau_shift(**geometry, wavelength=1550e-9) / TWO_PI
    spun = device(("shift: -5 MHz", "index: 1.4, radius: 4.5 mm, rotation: -120000 rpm"))
    shifted = device(("shift: -5 MHz", f"shift: {float(shift)!r} Hz"))
    for light in (+1, -1):
        np.testing.assert_allclose(
            spun.network(light=light).detuning, shifted.network(light=light).detuning, rtol=1e-12
        )
    gap = spun.network(light=+1).detuning[0] - spun.network(light=-1).detuning[0]
    assert gap == pytest.approx(2 * TWO_PI * shift, rel=1e-9)


def test_the_counter_mode_shifts_the_other_way(device):
    two = device(
        ("  phonon_1", "  counter: {kind: photon, detuning: 15 MHz, linewidth: 2 MHz}\n  phonon_1"),
        ("shift: -5 MHz", "counter_mode: counter, shift: -5 MHz"),
        ("modes: [cavity, phonon_2]", "modes: [counter, phonon_2]"),
        (
            "couplings:\n",
            "couplings:\n  - {kind: backscattering, modes: [cavity, counter], rate: 1 MHz, "
            "phase: 90 deg}\n",
        ),
    )
    n = two.network(light=+1)
    np.testing.assert_allclose(n.detuning[:2] / TWO_PI, [10e6, 20e6])
    np.testing.assert_allclose(two.network(light=-1).detuning[:2] / TWO_PI, [20e6, 10e6])
    assert n.exchange[0, 1] == pytest.approx(TWO_PI * 1e6 * 1j)
    np.testing.assert_array_equal(n.exchange, n.exchange.conj().T)
    np.testing.assert_array_equal(n.pressure[1] != 0, [False, False, False, True])


def test_a_temperature_fills_every_bath_that_has_no_occupation(device):
    warm = device((", occupation: 20", ""), ("sagnac:", "temperature: 48 mK\nsagnac:"))
    n = warm.network().occupation
    assert n[0] < 1e-300
    np.testing.assert_allclose(n[1:], bath_occupation([UNIT, 1.1 * UNIT], 0.048))


def test_a_drive_of_one_direction_is_off_in_the_other(device):
    one_way = device(("transmission: 0.1}", "transmission: 0.1, light: -1}"))
    assert one_way.network(light=+1).drive[0] == 0
    assert one_way.network(light=-1).drive[0] == device().network().drive[0]


@pytest.mark.parametrize(("text", "value"), [("5 %", 0.05), ("0.1 %", 0.001), ("0.02", 0.02)])
def test_disorder_is_relative_and_zero_where_nothing_is_said(device, text, value):
    disorder = device(("detection:", f"disorder: {{linewidth: {text}}}\ndetection:")).disorder
    assert disorder is not None
    assert disorder.linewidth == value
    assert (disorder.frequency, disorder.coupling, disorder.backscattering) == (0, 0, 0)
    assert device().disorder is None


@pytest.mark.parametrize(
    ("quadrature", "angle"), [("phase", np.pi / 2), ("amplitude", 0.0), ("30 deg", np.pi / 6)]
)
def test_the_detected_quadrature_is_an_angle_from_the_mean_output(device, quadrature, angle):
    detection = device(("quadrature: phase", f"quadrature: {quadrature}")).detection
    assert detection is not None
    assert detection.angle == pytest.approx(angle)


def test_a_port_is_in_the_networks_unit(device):
    port = device().port("bus")
    assert (port.mode, port.rate) == (0, TWO_PI * 2e6)


@pytest.mark.parametrize("name", shipped_devices())
def test_a_device_written_out_and_read_again_is_the_same(name):
    device = load_device(name)
    again = Device.model_validate(device)
    assert again == device
    assert device.name == name


@pytest.mark.parametrize("name", shipped_devices())
def test_a_shipped_device_loads_by_name_and_by_path(name, tmp_path):
    from importlib import resources

    text = (resources.files("phonosync.theory") / "devices" / f"{name}.yaml").read_text()
    path = tmp_path / "copy.yaml"
    path.write_text(text)
    assert load_device(path) == load_device(name)
    assert check(YAML(typ="safe").load(text), Device, "here") == load_device(name)


# What a file can have wrong


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("5 kHz, occ", "5 kHz, ocupation: 3, occ", "did you mean 'occupation'?"),
        ("linewidth: 2", "linewdith: 2", "'modes.cavity.linewdith'; did you mean 'linewidth'?"),
        ("couplings:", "coupling:", "did you mean 'couplings'?"),
        ("0.2 mW", "0.2 s", "drives.0.power: '0.2 s' is not a power (its unit is of time)"),
        ("linewidth: 2 MHz", "linewidth: 2", "modes.cavity.linewidth: 2 has no unit; write for"),
        ("15 MHz", "9e7 rad/s", "files hold ordinary ones: write for example '10 MHz'"),
        ("5 kHz", "-5 kHz", "modes.phonon_1.linewidth: Input should be greater than 0"),
        ("1550 nm", "0 nm", "modes.cavity.wavelength: Input should be greater than 0"),
        ("frequency: 10 MHz", "frequency: 0 Hz", "frequency: Input should be greater than 0"),
        ("kind: photon", "kind: light", "Input should be 'photon', 'magnon' or 'phonon'"),
        ("y: 0.7", "y: 1.7", "detection.efficiency: Input should be less than or equal to 1"),
        ("re: phase", "re: phas", "detection.quadrature: Input should be 'amplitude' or 'phase'"),
        ("rate: 2 MHz", "rate: 3 MHz", "lower their rates or raise the linewidth"),
        (
            "  bus: {mode: cavity, rate: 2 MHz}",
            "  bus: {mode: cavity, rate: 1.5 MHz}\n  drop: {mode: cavity, rate: 1 MHz}",
            "those of 'cavity' take 2.5e+06 Hz, more than its linewidth 2e+06 Hz; lower",
        ),
        ("[cavity, phonon_1]", "[cavity, phonon]", "'phonon' is not in cavity, phonon_1, phonon_2"),
        ("[cavity, phonon_1]", "[cavity, cavity]", "coupled to itself; name two modes"),
        ("[cavity, phonon_1]", "[phonon_1, cavity]", "name the phonon second"),
        ("bus: {mode: cavity", "bus: {mode: ring", "ports.bus: mode 'ring' is not in cavity"),
        ("port: bus, power", "port: out, power", "drives: port 'out' is not in bus"),
        ("- {mode: cavity", "- {mode: phonon_1", "port 'bus' does not lead to 'phonon_1'"),
        ("detection: {port: bus", "detection: {port: out", "detection: port 'out' is not in bus"),
        ("sagnac: {mode: cavity", "sagnac: {mode: ring", "sagnac: mode 'ring' is not in cavity"),
        ("shift: -5 MHz", "radius: 1 mm", "give either 'shift', or 'radius', 'index' and"),
        ("shift: -5 MHz", "shift: 1 MHz, radius: 1 mm", "give either 'shift', or 'radius'"),
        ("wavelength: 1550 nm, ", "", "needs 'wavelength' or 'frequency'"),
        ("1550 nm,", "1550 nm, frequency: 193 THz,", "say the same thing; give one"),
        ("frequency: 10 MHz", "detuning: 10 MHz", "a phonon takes 'frequency' and no 'detuning'"),
        (", detuning: 15 MHz", "", "a photon takes 'detuning'"),
        (", occupation: 20", "", "give 'occupation' here or the 'temperature'"),
        ("name: ring\n", "", "'name' is missing; add it."),
        ("modes:\n", "modes: ]\n", "ring.yaml, line 2 is not YAML"),
        ("detuning: 15 MHz", "detuning: 15 MHz, damping: brownian", "a photon loses both quadrat"),
        ("occupation: 20}\np", "occupation: 20, damping: slow}\np", "'symmetric' or 'brownian'"),
        ("modes: [cavity, phonon_1], rate: 1 kHz", "modes: [cavity, phonon_1]", "add it"),
        ("drives:", "disorder: {coupling: 5 dB}\ndrives:", "'5 dB' is not a relative value; wri"),
        ("drives:", "disorder: {linewidth: -5 %}\ndrives:", "disorder.linewidth: Input should be"),
        ("drives:", "disorder: {frequency: 5}\ndrives:", "less than or equal to 1, found 5"),
        ("drives:", "disorder: {losses: 5 %}\ndrives:", "'disorder.losses'; known keys: frequen"),
        ("drives:", "disorder: {backscattering: 1 kHz}\ndrives:", "names no 'counter_mode'; name"),
        ("shift: -5 MHz", "counter_mode: other, shift: 1 MHz", "counter_mode 'other' is not in ca"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line_that_says_what_to_do(device, old, new, message):
    with pytest.raises(InputError) as caught:
        device((old, new))
    assert message in str(caught.value)
    assert "ring.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_unknown_name_is_answered_with_those_that_are_known(tmp_path):
    with pytest.raises(InputError, match=r"no device is called 'rign'.*'ring'"):
        load_device("rign")
    with pytest.raises(InputError, match=r"no device is called 'zzz'.*hybrid, .*reciprocal, ring"):
        load_device("zzz")
    with pytest.raises(InputError, match=r"no device file at .*nowhere\.yaml; check the name"):
        load_device(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize("direction", [{"light": 2}, {"field": 0}, {"light": -1, "field": 3}])
def test_a_direction_is_plus_or_minus_one(direction):
    with pytest.raises(InputError, match=r"a direction is \+1 or -1"):
        load_device("ring").network(**direction)


def test_a_rotation_by_geometry_needs_a_wavelength(device):
    with pytest.raises(InputError, match=r"needs 'modes\.cavity\.wavelength'; add it, or give"):
        device(
            ("wavelength: 1550 nm", "frequency: 193 THz"),
            ("shift: -5 MHz", "index: 1.4, radius: 1 mm, rotation: 1 rpm"),
        )


def test_a_phase_has_no_meaning_for_a_pressure(tmp_path):
    path = tmp_path / "device.yaml"
    path.write_text(
        "name: x\n"
        "modes:\n"
        "  a: {kind: photon, linewidth: 1 MHz, detuning: 1 MHz}\n"
        "  b: {kind: phonon, frequency: 1 MHz, linewidth: 1 Hz, occupation: 1}\n"
        "couplings:\n"
        "  - {kind: radiation_pressure, modes: [a, b], rate: 1 Hz, phase: 90 deg}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError, match="'phase' has no meaning for radiation_pressure"):
        load_device(path)
