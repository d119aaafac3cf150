"""A device fitted to a run that holds S-parameters and no spectrum."""

import json

import numpy as np
import pytest

from phonosync.analysis.report.pictures import pictures_of
from phonosync.analysis.report.result import to_json
from phonosync.analysis.run.analysis import analyse
from phonosync.analysis.run.conditions import condition_of, device_of_run
from phonosync.analysis.run.setting import settings_of
from phonosync.analysis.run.told_entries import on_baths, told_entries
from phonosync.theory import load_device
from phonosync.theory.device.entries import entry_value, find_entry, with_entries
from phonosync.theory.errors import InputError
from phonosync.theory.mean_field import steady_states
from phonosync.theory.ports.scattering import driven_response
from phonosync.theory.prediction import predict

POWER, NOISE, SWEEPS = 0.15e-3, 2e-3, 8
PROBE = np.linspace(5e6, 25e6, 201)
INNER = {
    "output_port": [1, 2],
    "input_port": [1, 2],
    "probe_frequency": ("probe_frequency", PROBE, {"units": "Hz"}),
}
GAIN = 0.3 * np.exp(3j)  # what cables make of it: nearly the other sign
LINEWIDTH, OCCUPATION = "modes.cavity.linewidth", "modes.phonon_1.occupation"
FREE = ("modes.cavity.detuning", "sagnac.shift", LINEWIDTH)


def transmission(device, light):
    """What passes the ring with the light: the other sign of what leaves the driven port."""
    network = device.network(light=light, power=POWER)
    [state] = [s for s in steady_states(network) if s.stable]
    seen = driven_response(network, state.amplitudes, [device.port("bus")], 2 * np.pi * PROBE)
    return -seen.signal[:, 0, 0]


@pytest.fixture(scope="module")
def ring():
    return load_device("ring")


@pytest.fixture(scope="module")
def sweeps(ring, as_run):
    """A run of S-parameters alone; `ripple` is a pattern that all sweeps share."""

    def draw(seed, *, ripple=0.0, **changes):
        random = np.random.default_rng(seed)
        S = np.zeros((2, 1, SWEEPS, 2, 2, len(PROBE)), complex)
        for k, light in enumerate((1, -1)):
            # Port 1 sends clockwise: with light +1 the driven mode is seen in S21, else in S12.
            out, into = (1, 0) if light == 1 else (0, 1)
            S[k, ..., out, into, :] = GAIN * transmission(ring, light)
            S[k, ..., into, out, :] = GAIN
        S = S + ripple * np.exp(2j * np.pi * PROBE / 4e6)
        S = S + NOISE / np.sqrt(2) * (random.standard_normal((*S.shape, 2)) @ [1, 1j])
        plan = {
            "laser": {"power": POWER, "wavelength": 1550e-9},
            "s_parameters": {"ports": {"1": "bus"}},
            **changes,
        }
        swept = ("laser_power", [POWER], "W")
        attrs = {"plan": json.dumps(plan), "status": "complete", "versions": "{}"}
        return as_run("s_parameters", S, INNER, swept=swept, **attrs)

    return draw


@pytest.fixture(scope="module")
def wrong(ring):
    """A device file with a cavity and a phonon that are off; the port follows the linewidth."""
    off = {
        LINEWIDTH: 1.8e6,
        "ports.bus.rate": 1.8e6,
        "modes.cavity.detuning": 15.4e6,
        "modes.phonon_1.linewidth": 6e3,
        "couplings.cavity-phonon_1.rate": 900.0,
    }
    return with_entries(ring, {find_entry(ring, name): value for name, value in off.items()})


def fitted(run, device, free=None):
    found = analyse(run, device=device, free=free).network
    assert found is not None
    return found


@pytest.fixture(scope="module")
def found(sweeps, wrong):
    return analyse(sweeps(1), device=wrong)


def test_the_device_comes_back_with_intervals_from_a_file_that_is_wrong(found, ring):
    entries = found.network.entries
    assert {LINEWIDTH, "sagnac.shift", "modes.phonon_2.linewidth"} <= set(entries)
    inside = []
    for name, interval in entries.items():
        truth = entry_value(ring, find_entry(ring, name))
        assert truth is not None
        width = interval.high - interval.low
        assert abs(interval.value - truth) < width, name
        assert width < 0.2 * abs(truth)
        inside.append(interval.low < truth < interval.high)
    assert sum(inside) >= len(inside) - 2


def test_no_occupation_is_free_and_a_note_says_whose_baths_they_are(found):
    assert not any(name.endswith("occupation") for name in found.network.entries)
    [note] = [note for note in found.notes if "rest on the baths of the device file" in note]
    assert "phonon_1 20, phonon_2 20 quanta" in note
    rows = [entry["S_c"] for entry in to_json(found)["network"]["settings"]]
    assert all(row["low"] < row["value"] < row["high"] for row in rows)


