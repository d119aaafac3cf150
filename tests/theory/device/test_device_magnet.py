import numpy as np
import pytest

from phonosync.theory import (
    InputError,
    bath_occupation,
    drift,
    load_device,
    velocity,
)
from phonosync.theory.ports.check import check_ports
from phonosync.theory.thermal import HBAR

TWO_PI = 2 * np.pi

MAGNET = """\
name: magnet
modes:
  cavity: {kind: photon, frequency: 10 GHz, linewidth: 2 MHz, detuning: -9 MHz}
  magnon: {kind: magnon, frequency: 10.001 GHz, linewidth: 2 MHz, detuning: -8 MHz}
  phonon: {kind: phonon, frequency: 10 MHz, linewidth: 100 Hz, damping: brownian}
ports:
  line: {mode: cavity, rate: 1 MHz}
  antenna: {mode: magnon, rate: 1 MHz}
couplings:
  - {kind: magnetostriction, modes: [magnon, phonon], rate: 2 Hz}
  - {kind: cross_kerr, modes: [magnon, phonon], rate: -5 Hz}
drives:
  - {mode: cavity, port: line, power: 10 mW}
  - {mode: magnon, port: antenna, power: 50 mW, phase: 90 deg}
temperature: 300 mK
"""


@pytest.fixture
def magnet(tmp_path):
    """A microwave photon, a driven magnon and a phonon, after replacing parts of the file."""

    def load(*changes):
        text = MAGNET
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "magnet.yaml"
        path.write_text(text)
        return load_device(path)

    return load


def test_a_loop_antenna_drives_the_magnon(magnet):
    n = magnet().network()
    # The drive is 8 MHz above the magnon; half of the magnon's loss goes to the antenna.
    photons = 0.05 / (HBAR * TWO_PI * 10.009e9)
    assert n.drive[1] == pytest.approx(np.sqrt(TWO_PI * 1e6 * photons) * 1j, rel=1e-12)
    assert n.drive[0] == pytest.approx(np.sqrt(TWO_PI * 1e6 * 0.01 / 0.05 * photons), rel=1e-12)


def test_each_power_changes_the_drives_of_its_kind(magnet):
    hot = magnet().network(microwave_power=0.2)
    assert hot.drive[1] == pytest.approx(2 * magnet().network().drive[1])
    np.testing.assert_array_equal(magnet().network(power=7.0).drive, magnet().network().drive)
    ring = load_device("ring")
    np.testing.assert_array_equal(ring.network(microwave_power=7.0).drive, ring.network().drive)


def test_microwaves_stay_on_without_light_and_know_no_laser(magnet):
    n = magnet().network()
    np.testing.assert_array_equal(magnet().network(light=0).drive, n.drive)
    np.testing.assert_array_equal(magnet().network(wavelength=1549e-9).detuning, n.detuning)


def test_a_brownian_phonon_is_damped_on_its_momentum_alone(magnet):
    n = magnet().network()
    np.testing.assert_array_equal(n.brownian, [False, False, True])
    A = drift(n, np.zeros(3))
    assert A[4, 4] == 0
    assert A[5, 5] == pytest.approx(-TWO_PI * 100)
    symmetric = magnet((", damping: brownian", ", damping: symmetric")).network()
    assert not np.any(symmetric.brownian)


def test_cross_kerr_shifts_each_mode_by_the_others_quanta(magnet):
    n = magnet().network()
    np.testing.assert_allclose(n.cross_kerr, TWO_PI * np.array([[0, 0, 0], [0, 0, -5], [0, -5, 0]]))
    still = magnet().network(microwave_power=0.0)
    pulled = velocity(still, [0, 1e-3, 3.0])[1]
    # D of the magnon, moved by the phonon's 9 quanta and by 2 g Re b.
    D = -8e6 - 5 * 9 + 2 * 2.0 * 3
    assert pulled == pytest.approx(-1e-3 * TWO_PI * (1e6 + 1j * D), rel=1e-9)


def test_microwave_lines_are_as_warm_as_the_temperature_says(magnet):
    for name, omega in (("line", TWO_PI * 10e9), ("antenna", TWO_PI * 10.001e9)):
        assert magnet().port(name).occupation == pytest.approx(float(bath_occupation(omega, 0.3)))
    check_ports(magnet().network(), [magnet().port("line"), magnet().port("antenna")])


def test_a_port_damps_both_quadratures_of_a_phonon(magnet):
    rod = ("  line:", "  rod: {mode: phonon, rate: 1 Hz}\n  line:")
    with pytest.raises(InputError, match="'phonon', whose damping is brownian; remove the port or"):
        magnet(rod)
    symmetric = magnet(rod, (", damping: brownian", ""))
    check_ports(symmetric.network(), [symmetric.port("rod")])
