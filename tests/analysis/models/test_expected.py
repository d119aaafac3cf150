"""Expected traces of any device and their derivatives, against theory frequency by frequency."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import fftconvolve

from phonosync.analysis.models.condition import Condition, directions_of
from phonosync.analysis.models.expected import expected_slopes, expected_trace, state_at
from phonosync.analysis.models.free import parse_free
from phonosync.analysis.models.observations import NoiseSpectrum, Response
from phonosync.analysis.statistics.segments import SegmentWindow
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory import driven_response, load_device, steady_states
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.errors import InputError, UnstableError

MAGNETS = (
    "modes.cavity.linewidth",
    "modes.magnon_1.detuning",
    "modes.phonon_1.frequency",
    "modes.phonon_2.linewidth",
    "couplings.cavity-magnon_1.rate",
    "couplings.magnon_2-phonon_2.rate",
    "drives.magnon_1.power",
    "temperature",
    "detection.efficiency",
)


def spectrum(condition, frequency_hz, window=None):
    return NoiseSpectrum(condition, frequency_hz, np.ones(len(frequency_hz)), 10, window)


def at_start(device, entries, condition, **options):
    free = parse_free(device, entries)
    return state_at(device, free, np.array([one.start for one in free]), condition, **options)


@pytest.mark.parametrize("name", ["ring", "hybrid", "yig_pair", "ring_backscattering"])
def test_every_shipped_kind_of_device_gives_theorys_spectrum(name, plain_spectrum):
    device = load_device(name)
    f = np.linspace(5e6, 12e6, 301)
    entry = f"modes.{next(iter(device.modes))}.linewidth"
    for condition in directions_of(device):
        trace = expected_trace(at_start(device, [entry], condition), spectrum(condition, f))
        np.testing.assert_allclose(trace, plain_spectrum(device, condition, f), rtol=1e-6)


def test_a_filter_smears_the_lines_as_a_convolution_does(ring, plain_spectrum):
    condition, rbw = Condition(-1), 4e3
    f = np.arange(9.8e6, 10.2e6, 40.0)
    offsets = np.arange(-500, 501) * 40.0
    kernel = np.exp(-4 * np.log(2) * (offsets / rbw) ** 2)
    S = plain_spectrum(ring, condition, f)
    smeared = fftconvolve(S, kernel / kernel.sum(), mode="same")[600:-600]
    trace = expected_trace(
        at_start(ring, ["modes.cavity.linewidth"], condition),
        spectrum(condition, f, GaussianFilter(rbw)),
    )
    np.testing.assert_allclose(trace[600:-600], smeared, rtol=1e-5)


def test_a_device_in_equilibrium_with_its_line_shows_one_unit_of_the_undriven_line():
    """At 1 K what enters from the line leaves it again: 2n + 1 of vacuum, n = 1.6 at 10 GHz."""
    device, cold = load_device("yig_pair"), Condition(microwave_power=0.0)
    warm = replace(cold, settings={"temperature": 1.0})
    f = np.linspace(9.9e6, 10.3e6, 101)
    seen = spectrum(warm, f)
    state = at_start(device, ["modes.cavity.linewidth"], warm)
    n = 1 / (np.exp(6.62607015e-34 * 10e9 / 1.380649e-23) - 1)
    # The magnons, 7 MHz below the cavity, are 2e-5 of a unit warmer.
    np.testing.assert_allclose(expected_trace(state, seen), 1 + 2 * 0.5 * n, rtol=1e-4)
    again = replace(seen, undriven_unit=True)
    np.testing.assert_allclose(expected_trace(state, again), 1.0, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "entries", "window", "undriven"),
    [
        ("ring", None, GaussianFilter(2e3), False),
        ("ring", None, SegmentWindow("hann", 1e-3, 0.5), False),
        ("yig_pair", MAGNETS, None, False),
        ("yig_pair", MAGNETS, None, True),
    ],
)
def test_derivatives_are_the_differences_of_neighbouring_spectra(
    name, entries, window, undriven, ring_entries
):
    device = load_device(name)
    if undriven:
        device = with_entries(device, {find_entry(device, "temperature"): 0.5})
    free = parse_free(device, entries or ring_entries)
    condition, f = directions_of(device)[-1], np.linspace(9.5e6, 11.5e6, 201)
    values = np.array([one.start for one in free])
    trace = replace(spectrum(condition, f, window), undriven_unit=undriven)
    state = state_at(device, free, values, condition, slopes=True)
    _, slopes = expected_slopes(state, trace)
    for k, one in enumerate(free):
        step = np.zeros(len(free))
        # A line moves by a small part of its own width.
        step[k] = 1e-2 * one.width or 1e-4 * abs(values[k])
        near = state.motion.amplitudes[0]
        above, below = (
            expected_trace(state_at(device, free, values + s, condition, near=near), trace)
            for s in (step, -step)
        )
        difference = (above - below) / (2 * step[k])
        scale = np.abs(difference).max()
        np.testing.assert_allclose(slopes[:, k], difference, atol=1e-3 * scale, err_msg=str(one))


def test_a_network_analyzer_sees_the_driven_response_and_its_derivatives():
    device = load_device("yig_pair")
    condition, f = Condition(), np.linspace(4e6, 14e6, 101)
    free = parse_free(device, ["modes.magnon_1.detuning", "couplings.cavity-magnon_1.rate"])
    values = np.array([one.start for one in free])
    trace = Response(
        condition, f, np.ones(101, complex), 0.01, source="antenna_1", receiver="probe"
    )
    state = state_at(device, free, values, condition, slopes=True)
    shown, slopes = expected_slopes(state, trace)
    network = device.network()
    c = next(s for s in steady_states(network) if s.stable).amplitudes
    ports = [device.port("probe"), device.port("antenna_1")]
    signal = driven_response(network, c, ports, 2 * np.pi * f).signal
    np.testing.assert_allclose(shown, -signal[:, 0, 1], atol=1e-12)
    step = 1e-4 * values[1]
    above, below = (
        expected_trace(state_at(device, free, values + np.array([0, s]), condition), trace)
        for s in (step, -step)
    )
    np.testing.assert_allclose(slopes[:, 1], (above - below) / (2 * step), rtol=1e-4, atol=1e-12)


def test_without_rotation_both_directions_of_light_show_the_same_spectrum():
    device = load_device("reciprocal")
    f = np.linspace(9.4e6, 11.6e6, 101)
    forward, backward = (
        expected_trace(
            at_start(device, ["modes.cavity.linewidth"], Condition(s)), spectrum(Condition(s), f)
        )
        for s in (1, -1)
    )
    np.testing.assert_array_equal(forward, backward)


def test_settings_of_a_condition_stand_for_entries_of_the_file(ring, plain_spectrum, band):
    condition = Condition(1, settings={"drive.power": 1e-4, "modes.phonon_1.occupation": 40.0})
    phonon = ring.modes["phonon_1"].model_copy(update={"occupation": 40.0})
    changed = ring.model_copy(update={"modes": {**ring.modes, "phonon_1": phonon}})
    trace = expected_trace(
        at_start(ring, ["modes.cavity.linewidth"], condition), spectrum(condition, band)
    )
    same = plain_spectrum(changed, replace(condition, power=1e-4), band)
    np.testing.assert_allclose(trace, same, rtol=1e-9)


def test_what_is_set_cannot_be_free_too(ring):
    with pytest.raises(InputError, match=r"drive\.power is free and set.*drive\.transmission"):
        at_start(ring, ["drive.power"], Condition(settings={"drive.power": 1e-4}))


def test_an_oscillating_device_is_sent_to_the_fit_of_its_line():
    with pytest.raises(UnstableError, match=r"oscillates.*Fit that line by itself"):
        at_start(load_device("mari_cells"), ["modes.phonon_1.linewidth"], Condition())
