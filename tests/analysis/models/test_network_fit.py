"""Joint fits of whole devices: exact spectra give the device back, noisy ones within errors."""

from dataclasses import replace

import numpy as np
import pytest

from phonosync.analysis.models.condition import Condition, directions_of
from phonosync.analysis.models.fit import fit_network
from phonosync.analysis.models.free import Chart, parse_free
from phonosync.analysis.models.joint import JointModel
from phonosync.analysis.models.observations import NoiseSpectrum, Observations, Prior, Response
from phonosync.analysis.statistics.windows import GaussianFilter
from phonosync.theory import driven_response, load_device, steady_states
from phonosync.theory.device.entries import find_entry, with_entries
from phonosync.theory.errors import InputError

FAR_OFF = {
    "modes.cavity.linewidth": 3e6,
    "modes.cavity.detuning": 13e6,
    "ports.bus.rate": 3e6,
    "sagnac.shift": -3e6,
    "modes.phonon_1.frequency": 9.7e6,
    "modes.phonon_2.frequency": 11.3e6,
    "modes.phonon_1.linewidth": 8e3,
    "modes.phonon_2.linewidth": 3e3,
    "modes.phonon_1.occupation": 40.0,
    "modes.phonon_2.occupation": 10.0,
    "couplings.cavity-phonon_1.rate": 1.5e3,
}


def changed(device, values):
    return with_entries(device, {find_entry(device, name): v for name, v in values.items()})


def true_value(device, name):
    return parse_free(device, [name])[0].start


@pytest.fixture(scope="module")
def drawing(ring):
    """A device file that is off by half in many of its numbers."""
    return changed(ring, FAR_OFF)


@pytest.fixture(scope="module")
def noisy(ring, drawing, ring_entries, draw):
    return fit_network(drawing, ring_entries, draw(ring, 1, 128))


def test_spectra_without_noise_give_back_the_device(ring, drawing, ring_entries, draw, band):
    fit = fit_network(drawing, ring_entries, draw(ring, None, 1000, frequency_hz=band[::2]))
    for name, value in fit.entries.items():
        assert value == pytest.approx(true_value(ring, name), rel=1e-5), name


def test_a_drawing_that_is_off_by_half_finds_the_device_within_errors(ring, noisy):
    errors = np.sqrt(np.diag(noisy.covariance))
    for (name, value), error in zip(noisy.entries.items(), errors, strict=True):
        assert abs(value - true_value(ring, name)) < 4 * error, name
    assert all(abs(z) < 4 for z in noisy.deviance_z.values())
    assert not noisy.rivals


def test_the_fitted_device_is_one_that_theory_can_use(noisy, plain_spectrum, band):
    for k, trace in enumerate(noisy.model.observations.traces):
        again = plain_spectrum(noisy.device, trace.condition, band)
        np.testing.assert_allclose(noisy.model.expected(noisy.parameters, k), again, rtol=1e-8)


def test_every_derivative_of_the_residuals_is_their_difference(ring, ring_entries, draw):
    observed = replace(
        draw(ring, 3, 7),
        priors={"modes.phonon_2.frequency": Prior(11e6, 1e3)},
        reference_averages=1e4,
    )
    model = JointModel.of(ring, ring_entries, observed)
    parameters = model.parameters()
    jacobian = model.jacobian(parameters)
    varied = [name for name in parameters if parameters[name].vary]
    assert {"reference_level", "gap_phonon_1_phonon_2"} <= set(varied)
    for column, name in enumerate(varied):
        moved, step = [], 1e-6 * parameters[name].value
        for side in (1, -1):
            other = parameters.copy()
            other[name].value = parameters[name].value + side * step
            other.update_constraints()
            moved.append(model.residuals(other))
        difference = (moved[0] - moved[1]) / (2 * step)
        scale = np.abs(difference).max()
        np.testing.assert_allclose(jacobian[:, column], difference, atol=2e-3 * scale, err_msg=name)


def test_phonons_keep_their_order_whatever_the_start(ring):
    chart = Chart.of(
        ring, parse_free(ring, ["modes.phonon_2.frequency", "modes.phonon_1.frequency"])
    )
    crossed = chart.parameters({"modes.phonon_1.frequency": 11e6, "modes.phonon_2.frequency": 10e6})
    assert crossed["modes_phonon_1_frequency"].value == 10e6
    assert crossed["modes_phonon_2_frequency"].value == 11e6
    crossed["gap_phonon_1_phonon_2"].value = 0.0
    crossed.update_constraints()
    values = dict(zip(("2", "1"), chart.values(crossed), strict=True))
    assert values["2"] == values["1"]


def test_blue_light_that_squeezes_light_and_sound_is_fitted_too(ring, ring_entries, draw):
    """Below threshold light above the resonance narrows the lines; no fit assumes red light."""
    blue = changed(ring, {"modes.cavity.detuning": -20e6, "drive.power": 3e-5})
    fit = fit_network(blue, ring_entries, draw(blue, 2, 400), start={})
    errors = np.sqrt(np.diag(fit.covariance))
    for (name, value), error in zip(fit.entries.items(), errors, strict=True):
        assert abs(value - true_value(blue, name)) < 4 * error, name


