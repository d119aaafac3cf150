"""What `predict` prints, dumps and draws."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table

from phonosync.experiments.run.folder import made
from phonosync.experiments.screens.forecast import (
    contrast_lines,
    forecast_json,
    forecast_table,
    forecasts_of,
)
from phonosync.experiments.screens.prediction_json import to_json
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from phonosync.theory.device import Device
    from phonosync.theory.dynamics.self_oscillation import Oscillation
    from phonosync.theory.prediction import Pair, Prediction

_NONE = "—"


def predict(
    device_name: str,
    as_json: bool,
    *,
    pair: str | None = None,
    plot: bool = False,
    out: Path | None = None,
) -> None:
    """Print or dump theory's prediction for every direction and steady state; draw it.

    Args:
        device_name: a shipped device or a device file.
        as_json: one JSON document instead of text.
        pair: two phonons' names with a comma; the first two by default.
        plot: write the figures too.
        out: folder for the figures; this one by default.
    """
    from phonosync.theory.device import load_device
    from phonosync.theory.dynamics.self_oscillation import oscillations
    from phonosync.theory.prediction import phonon_pair
    from phonosync.theory.prediction import predict as predict_device

    device = load_device(device_name)
    names = _pair(pair)
    states = predict_device(device, pair=names)
    moving = oscillations(device, pair=names)
    forecasts, no_forecast = forecasts_of(device, device_name, names)
    drawn, not_drawn = _draw(device, names, out, as_json) if plot else ({}, [])
    chosen = phonon_pair(device, names)
    if as_json:
        document = to_json(device, states, moving, chosen)
        if forecasts:
            document["forecast"] = forecast_json(forecasts)
        if plot:
            document |= {"figures": drawn, "not_drawn": not_drawn}
        print(json.dumps(document, ensure_ascii=False))
        return
    console = Console()
    console.print(_states_table(device, states, chosen))
    if forecasts:
        console.print(forecast_table(forecasts))
    for line in [
        *contrast_lines(forecasts),
        *filter(None, [no_forecast]),
        *_remarks(device, states, moving, chosen),
    ]:
        console.print(line, highlight=False, markup=False)
    for path in drawn.values():
        console.print(f"Figure: {path}", highlight=False, markup=False, soft_wrap=True)
    for sentence in not_drawn:
        console.print(sentence, highlight=False, markup=False)


def _pair(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    parts = tuple(part.strip() for part in text.split(","))
    if len(parts) != 2:
        raise InputError(
            f"--pair {text!r} is not two names with a comma; write --pair phonon_1,phonon_2."
        )
    return parts[0], parts[1]


def _draw(
    device: Device, pair: tuple[str, str] | None, out: Path | None, quietly: bool
) -> tuple[dict[str, str], list[str]]:
    """Write the figures; their paths by name, and a sentence for each that makes no sense."""
    from phonosync.analysis.figures.prediction import draw_prediction

    folder = made(out if out is not None else Path())
    drawn, not_drawn = {}, []
    with nullcontext() if quietly else Console(stderr=True).status("Drawing"):
        for name, figure in draw_prediction(device, pair=pair):
            if isinstance(figure, str):
                not_drawn.append(figure)
                continue
            path = folder / f"{device.name}.{name}.png"
            figure.savefig(path, dpi=150)
            drawn[name] = str(path)
    return drawn, not_drawn


def _states_table(device: Device, states: list[Prediction], pair: Pair | None) -> Table:
    table = Table(title=f"Prediction for {device.name}", title_justify="left")
    fields = [name for name, mode in device.modes.items() if mode.kind != "phonon"]
    directions = {(p.light, p.field) for p in states}
    varies = [len(set(values)) > 1 for values in zip(*directions, strict=True)]
    heads = [word for word, does in zip(("light", "field"), varies, strict=True) if does]
    heads += ["state", *(("S_c", "S_p", "E_N") if pair else ())]
    heads += ["phonon\nquanta"] if device.phonons else []
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    if fields:
        table.add_column("\n".join(f"|{name}|²" for name in fields), justify="right")
    for p in states:
        direction = zip((p.light, p.field), varies, strict=True)
        row = [f"{value:+d}" for value, does in direction if does]
        row.append("stable" if p.stable else "unstable")
        if pair:
            measures = (p.S_c, p.S_p, p.E_N)
            row += [_NONE if value is None else f"{value:.4f}" for value in measures]
        if device.phonons:
            quanta = p.occupations
            row.append(
                _NONE if quanta is None else "\n".join(f"{quanta[i]:.3g}" for i in device.phonons)
            )
        if fields:
            means = (abs(p.amplitudes[device.index(name)]) ** 2 for name in fields)
            row.append("\n".join(f"{mean:.3g}" for mean in means))
        table.add_row(*row)
    return table


def _remarks(
    device: Device, states: list[Prediction], moving: list[Oscillation], pair: Pair | None
) -> list[str]:
    names = list(device.modes)
    lines = []
    stable = [p for p in states if p.stable]
    if stable and pair:
        i, j = pair
        lines.append(
            f"S_c, S_p and E_N are of {names[i]} and {names[j]}. In a stable state they are not "
            "oscillating: S measures their fluctuations."
        )
    elif not pair:
        lines.append(
            f"{device.name} has {len(device.phonons) or 'no'} phonon"
            f"{'' if len(device.phonons) == 1 else 's'}; synchronization is of two."
        )
    lines += _entanglement(device, states, pair)
    return lines + [_in_words(o, device, pair) for o in moving]


def _entanglement(device: Device, states: list[Prediction], pair: Pair | None) -> list[str]:
    """E_N of the pairs of modes that are entangled somewhere, but for the table's pair."""
    names, shown = list(device.modes), None if pair is None else (min(pair), max(pair))
    found: dict[Pair, list[str]] = {}
    for p in states:
        for modes, E in (p.negativities or {}).items():
            if E > 0 and modes != shown:
                found.setdefault(modes, []).append(f"{E:.4f} ({_direction(p, device)})")
    return [f"E_N of {names[i]} and {names[j]}: {', '.join(v)}." for (i, j), v in found.items()]


