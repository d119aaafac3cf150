"""S-parameters of a run in the fit of its device, beside the spectra."""

import json

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.run.analysis import analyse
from phonosync.analysis.run.responses import responses_at, ways_between
from phonosync.analysis.run.setting import settings_of
from phonosync.theory import load_device
from phonosync.theory.device.entries import entry_value, find_entry, with_entries
from phonosync.theory.errors import InputError
from phonosync.theory.mean_field import steady_states
from phonosync.theory.ports.scattering import driven_response

POWER, NOISE, SWEEPS = 0.15e-3, 2e-3, 6
PROBE = np.linspace(5e6, 25e6, 201)
LINEWIDTH = "modes.cavity.linewidth"
FREE = ("modes.cavity.detuning", "sagnac.shift", "modes.phonon_1.occupation", LINEWIDTH)


def transmission(device, light):
    """What passes the ring with the light: the other sign of what leaves the driven port."""
    network = device.network(light=light, power=POWER)
    [state] = [s for s in steady_states(network) if s.stable]
    seen = driven_response(network, state.amplitudes, [device.port("bus")], 2 * np.pi * PROBE)
    return -seen.signal[:, 0, 0]


def with_sweeps(run, device, seed, *, ports, ripple=0.0):
    """The run with S-parameters of every visit; `ripple` is a pattern that all sweeps share."""
    random = np.random.default_rng(seed)
    lights, repeats = run["light"].values.tolist(), run.sizes["repeat"]
    S = np.zeros((2, 1, 1, 1, repeats, 2, 2, len(PROBE)), complex)
    gain = 0.9 * np.exp(0.4j)
    for k, light in enumerate(lights):
        # Port 1 sends clockwise: with light +1 the driven mode is seen in S21, else in S12.
        out, into = (1, 0) if light == 1 else (0, 1)
        S[k, ..., out, into, :] = gain * transmission(device, light)
        S[k, ..., into, out, :] = gain
    S = S + ripple * np.exp(2j * np.pi * PROBE / 4e6)
    S = S + NOISE / np.sqrt(2) * (random.standard_normal((*S.shape, 2)) @ [1, 1j])
    dims = ("light", "field", "laser_power", "branch", "repeat")
    inner = ("output_port", "input_port", "probe_frequency")
    plan = json.loads(run.attrs["plan"]) | {"s_parameters": {"ports": ports} if ports else {}}
    return (
        run.assign(s_parameters=((*dims, *inner), S))
        .assign_coords(
            output_port=[1, 2],
            input_port=[1, 2],
            probe_frequency=("probe_frequency", PROBE, {"units": "Hz"}),
        )
        .assign_attrs(plan=json.dumps(plan))
    )


def fitted(run, device):
    found = analyse(run, device=device, free=FREE).network
    assert found is not None
    return found


@pytest.fixture(scope="module")
def ring():
    return load_device("ring")


@pytest.fixture(scope="module")
def spectra(simulate_experiment):
    return simulate_experiment("ring", 41, powers=(POWER,), quads=8)


@pytest.fixture(scope="module")
def wrong(ring):
    """A device file whose cavity is a tenth too narrow; the port follows the linewidth."""
    off = {LINEWIDTH: 1.8e6, "modes.cavity.detuning": 15.2e6, "ports.bus.rate": 1.8e6}
    return with_entries(ring, {find_entry(ring, name): value for name, value in off.items()})


def test_s_parameters_tell_the_linewidth_that_spectra_leave_open(ring, spectra, wrong):
    alone = fitted(spectra, wrong)
    found = fitted(with_sweeps(spectra, ring, 1, ports={"1": "bus"}), wrong)
    for name in FREE:
        truth = entry_value(ring, find_entry(ring, name))
        assert truth is not None
        interval = found.entries[name]
        assert abs(interval.value - truth) < 2 * (interval.high - interval.low)
    widths = [one.entries[LINEWIDTH].high - one.entries[LINEWIDTH].low for one in (found, alone)]
    assert widths[0] < widths[1] / 3
    # One S-parameter each way: the other waves never meet the driven mode.
    assert len(found.fit.model.observations.traces) == 4
    assert all(abs(z) < 4 for z in found.fit.deviance_z.values())


def test_a_run_that_does_not_say_its_ports_is_told_how_to(ring, spectra):
    run = with_sweeps(spectra, ring, 2, ports=None)
    found = fitted(run, ring)
    assert len(found.fit.model.observations.traces) == 2
    assert any("'s_parameters: {ports: {1: ...}}'" in note for note in found.notes)


def test_a_port_that_the_device_lacks_is_named(ring, spectra):
    run = with_sweeps(spectra, ring, 3, ports={"1": "bsu"})
    with pytest.raises(InputError, match=r"connects the network analyzer to 'bsu'.*has bus"):
        analyse(run, device=ring)


def test_the_trace_noise_of_repeated_sweeps_is_the_error_of_each_part(ring, spectra):
    run = with_sweeps(spectra, ring, 4, ports={"1": "bus"})
    [setting] = settings_of(run)
    [trace] = responses_at(run, (1, 1, setting), Condition(power=POWER), ring)
    assert trace.error == pytest.approx(NOISE / np.sqrt(2 * run.sizes["repeat"]), rel=0.1)


def test_a_ripple_that_all_sweeps_share_enlarges_the_errors(ring, spectra):
    """A pattern of several points a period is worth few points, as at a single resonance."""
    clean, rippled = (
        fitted(with_sweeps(spectra, ring, 5, ports={"1": "bus"}, ripple=ripple), ring)
        for ripple in (0.0, 5e-3)
    )
    width = [one.entries[LINEWIDTH].high - one.entries[LINEWIDTH].low for one in (clean, rippled)]
    assert width[1] > 2 * width[0]
    assert any("S-parameters differ from the fitted device" in note for note in rippled.notes)
    assert not any("S-parameters" in note for note in clean.notes)
    truth = entry_value(ring, find_entry(ring, LINEWIDTH))
    assert truth is not None
    assert rippled.entries[LINEWIDTH].low < truth < rippled.entries[LINEWIDTH].high


def test_both_circulating_modes_are_seen_from_both_ends():
    ring = load_device("ring_backscattering")
    ports = {1: "bus", 2: "bus_backward"}
    forward, backward = (ways_between(ring, ports, light) for light in (1, -1))
    # Through: in by one end and out by the other, in the same circulating mode.
    assert forward[2, 1] == ("bus", "bus")
    assert forward[1, 2] == ("bus_backward", "bus_backward")
    # Back: what enters one mode is scattered into the other.
    assert forward[1, 1] == ("bus", "bus_backward")
    # The driven mode circulates with the light, which now comes from the other end.
    assert backward[2, 1] == ("bus_backward", "bus_backward")
    assert backward[1, 2] == ("bus", "bus")


def test_a_port_that_is_no_rings_reflects():
    sphere = load_device("yig_pair")
    assert ways_between(sphere, {1: "probe"}, 0) == {(1, 1): ("probe", "probe")}
    both = ways_between(sphere, {1: "probe", 2: "antenna_1"}, 0)
    assert both[2, 1] == ("probe", "antenna_1")