@pytest.mark.parametrize("quanta", [20.0, 40.0])
def test_synchronization_is_theorys_for_the_baths_of_the_file(sweeps, ring, quanta):
    """The same S-parameters under hotter baths: what the file says of these goes into S_c."""
    baths = {f"modes.phonon_{j}.occupation": quanta for j in (1, 2)}
    device = with_entries(ring, {find_entry(ring, name): n for name, n in baths.items()})
    settings = fitted(sweeps(2), device, FREE).settings
    truth = {p.light: p.S_c for p in predict(device, power=POWER) if p.S_c is not None}
    for light in (1, -1):
        here = settings.sel(light=light).squeeze()
        half = float(here["S_c_high"] - here["S_c_low"]) / 2
        assert half < 0.01 * truth[light]
        assert abs(float(here["S_c"]) - truth[light]) < 2 * half


def test_what_s_parameters_do_not_tell_is_no_number(sweeps, ring):
    found = fitted(sweeps(3), ring, (*FREE, OCCUPATION))
    interval = found.entries[OCCUPATION]
    assert np.isnan([interval.value, interval.low, interval.high]).all()
    assert np.isnan(found.settings["S_c"]).all()
    assert np.isnan(found.settings["occupation_1"]).all()
    assert np.isnan(found.compared["light"]["contrast"]).all()
    assert [one.reason for one in found.indistinct] == [f"nothing is told of {OCCUPATION}."]
    # What they tell is not worse for it, phonon 2 not among it: its bath is the file's.
    assert np.isfinite(found.entries[LINEWIDTH].low)
    assert any("phonon_2 20 quanta" in note and "phonon_1" not in note for note in found.notes)


def test_each_trace_has_its_chi_square_and_a_ripple_enlarges_the_errors(sweeps, ring):
    clean, rippled = (fitted(sweeps(4, ripple=ripple), ring, FREE) for ripple in (0.0, 5e-3))
    for one in clean.responses:
        # Of 402 real numbers; a χ² scatters by √(2 · 402).
        assert abs(one.chi_square - one.points) < 4 * np.sqrt(2 * one.points)
        assert one.effective_points > one.points / 2
    assert [one.trace.name for one in clean.responses] == ["S21", "S12"]
    for one in rippled.responses:
        assert one.chi_square > 2 * one.points
        assert one.effective_points < one.points / 4
    widths = [one.entries[LINEWIDTH].high - one.entries[LINEWIDTH].low for one in (clean, rippled)]
    assert widths[1] > 2 * widths[0]
    assert rippled.entries[LINEWIDTH].low < 2e6 < rippled.entries[LINEWIDTH].high


def test_the_figure_holds_what_was_measured_and_what_was_fitted(found):
    pictures = {picture.name: picture.figure for picture in pictures_of(found)}
    figure = pictures["transmission"]
    drawn = [np.asarray(line.get_ydata()) for axes in figure.axes for line in axes.get_lines()]
    for one in found.network.responses:
        for values in (one.trace.values, one.model):
            decibel = 20 * np.log10(np.abs(values))
            assert any(len(y) == len(decibel) and np.allclose(y, decibel) for y in drawn)
        assert any(len(y) == len(PROBE) and np.allclose(y, one.residuals.imag) for y in drawn)
    texts = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert sum(text.startswith("χ² ") for text in texts) == 2


def test_a_run_at_a_temperature_rests_on_its_own_baths(sweeps, ring):
    run = sweeps(5, temperature=0.1)
    device = device_of_run(ring, run)
    [note] = on_baths(device, run, FREE)
    assert "baths of the run's temperature" in note
    # k T/ħω at 0.1 K and 10 MHz, less a half.
    assert f"phonon_1 {0.1 * 20.836619e9 / 10e6 - 0.5:.4g}" in note


def test_with_a_spectrum_occupations_are_free(sweeps, ring):
    run = sweeps(6)
    [setting] = settings_of(run)
    places = {
        (light, 1, setting): condition_of(ring, run, setting, light=light, field=1)
        for light in (1, -1)
    }
    alone = told_entries(ring, run, places)
    both = told_entries(ring, run.assign(psd=run["quad"]), places)
    assert set(both) - set(alone) == {"modes.phonon_1.occupation", "modes.phonon_2.occupation"}
    assert LINEWIDTH in alone


def test_a_run_that_says_no_port_is_told_how_to(sweeps, ring):
    run = sweeps(7, s_parameters={})
    with pytest.raises(InputError, match=r"'s_parameters: \{ports: \{1: ...\}\}'"):
        analyse(run, device=ring)


def test_a_run_of_records_alone_has_nothing_to_fit(sweeps, ring):
    run = sweeps(8).rename(s_parameters="quadratures")
    with pytest.raises(InputError, match="neither spectra nor S-parameters"):
        analyse(run, device=ring)


def test_single_sweeps_have_no_noise_to_fit_with(sweeps, ring):
    with pytest.raises(InputError, match="no pair of sweeps is left"):
        analyse(sweeps(9).isel(repeat=[0]), device=ring)
