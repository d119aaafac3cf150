"""Predicted S-parameters between a device's ports with the drives on, direction by direction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from phonosync.analysis.directions.operating_point import (
    GREY,
    NothingToDraw,
    OperatingPoint,
    name_missing,
    operating_points,
    phonon_lines,
    settled_points,
)
from phonosync.analysis.measured.frequency_axis import (
    label_frequency,
    lines,
    resolving,
    unit_of,
    windows,
)
from phonosync.theory.device import Device
from phonosync.theory.device.waveguide import links
from phonosync.theory.ports.scattering import driven_response

TWO_PI = 2 * np.pi
_FLOOR_DB = -60.0
_MOST_PORTS = 3


@dataclass(frozen=True, eq=False)
class Transmission:
    """|S_pq|² of one direction: from port q to port p, dB, shape (F, P, P)."""

    point: OperatingPoint
    ports: tuple[str, ...]
    frequency_hz: NDArray[np.floating]
    power_db: NDArray[np.floating]


def draw_transmission(device: Device, *, power: float | None = None) -> Figure:
    """Draw |S_pq|² of every pair of ports about the drive, all directions in one panel.

    What a network analyzer reads with the drives on: the part of a weak probe that leaves at its
    own frequency, with the windows that the phonons open in it. For a single port the phonons'
    sidebands follow enlarged; of more than three ports the first three are drawn.

    Args:
        device: with a port.
        power: W, of the laser, instead of the file's.

    Raises:
        NothingToDraw: no port, or no direction has a stable state.
    """
    if not device.ports:
        raise NothingToDraw(f"{device.name} has no ports.")
    points = operating_points(device, power=power)
    settled = settled_points(points)
    found = [tuple(line) for p in settled for line in lines(p.drift).tolist()]
    reach = max(f + 4 * w for f, w in found)
    frequency = resolving(-reach, reach, [*found, *((-f, w) for f, w in found)])
    curves = [transmission(device, point, frequency) for point in settled]
    met = {name for curve in curves for name in curve.ports}
    names = [name for name in device.ports if name in met][:_MOST_PORTS]
    if len(names) == 1:
        intervals = [(-reach, reach)]
        if device.phonons:
            near = [line for p in settled for line in phonon_lines(device, p).tolist()]
            intervals += _most_structured(curves, windows([(f, w) for f, w in near], widths=4))
        figure, panels = _one_port(curves, names[0], intervals)
    else:
        figure, panels = _many_ports(curves, names, reach)
    for axes in panels.flat:
        axes.axhline(0, color=GREY, lw=0.8, ls=":")
        axes.margins(y=0.08)
    panels.flat[-1].legend(frameon=False, fontsize=9)
    name_missing(figure, points, "no linear response")
    return figure


def transmission(
    device: Device, point: OperatingPoint, frequency_hz: NDArray[np.floating]
) -> Transmission:
    """|S_pq|² between all ports that a probe can leave by, at least the figure's floor.

    Those that feed another mode are not among them: what leaves there is measured after it.
    """
    through = links(device.couplings, point.light)
    ports = tuple(name for name in device.ports if name not in through)
    signal = driven_response(
        point.network,
        point.settled.amplitudes,
        [device.output(name, point.light) for name in ports],
        TWO_PI * frequency_hz,
    ).signal
    power = np.maximum(np.abs(signal) ** 2, 10 ** (_FLOOR_DB / 10))
    return Transmission(point, ports, frequency_hz, 10 * np.log10(power))


def _most_structured(
    curves: list[Transmission], intervals: list[tuple[float, float]]
) -> list[tuple[float, float]]:
    """The intervals, or their mirror images below the drive, by where the curves vary more."""

    def variation(mirrored: bool) -> float:
        total = 0.0
        for low, high in intervals:
            for curve in curves:
                f = -curve.frequency_hz if mirrored else curve.frequency_hz
                total += float(np.ptp(curve.power_db[(f >= low) & (f <= high)]))
        return total

    if variation(mirrored=True) > variation(mirrored=False):
        return [(-high, -low) for low, high in intervals]
    return intervals


def _one_port(
    curves: list[Transmission], name: str, intervals: list[tuple[float, float]]
) -> tuple[Figure, Any]:
    figure = Figure(figsize=(3.9 * max(len(intervals), 1.6), 4.0), layout="constrained")
    panels = figure.subplots(1, len(intervals), squeeze=False)
    for axes, (low, high) in zip(panels[0], intervals, strict=True):
        shift, scale = label_frequency(axes, (low, high), "probe − drive")
        for curve in curves:
            _plot(axes, curve, (name, name), shift, scale, within=(low, high))
        axes.set_title("about the phonons", fontsize=11)
        axes.set_ylabel("$|S_{11}|^2$ (dB)")
    panels[0, 0].set_title(f"$S_{{11}}$: {name} → {name}", fontsize=11)
    return figure, panels


def _many_ports(curves: list[Transmission], names: list[str], reach: float) -> tuple[Figure, Any]:
    P = len(names)
    scale, unit = unit_of(reach)
    figure = Figure(figsize=(3.6 * P, 2.6 * P), layout="constrained")
    panels = figure.subplots(P, P, sharex=True, sharey=True, squeeze=False)
    for p, out in enumerate(names):
        for q, into in enumerate(names):
            axes = panels[p, q]
            for curve in curves:
                _plot(axes, curve, (out, into), 0.0, scale, within=(-reach, reach))
            axes.set_title(f"$S_{{{p + 1}{q + 1}}}$: {into} → {out}", fontsize=11)
            axes.set_xlim(-reach / scale, reach / scale)
            if p == P - 1:
                axes.set_xlabel(f"probe − drive ({unit})")
            if q == 0:
                axes.set_ylabel("$|S|^2$ (dB)")
    return figure, panels


def _plot(
    axes: Axes,
    curve: Transmission,
    ends: tuple[str, str],
    shift: float,
    scale: float,
    *,
    within: tuple[float, float],
) -> None:
    if not set(ends) <= set(curve.ports):
        return
    p, q = (curve.ports.index(name) for name in ends)
    f = curve.frequency_hz
    shown = (f >= within[0]) & (f <= within[1])
    axes.plot(
        (f[shown] - shift) / scale,
        curve.power_db[shown, p, q],
        color=curve.point.colour,
        ls=curve.point.line,
        lw=1.4,
        label=curve.point.label,
    )