def test_spectra_at_two_powers_share_one_device(ring, ring_entries, draw):
    conditions = [Condition(-1, power=P) for P in (1e-4, 3e-4)]
    entries = [e for e in ring_entries if e != "sagnac.shift"]
    fit = fit_network(ring, entries, draw(ring, 4, 200, conditions), start={})
    errors = np.sqrt(np.diag(fit.covariance))
    assert np.all(np.isfinite(errors))
    for (name, value), error in zip(fit.entries.items(), errors, strict=True):
        assert abs(value - true_value(ring, name)) < 4 * error, name


def test_a_network_analyzers_trace_gives_cavity_and_magnons():
    device = load_device("yig_pair")
    network, f = device.network(), np.linspace(-4e6, 16e6, 401)
    c = next(s for s in steady_states(network) if s.stable).amplitudes
    port = [device.port("probe")]
    signal = driven_response(network, c, port, 2 * np.pi * f).signal[:, 0, 0]
    random = np.random.default_rng(5)
    noise = 1e-3 * (random.standard_normal(401) + 1j * random.standard_normal(401))
    gain = 0.8 * np.exp(0.3j)
    trace = Response(Condition(), f, -gain * signal + noise, 1e-3, "probe", "probe")
    entries = [
        "modes.cavity.linewidth",
        "modes.cavity.detuning",
        "modes.magnon_1.linewidth",
        "couplings.cavity-magnon_1.rate",
    ]
    fit = fit_network(
        device, entries, Observations((trace,)), start={"modes.cavity.detuning": 6.5e6}
    )
    errors = np.sqrt(np.diag(fit.covariance))
    for (name, value), error in zip(fit.entries.items(), errors, strict=True):
        assert abs(value - true_value(device, name)) < 4 * error, name
    assert fit.parameters["trace_0_gain"].value == pytest.approx(0.8, abs=0.01)
    assert fit.parameters["trace_0_phase"].value == pytest.approx(0.3, abs=0.01)


def test_what_is_expected_does_not_depend_on_what_was_tried_before(draw):
    """A trial may land on another branch of a Kerr magnon; the next must not stay there."""
    device = load_device("hybrid")
    entries = ["modes.magnon.detuning", "drive.power"]
    model = JointModel.of(device, entries, draw(device, 1, 50, [Condition(1, 1)]))
    start = model.parameters()
    fresh = model.residuals(start)
    for factor in (0.5, 0.8, 1.2, 2.0):
        model.residuals(model.parameters({"drive.power": factor * device.drives[0].power}))
        model.residuals(model.parameters({"modes.magnon.detuning": factor * -16.626e6}))
    model.residuals(model.parameters({"drive.power": 1.1 * device.drives[0].power}))
    np.testing.assert_allclose(model.residuals(start), fresh, atol=1e-9)


def test_what_is_not_determined_has_no_error_and_the_rest_has(ring, ring_entries, draw):
    fit = fit_network(ring, ring_entries, draw(ring, 6, 128, [Condition(1)]), start={})
    assert fit.parameters["sagnac_shift"].stderr is None
    assert fit.parameters["modes_cavity_detuning"].stderr is None
    assert fit.parameters["modes_cavity_linewidth"].stderr > 0


def test_a_fit_takes_one_unit_of_deviance_per_parameter_that_points_tell(
    ring, ring_entries, draw, band
):
    """As many as are determined; of points correlated by ρ each takes 1 + 2 Σ ρ."""
    P = len(ring_entries)
    both, one = (draw(ring, 6, 128, way) for way in (None, [Condition(1)]))
    assert fit_network(ring, ring_entries, both, start={}).information.deviance_taken == (
        pytest.approx(P)
    )
    alone = fit_network(ring, ring_entries, one, start={})
    assert alone.information.deviance_taken == pytest.approx(P - 1)
    spacing = float(band[1] - band[0])
    smeared = [replace(t, window=GaussianFilter(2 * spacing)) for t in one.spectra]
    broad = [f"couplings.cavity-phonon_{j}.rate" for j in (1, 2)]  # of lines 45 points wide
    found = fit_network(ring, broad, Observations(tuple(smeared)), start={})
    rho = [np.exp(-2 * np.log(2) * (m / 2) ** 2) for m in range(1, 9)]
    assert found.information.deviance_taken == pytest.approx(2 * (1 + 2 * sum(rho)), rel=0.05)


def test_a_calibration_of_what_is_fixed_is_refused(ring, ring_entries, draw):
    observed = replace(draw(ring, 1, 10), priors={"detection.efficiency": Prior(0.7, 0.01)})
    with pytest.raises(InputError, match=r"detection\.efficiency is calibrated but not free"):
        fit_network(ring, ring_entries, observed)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_a_point_that_is_no_power_is_refused_by_its_frequency(value, band):
    power = np.ones(len(band))
    power[500] = value
    with pytest.raises(InputError, match=r"1 points.*1\.05e\+07 Hz; measure it"):
        NoiseSpectrum(directions_of(load_device("ring"))[0], band, power, 10)
