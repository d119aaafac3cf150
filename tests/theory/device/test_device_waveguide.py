import numpy as np
import pytest

from phonosync.theory import (
    InputError,
    diffusion,
    drift,
    load_device,
    output_amplitude,
    scattering_matrix,
    steady_covariance,
    steady_states,
)
from phonosync.theory.ports import CollectivePort, Port
from phonosync.theory.ports.check import check_ports
from phonosync.theory.thermal import HBAR

TWO_PI = 2 * np.pi
TRANSMISSION, PHASE, BACKWARD = 0.8, np.pi / 5, 0.3

CHAIN = """\
name: chain
modes:
  a: {kind: photon, wavelength: 1550 nm, linewidth: 3 MHz, detuning: 1 MHz}
  b: {kind: photon, wavelength: 1550 nm, linewidth: 2 MHz, detuning: -0.5 MHz}
  c: {kind: photon, wavelength: 1550 nm, linewidth: 4 MHz, detuning: 2 MHz}
ports:
  bus_a: {mode: a, rate: 2 MHz}
  bus_b: {mode: b, rate: 2 MHz}
  bus_c: {mode: c, rate: 3 MHz}
couplings:
  - {kind: cascaded, modes: [a, b], ports: [bus_a, bus_b], transmission: 80 %, phase: 36 deg,
     backward_transmission: 30 %}
  - {kind: cascaded, modes: [b, c], ports: [bus_b, bus_c]}
drives:
  - {mode: a, port: bus_a, power: 1 uW, light: +1}
  - {mode: c, port: bus_c, power: 2 uW, light: -1, phase: 30 deg}
"""


@pytest.fixture
def chain(tmp_path):
    """Load the chain after replacing parts of its file."""

    def load(*changes):
        text = CHAIN
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "chain.yaml"
        path.write_text(text)
        return load_device(path)

    return load


class Cavity:
    """A cavity's steady response to a wave, by itself."""

    def __init__(self, linewidth, rate, detuning):
        self.kappa, self.rate, self.D = (TWO_PI * 1e6 * x for x in (linewidth, rate, detuning))

    def pass_by(self, wave):
        field = np.sqrt(self.rate) * wave / (self.kappa / 2 + 1j * self.D)
        return field, np.sqrt(self.rate) * field - wave


A, B, C = Cavity(3, 2, 1), Cavity(2, 2, -0.5), Cavity(4, 3, 2)


def photons(device, watts):
    return np.sqrt(watts / (HBAR * device.modes["a"].own_frequency))


def fields(device, light):
    [state] = steady_states(device.network(light=light))
    return state.amplitudes


def test_light_passes_one_cavity_after_the_other(chain):
    device = chain()
    a, wave = A.pass_by(photons(device, 1e-6))
    b, wave = B.pass_by(np.sqrt(TRANSMISSION) * np.exp(1j * PHASE) * wave)
    c, wave = C.pass_by(wave)
    found = fields(device, +1)
    np.testing.assert_allclose(found, [a, b, c], rtol=1e-12)
    # The wave at the end is what the cavities emit, less what comes straight through.
    straight = np.sqrt(TRANSMISSION) * np.exp(1j * PHASE) * photons(device, 1e-6)
    out = device.output("bus_c").jump(3) @ found - straight
    assert out == pytest.approx(wave, rel=1e-12)


def test_the_other_direction_runs_through_the_same_cavities_backwards(chain):
    device = chain(
        ("ports: [bus_b, bus_c]}", "ports: [bus_b, bus_c], backward_transmission: 60 %}")
    )
    c, wave = C.pass_by(photons(device, 2e-6) * np.exp(1j * np.pi / 6))
    b, wave = B.pass_by(np.sqrt(0.6) * wave)
    a, _ = A.pass_by(np.sqrt(BACKWARD) * np.exp(1j * PHASE) * wave)
    np.testing.assert_allclose(fields(device, -1), [a, b, c], rtol=1e-12)


def test_behind_an_isolator_the_other_direction_ends_at_the_first_cavity(chain):
    device = chain()
    c, _ = C.pass_by(photons(device, 2e-6) * np.exp(1j * np.pi / 6))
    np.testing.assert_allclose(fields(device, -1), [0, 0, c], rtol=1e-12, atol=1e-9)
    assert device.output("bus_c", light=-1) == device.port("bus_c")


