"""Figures of tongues: beats against detuning with Adler's law, and the map over power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.figure import Figure

from phonosync.analysis.figures.run import COLOURS, NAMES
from phonosync.analysis.measured.frequency_axis import unit_of
from phonosync.analysis.records.tongue import Tongue
from phonosync.analysis.statistics.interval import SIGMAS_95, Interval

_GREY = "#555555"
_POWERS = ((1.0, "W"), (1e-3, "mW"), (1e-6, "µW"), (1e-9, "nW"))


def draw_tongue(tongues: Mapping[int, Tongue], *, names: Mapping[int, str] = NAMES) -> Figure:
    """Draw beats with their 95 % intervals and the fitted law, both directions in one panel.

    The bar at the bottom is the locking range 2K with its ends' intervals; dashed: free vibrations.

    Args:
        tongues: by direction (+1, −1).
        names: of the directions, where they are not those of light.
    """
    reach = max(float(np.abs(one.detuning_hz).max()) for one in tongues.values())
    scale, unit = unit_of(reach)
    beats, beat_unit = unit_of(max(float(np.abs(one.beat_hz).max()) for one in tongues.values()))
    figure = Figure(figsize=(6.2, 4.4), layout="constrained")
    axes = figure.subplots()
    for place, (light, one) in enumerate(tongues.items()):
        colour = COLOURS[light]
        fine = np.linspace(one.detuning_hz.min(), one.detuning_hz.max(), 401)
        half = one.half_range_hz
        label = f"{names[light]}: {_words(half, scale)} {unit}"
        axes.plot(fine / scale, one.law(fine) / beats, color=colour, lw=1.4, label=label)
        axes.errorbar(
            one.detuning_hz / scale,
            one.beat_hz / beats,
            SIGMAS_95 * one.beat_error_hz / beats,
            fmt="o",
            ms=4,
            color=colour,
            capsize=2,
        )
        centre, height = one.centre_hz.value / scale, 0.04 + 0.05 * place
        transform = axes.get_xaxis_transform()
        ends = [centre - half.value / scale, centre + half.value / scale]
        axes.plot(ends, [height] * 2, color=colour, lw=2, transform=transform)
        for side in (-1, 1):
            span = [centre + side * half.low / scale, centre + side * half.high / scale]
            axes.plot(span, [height] * 2, color=colour, lw=6, alpha=0.4, transform=transform)
    low, high = axes.get_xlim()
    line = np.array([low, high])
    first = next(iter(tongues.values()))
    free = first.tuning.value * (line * scale - first.centre_hz.value) / beats
    axes.plot(line, free, color=_GREY, lw=0.8, ls="--", zorder=0, label="free vibrations")
    axes.set_xlim(low, high)
    axes.set_xlabel(f"detuning ({unit})")
    axes.set_ylabel(f"frequency difference ({beat_unit})")
    title = "half locking range"
    figure.legend(loc="outside upper center", ncols=2, frameon=False, fontsize=9, title=title)
    return figure


def draw_tongue_map(
    rows: Mapping[int, Sequence[tuple[float, Tongue]]], *, names: Mapping[int, str] = NAMES
) -> Figure:
    """Draw |beat| over detuning and power, one panel a direction, with the fitted locking range.

    Args:
        rows: by direction (+1, −1), pairs of power (W) and its tongue; all tongues of a direction
            on the same detunings.
        names: of the directions.
    """
    every = [one for row in rows.values() for _, one in row]
    scale, unit = unit_of(max(float(np.abs(one.detuning_hz).max()) for one in every))
    largest = max(power for row in rows.values() for power, _ in row)
    watts, power_unit = next(((s, u) for s, u in _POWERS if largest >= s), _POWERS[-1])
    highest = max(float(np.abs(one.beat_hz).max()) for one in every)
    beat_scale, beat_unit = unit_of(highest)
    top = highest / beat_scale
    figure = Figure(figsize=(4.4 * len(rows) + 1.0, 4.2), layout="constrained")
    panels = figure.subplots(1, len(rows), sharex=True, sharey=True, squeeze=False)[0]
    image = None
    for axes, (light, row) in zip(panels, rows.items(), strict=True):
        ordered = sorted(row, key=lambda pair: pair[0])
        power = np.array([p for p, _ in ordered]) / watts
        x = ordered[0][1].detuning_hz / scale
        beats = np.abs([one.beat_hz for _, one in ordered]) / beat_scale
        image = axes.pcolormesh(
            x, power, beats, vmin=0, vmax=top, cmap="cividis", shading="nearest"
        )
        # A range that only noise could hide has no edges.
        ordered = [pair for pair in ordered if pair[1].half_range_hz.low > 0]
        power = np.array([p for p, _ in ordered]) / watts
        for side in (-1, 1) if ordered else ():
            edges = np.array(
                [
                    [one.centre_hz.value + side * K for K in _parts(one.half_range_hz)]
                    for _, one in ordered
                ]
            ).T
            middle, low, high = edges / scale
            label = "locking range, 95 %" if side > 0 else None
            error = np.abs([middle - low, high - middle])
            axes.errorbar(
                middle,
                power,
                xerr=error,
                fmt="o-",
                ms=3,
                lw=1.2,
                color="white",
                capsize=2,
                label=label,
            )
        axes.set_title(names[light], color=COLOURS[light], fontsize=11)
        axes.set_xlabel(f"detuning ({unit})")
        axes.set_xlim(x.min(), x.max())
    panels[0].set_ylabel(f"power ({power_unit})")
    panels[0].legend(fontsize=9, loc="lower right", facecolor=_GREY, labelcolor="white")
    figure.colorbar(image, ax=panels, label=f"|frequency difference| ({beat_unit})")  # type: ignore
    return figure


def _parts(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def _words(interval: Interval, scale: float) -> str:
    if interval.low <= 0:  # the bound, not the data, ends the interval
        return f"less than {interval.high / scale:.3g}"
    value, _ = Interval(*(part / scale for part in _parts(interval))).text()
    return f"{value} ± {(interval.high - interval.low) / 2 / scale:.2g}"
