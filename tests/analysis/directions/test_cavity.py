"""The fitted model is theory's spectrum of the device, seen through the analyzer's filter."""

from importlib import resources

import numpy as np
import pytest

from phonosync.analysis.directions.cavity import check_device, linearise, parameters_at, spectrum
from phonosync.theory import load_device
from phonosync.theory.errors import InputError, UnstableError
from phonosync.theory.prediction import predict
from phonosync.theory.synchronization import complete_synchronization


def effective(device, light, truth):
    """True parameters with the optical spring's shift of the cavity, which the fit absorbs."""
    [state] = [p for p in predict(load_device(device)) if p.stable and p.light == light]
    shift = 2 * 1e3 * (state.amplitudes[1].real + state.amplitudes[2].real)
    name = "detuning_forward_hz" if light > 0 else "detuning_backward_hz"
    parameters = truth.copy()
    parameters[name].value += shift
    return parameters, state


@pytest.mark.parametrize("light", [1, -1])
@pytest.mark.parametrize("rbw_hz", [800.0, 20e3])
def test_the_model_at_the_rings_numbers_is_theorys_spectrum(
    expected, true_parameters, light, rbw_hz
):
    frequency, trace = expected("ring", light, 1001, rbw_hz)
    parameters, _ = effective("ring", light, true_parameters("ring"))
    # The file's power is rounded to six digits, so the coupling agrees to about as many.
    model = spectrum(parameters, light, frequency, rbw_hz, np.pi / 2)
    assert model == pytest.approx(trace, rel=3e-5)


@pytest.mark.parametrize("light", [1, -1])
def test_a_cavity_that_loses_light_elsewhere_shows_less_and_turns_its_output(
    tmp_path, expected, true_parameters, light
):
    text = (resources.files("phonosync.theory.devices") / "ring.yaml").read_text("utf-8")
    power = load_device("ring").drives[0].power
    undercoupled = tmp_path / "undercoupled.yaml"  # the same drive through eight tenths of the port
    undercoupled.write_text(
        text.replace("rate: 2 MHz}", "rate: 1.6 MHz}").replace(
            f"power: {power * 1e3:g} mW", f"power: {power / 0.8 * 1e3:.9g} mW"
        )
    )
    assert load_device(undercoupled).drives[0].power == pytest.approx(power / 0.8)
    frequency, trace = expected(undercoupled, light)
    parameters, _ = effective(undercoupled, light, true_parameters("ring"))
    parameters["escape"].value = 0.8
    model = spectrum(parameters, light, frequency, 800.0, np.pi / 2)
    assert model == pytest.approx(trace, rel=3e-5)


@pytest.mark.parametrize("light", [1, -1])
def test_the_linearised_motion_has_the_synchronization_that_theory_predicts(true_parameters, light):
    parameters, state = effective("ring", light, true_parameters("ring"))
    V = linearise(parameters, light).V
    assert complete_synchronization(V, 1, 2) == pytest.approx(state.S_c, rel=1e-5)


def test_the_shot_noise_level_scales_the_whole_trace(expected, true_parameters):
    frequency, _ = expected("ring", 1)
    parameters = true_parameters("ring")
    unit = spectrum(parameters, 1, frequency, 800.0, np.pi / 2)
    parameters["shot_noise_level"].value = 1.25
    assert spectrum(parameters, 1, frequency, 800.0, np.pi / 2) == pytest.approx(1.25 * unit)


def test_a_blind_detector_sees_shot_noise_alone(expected, true_parameters):
    frequency, _ = expected("ring", 1)
    parameters = true_parameters("ring")
    parameters["efficiency"].value = 0.0
    assert spectrum(parameters, 1, frequency, 800.0, np.pi / 2) == pytest.approx(1.0)


def test_only_coupling_times_drive_over_frequency_matters(true_parameters):
    """Twice the frequency scale of everything: the same motion in another unit of time."""
    parameters = true_parameters("ring")
    V = linearise(parameters, 1).V
    for name in parameters:
        if name.endswith("_hz"):
            parameters[name].value *= 2
    assert pytest.approx(V) == linearise(parameters, 1).V


def test_a_motion_that_grows_is_refused(true_parameters):
    parameters = true_parameters("ring")
    parameters["detuning_forward_hz"].set(value=-10e6, min=-np.inf)
    with pytest.raises(UnstableError):
        linearise(parameters, 1)


def test_every_parameter_starts_positive_and_the_efficiencies_are_held(true_parameters):
    parameters = true_parameters("ring")
    held = {name for name, parameter in parameters.items() if not parameter.vary}
    assert held == {"efficiency", "escape"}
    assert all(parameters[name].min > 0 for name in set(parameters) - held)


def test_one_direction_alone_has_one_detuning(true_parameters):
    values = {name: p.value for name, p in true_parameters("ring").items()}
    assert "detuning_backward_hz" not in parameters_at(values, (1,))


@pytest.mark.parametrize("device", ["ring", "reciprocal"])
def test_rings_with_two_phonons_can_be_fitted(device):
    check_device(load_device(device))


def test_a_device_with_a_magnon_is_refused_with_what_to_use_instead():
    with pytest.raises(InputError, match=r"hybrid cannot be fitted.*magnon.*phonosync predict"):
        check_device(load_device("hybrid"))