@pytest.mark.parametrize(("light", "order"), [(+1, [0, 1, 2]), (-1, [2, 1, 0])])
def test_nothing_acts_back_on_a_cavity_upstream(chain, light, order):
    device = chain(("ports: [bus_b, bus_c]}", "ports: [bus_b, bus_c], backward_transmission: 1}"))
    flow = device.network(light=light).rate_matrix[np.ix_(order, order)]
    np.testing.assert_allclose(np.triu(flow, 1), 0, atol=1e-9 * np.abs(flow).max())
    assert np.all(np.abs(flow[np.tril_indices(3, -1)]) > 1e6)


def test_without_light_the_waveguide_stays_where_it_is_and_is_dark(chain):
    dark = chain().network(light=0)
    assert not np.any(dark.drive)
    np.testing.assert_array_equal(dark.shared_loss, chain().network(light=+1).shared_loss)


def test_a_line_as_warm_as_its_cavities_leaves_them_in_equilibrium(chain):
    warm = chain(
        *((f"1550 nm, linewidth: {k}", f"1550 nm, occupation: 4, linewidth: {k}") for k in "324")
    )
    for light in (+1, -1):
        network = warm.network(light=light, power=0.0)
        V = steady_covariance(drift(network, np.zeros(3)), diffusion(network))
        np.testing.assert_allclose(V, 4.5 * np.eye(6), rtol=1e-12, atol=1e-12)


def test_a_lossless_line_scatters_without_loss_or_gain(chain, symplectic_form):
    device = chain(
        ("transmission: 80 %", "transmission: 100 %"),
        ("linewidth: 3 MHz", "linewidth: 2 MHz"),
        ("linewidth: 4 MHz", "linewidth: 3 MHz"),
    )
    network, end = device.network(), device.output("bus_c")
    assert isinstance(end, CollectivePort)
    check_ports(network, [end])
    S = scattering_matrix(network, np.zeros(3), [end], [TWO_PI * 1e6])[0]
    form = symplectic_form(1)
    np.testing.assert_allclose(S @ form @ S.conj().T, form, atol=1e-12)
    # Light that is sent in at the beginning is one wave of the collective port.
    power = abs(output_amplitude(network, fields(device, +1), end)) ** 2
    assert power == pytest.approx(photons(device, 1e-6) ** 2, rel=1e-12)


def test_the_end_of_a_lossy_line_takes_no_more_than_the_cavities_lose(chain):
    device = chain()
    check_ports(device.network(), [device.output("bus_c")])
    assert isinstance(device.port("bus_c"), Port)


def test_what_feeds_another_cavity_cannot_be_detected(chain):
    with pytest.raises(InputError, match=r"what leaves port 'bus_a' enters 'bus_b'; ask for the"):
        chain().output("bus_a")
    with pytest.raises(InputError, match=r"light=-1 what leaves port 'bus_b' enters 'bus_a'"):
        chain().output("bus_b", light=-1)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[b, c], ports: [bus_b, bus_c]", "[b, c]", "cascaded takes 'ports', one of each mode; ad"),
        (", ports: [bus_b", ", rate: 1 MHz, ports: [bus_b", "'rate' has no meaning for cascaded"),
        ("ports: [bus_b, bus_c]", "ports: [bus_b, bus_d]", "port 'bus_d' is not in bus_a, bus_b"),
        (
            "ports: [bus_b, bus_c]",
            "ports: [bus_c, bus_b]",
            "'bus_c' does not lead to 'b'; name the",
        ),
        ("80 %", "180 %", "transmission: Input should be less than or equal to 1, found '180 %'"),
        ("80 %", "8 dB", "'8 dB' is not a relative value; write for example '5 %' or 0.05"),
        (", light: +1", "", "port 'bus_a' is on a waveguide, which light enters at one end; say"),
        ("light: +1", "light: 2", "drives.0.light: Input should be 1 or -1, found 2"),
        (
            "  - {kind: cascaded, modes: [b, c], ports: [bus_b, bus_c]}",
            "  - {kind: cascaded, modes: [a, c], ports: [bus_a, bus_c]}",
            "port 'bus_a' feeds two others; a waveguide runs past one port after the other",
        ),
        (
            "  - {kind: cascaded, modes: [b, c], ports: [bus_b, bus_c]}",
            "  - {kind: cascaded, modes: [c, b], ports: [bus_c, bus_b]}",
            "port 'bus_b' is fed by two others; a waveguide runs past",
        ),
        (
            "ports: [bus_b, bus_c]}",
            "ports: [bus_b, bus_c]}\n  - {kind: cascaded, modes: [c, a], ports: [bus_c, bus_a]}",
            "what leaves mode 'a' comes back to it; a cascade runs one way, remove one of its",
        ),
    ],
)
def test_a_waveguide_that_cannot_be_is_refused_in_one_line(chain, old, new, message):
    with pytest.raises(InputError) as caught:
        chain((old, new))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
