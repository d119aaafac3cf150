"""A prediction as plain numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from phonosync.theory.device import Device
    from phonosync.theory.dynamics.self_oscillation import Oscillation
    from phonosync.theory.prediction import Pair, Prediction

_MOTION = {True: "not oscillating", False: "oscillating"}


def to_json(
    device: Device,
    states: list[Prediction],
    moving: list[Oscillation],
    pair: Pair | None,
) -> dict[str, Any]:
    """The prediction as plain numbers; frequencies in Hz, growth in 1/s."""
    names = list(device.modes)
    stable = {(p.light, p.field): False for p in states}
    for p in states:
        stable[p.light, p.field] |= p.stable
    return {
        "device": device.name,
        "pair": None if pair is None else [names[i] for i in pair],
        "directions": [
            {
                "light": light,
                "field": field,
                "motion": "not oscillating" if rests else "oscillating",
            }
            for (light, field), rests in stable.items()
        ],
        "states": [_state(p, names) for p in states],
        "oscillations": [_oscillation(o, names) for o in moving],
    }


def _state(p: Prediction, names: list[str]) -> dict[str, Any]:
    quanta = None if p.occupations is None else _by_name(names, p.occupations)
    entangled = None
    if p.negativities is not None:
        entangled = [
            {"modes": [names[i], names[j]], "E_N": E} for (i, j), E in p.negativities.items()
        ]
    return {
        "light": p.light,
        "field": p.field,
        "stable": p.stable,
        "growth": p.growth,
        "amplitudes": {n: [c.real, c.imag] for n, c in zip(names, p.amplitudes, strict=True)},
        "intensities": _by_name(names, np.abs(p.amplitudes) ** 2),
        "occupations": quanta,
        "S_c": p.S_c,
        "S_p": p.S_p,
        "S_phi": p.S_phi,
        "E_N": p.E_N,
        "entanglement": entangled,
    }


def _oscillation(o: Oscillation, names: list[str]) -> dict[str, Any]:
    return {
        "light": o.light,
        "field": o.field,
        "kind": o.kind,
        "frequency_hz": None if o.frequency is None else o.frequency / (2 * np.pi),
        "period_s": o.period,
        "linewidth_hz": None if o.linewidth is None else o.linewidth / (2 * np.pi),
        "excursions": _by_name(names, o.excursion),
        "phase_difference": o.phase_difference,
        "S_c": o.S_c,
        "S_p": o.S_p,
        "S_phi": o.S_phi,
    }


def _by_name(names: list[str], values: Any) -> dict[str, float]:
    return dict(zip(names, map(float, values), strict=True))
