"""The model fitted to a direction experiment: one driven cavity mode and two phonons.

Directions share every device parameter but the cavity's detuning. The detunings are the effective
ones (optical spring and Sagnac shift included), so no mean-field equation has to be solved: the
spectrum and the synchronization depend on the linearised motion alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.statistics.windows import smeared_poles
from phonosync.theory.device import Device
from phonosync.theory.errors import InputError
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.ports import Port, output_amplitude
from phonosync.theory.ports.output_spectra import output_poles

TWO_PI = 2 * np.pi
PHONONS = (1, 2)


@dataclass(frozen=True, eq=False)
class Linearised:
    """The linearised motion for one direction: drift A, covariance V, both in rad/s."""

    network: BosonicNetwork
    amplitudes: NDArray[np.complexfloating]
    A: NDArray[np.floating]
    V: NDArray[np.floating]


def detuning_name(light: int) -> str:
    """Name of the detuning's parameter for a direction of light."""
    return "detuning_forward_hz" if light > 0 else "detuning_backward_hz"


def linearise(parameters: Parameters, light: int) -> Linearised:
    """Build the linearised motion from the fit's parameters (Hz).

    `coupling_j_hz` is g_j E/ω_1 /2π: the coupling that a cavity one mechanical frequency off
    resonance would have. Only g_j E acts, so E is set to ω_1 and g_j to the coupling.

    Raises:
        UnstableError: these parameters have no steady state.
    """
    p = {name: parameters[name].value for name in parameters}
    kappa, detuning = TWO_PI * p["cavity_linewidth_hz"], TWO_PI * p[detuning_name(light)]
    pressure = np.zeros((3, 3))
    pressure[0, 1:] = [TWO_PI * p[f"coupling_{j}_hz"] for j in PHONONS]
    drive = TWO_PI * p["frequency_1_hz"]
    network = BosonicNetwork(
        detuning=[detuning, *(TWO_PI * p[f"frequency_{j}_hz"] for j in PHONONS)],
        loss=[kappa, *(TWO_PI * p[f"linewidth_{j}_hz"] for j in PHONONS)],
        pressure=pressure,
        drive=[drive, 0, 0],
        occupation=[0, *(p[f"occupation_{j}"] for j in PHONONS)],
    )
    amplitudes = np.array([drive / (kappa / 2 + 1j * detuning), 0, 0])
    A = drift(network, amplitudes)
    return Linearised(network, amplitudes, A, steady_covariance(A, diffusion(network)))


def spectrum(
    parameters: Parameters,
    light: int,
    frequency_hz: NDArray[np.floating],
    resolution_bandwidth_hz: float,
    quadrature_angle: float,
) -> NDArray[np.floating]:
    """Expected trace in units of the reference level: shot noise, cavity output, window.

    Args:
        parameters: as from `start_parameters`.
        light: direction.
        frequency_hz: shape (F,).
        resolution_bandwidth_hz: of the analyzer's Gaussian filter.
        quadrature_angle: of the homodyne detection from the mean output field, rad.
    """
    motion = linearise(parameters, light)
    escape = float(parameters["escape"].value)
    port = Port(mode=0, rate=escape * float(motion.network.loss[0]))
    mean = np.angle(output_amplitude(motion.network, motion.amplitudes, port))
    poles, weights = output_poles(
        motion.A,
        motion.V,
        port,
        angle=float(mean) + quadrature_angle,
        efficiency=float(parameters["efficiency"].value),
    )
    shape = 1 + smeared_poles(frequency_hz, poles, weights, resolution_bandwidth_hz)
    return float(parameters["shot_noise_level"].value) * shape


def parameters_at(values: dict[str, float], lights: tuple[int, ...]) -> Parameters:
    """Lmfit Parameters of the model at given values; every one positive, the efficiencies fixed.

    Positive detunings: the drive is red-detuned, as for cooling two phonons into step. Blue-detuned
    drives of another linewidth give nearly the same spectra, so data alone would confuse the two.
    """
    parameters = Parameters()
    names = ["cavity_linewidth_hz", *(detuning_name(light) for light in lights)]
    names += [
        f"{what}_{j}{unit}"
        for what, unit in (
            ("frequency", "_hz"),
            ("linewidth", "_hz"),
            ("coupling", "_hz"),
            ("occupation", ""),
        )
        for j in PHONONS
    ]
    for name in names:
        parameters.add(name, value=values[name], min=1e-6 * values[name])
    parameters.add("shot_noise_level", value=values.get("shot_noise_level", 1.0), min=1e-3)
    parameters.add("efficiency", value=values["efficiency"], min=0, max=1, vary=False)
    parameters.add("escape", value=values.get("escape", 1.0), min=0, max=1, vary=False)
    return parameters


def check_device(device: Device) -> None:
    """Raise InputError unless the model can describe a device's spectra.

    Its structure alone is looked at, never its numbers.
    """
    kinds = sorted(mode.kind for mode in device.modes.values())
    pressures = all(c.kind == "radiation_pressure" for c in device.couplings)
    if kinds != ["phonon", "phonon", "photon"] or not pressures:
        raise InputError(
            f"the spectra of {device.name} cannot be fitted: the model is one cavity mode that "
            f"presses on two phonons, the device has {', '.join(kinds)}. Use 'phonosync predict' "
            "for it, or 'phonosync lab' to measure it with tools of your own."
        )
