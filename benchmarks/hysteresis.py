"""Do up and down sweeps over the wire show the branches that theory's sweep gives?

    python benchmarks/hysteresis.py [--averages 16]

A Kerr magnon like that of `gupta_kerr`, its phonon damped to 20 kHz so that it settles quickly, is
measured in the virtual lab with the shipped plan `kerr_hysteresis`: microwave power up and down, in
both directions of the field. Printed, for every direction, branch and power: how many stable states
theory has there, the intensity of that on its branch, and χ² per point of the measured spectrum
against theory's on this branch and on the other one.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from phonosync.analysis.schema import load_run
from phonosync.experiments.plan.plan import Plan, load_plan
from phonosync.experiments.run.start import VirtualChoice, begin
from phonosync.theory import Device, drift, output_amplitude, output_spectrum, steady_states
from phonosync.theory.device import device_from_text
from phonosync.theory.device.text import device_text
from phonosync.theory.fluctuations import diffusion

POWERS = ("5 mW", "14 mW", "20 mW", "40 mW", "60 mW")


def damped_sphere() -> str:
    """The text of `gupta_kerr` with its phonon damped."""
    return device_text("gupta_kerr").replace("linewidth: 200 Hz", "linewidth: 20 kHz")


def plan_of(averages: int) -> Plan:
    """The shipped plan with fewer powers and a wider band."""
    shipped = load_plan("kerr_hysteresis").model_dump(mode="json")
    shipped["sweep"][0]["values"] = [float(p.split()[0]) * 1e-3 for p in POWERS]
    shipped["spectrum"] |= {"start": 9.5e6, "stop": 10.5e6, "averages": averages}
    return Plan.from_record(shipped)


def states_on_the_way(device: Device, plan: Plan, field: int) -> dict[str, list[Any]]:
    """Theory's sweep: the stable state nearest to the last one, up and down."""
    assert plan.microwave is not None
    powers = plan.sweep[0].ascending
    networks = [_network(device, field, power, plan.microwave.frequency) for power in powers]
    stable = [[s for s in steady_states(n) if s.stable] for n in networks]
    here = min(stable[0], key=lambda s: abs(s.amplitudes[1]))
    found: dict[str, list[Any]] = {"up": [], "down": []}
    for branch, order in (("up", range(len(powers))), ("down", reversed(range(len(powers))))):
        for i in order:
            before = here.amplitudes
            here = min(stable[i], key=lambda s: float(np.sum(abs(s.amplitudes - before) ** 2)))
            found[branch].append((i, networks[i], here, stable[i]))
        found[branch].sort(key=lambda row: row[0])
    return found


def _network(device: Device, field: int, power: float, frequency: float) -> Any:
    """The device under a drive of this frequency, from which its modes' detunings follow."""
    modes = {
        name: mode.model_copy(update={"detuning": mode.frequency - frequency})
        if mode.kind != "phonon" and mode.frequency is not None
        else mode
        for name, mode in device.modes.items()
    }
    tuned = device.model_copy(update={"modes": modes})
    return tuned.network(field=field, microwave_power=power)


def spectrum(device: Device, network: Any, state: Any, f: np.ndarray) -> np.ndarray:
    """Theory's spectrum of a state, shot-noise units."""
    assert device.detection is not None
    port = device.port(device.detection.port)
    angle = np.angle(output_amplitude(network, state.amplitudes, port)) + device.detection.angle
    A, D = drift(network, state.amplitudes), diffusion(network)
    efficiency = device.detection.efficiency
    return output_spectrum(A, D, port, 2 * np.pi * f, angle=angle, efficiency=efficiency)


def main() -> None:
    """Measure, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--averages", type=int, default=16)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    plan, device = plan_of(options.averages), device_from_text(damped_sphere(), "the sphere")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
        file = Path(place) / "sphere.yaml"
        file.write_text(damped_sphere(), encoding="utf-8")
        run = begin(plan, VirtualChoice(str(file)), options.seed, out=Path(place) / "run")
        data = load_run(run.folder / "data.nc")
    f, K = data["frequency"].values, 2 * plan.quads * options.averages
    measured = data["psd"].mean("repeat") / float(data["shot_noise_psd"].mean())
    print("field branch  power   states   |m|²      χ²/N   on the other branch")
    for field in (1, -1):
        for branch, rows in states_on_the_way(device, plan, field).items():
            for (_, network, state, stable), power in zip(rows, POWERS, strict=True):
                trace = measured.sel(field=field, branch=branch).isel(
                    light=0, microwave_power=POWERS.index(power)
                )
                fits = [
                    float(np.mean((trace.values / spectrum(device, network, s, f) - 1) ** 2) * K)
                    for s in (state, *(s for s in stable if s is not state))
                ]
                others = " ".join(f"{value:.1f}" for value in fits[1:])
                intensity = abs(state.amplitudes[1]) ** 2
                said = f"{field:+d}    {branch:5s} {power:>7s} {len(stable):6d}  {intensity:.2e}"
                print(f"{said}  {fits[0]:.2f}   {others}")


if __name__ == "__main__":
    main()