def _direction(p: Prediction | Oscillation, device: Device) -> str:
    from phonosync.theory.prediction import direction_name, distinguished

    return direction_name((p.light, p.field), distinguished(device))


def _in_words(o: Oscillation, device: Device, pair: Pair | None) -> str:
    """One oscillation in sentences."""
    names = list(device.modes)
    swing = ", ".join(
        f"{names[i]} {o.excursion[i]:.4g}" for i in device.phonons or range(len(names))
    )
    where = _direction(o, device)
    head = f"{where[0].upper()}{where[1:]}: oscillates, no steady state is stable. "
    size = f"Amplitudes (r.m.s., √quanta): {swing}."
    if o.frequency is None:
        what = {
            "quasi-periodic": "Quasi-periodic: two phases run freely, nothing locks them.",
            "chaotic": "Chaotic.",
        }.get(o.kind, "It did not settle in the time given.")
        return f"{head}{what} {size}"
    text = f"{head}Limit cycle of {_hertz(o.frequency)}"
    if o.linewidth is not None:
        text += f", {_hertz(o.linewidth)} wide by phase diffusion"
    text += f". {size}"
    if pair and o.S_c is not None and o.phase_difference is not None:
        text += (
            f" Round it {names[pair[0]]} and {names[pair[1]]} have S_c {o.S_c:.4f}, S_p "
            f"{o.S_p:.4f}, S_φ {o.S_phi:.4f} (common phase left out), at a phase difference of "
            f"{o.phase_difference:+.3f} rad."
        )
    elif o.linewidth is None:
        text += " A second phase runs freely, so no S is finite."
    return text


def _hertz(omega: float) -> str:
    value = omega / (2 * np.pi)
    prefixes = ((1e9, "GHz"), (1e6, "MHz"), (1e3, "kHz"), (1.0, "Hz"), (1e-3, "mHz"))
    scale, unit = next((p for p in prefixes if value >= p[0]), prefixes[-1])
    return f"{value / scale:.5g} {unit}"
