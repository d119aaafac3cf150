"""Predicted noise of the light behind the detection port, direction by direction."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter
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
from phonosync.analysis.measured.frequency_axis import label_frequency, resolving, windows
from phonosync.theory.device import Device
from phonosync.theory.fluctuations import diffusion
from phonosync.theory.ports import output_amplitude
from phonosync.theory.ports.output_spectra import output_spectrum

TWO_PI = 2 * np.pi
_MOST_PANELS = 4


def draw_noise(device: Device, *, power: float | None = None) -> Figure:
    """Draw the homodyne noise spectra over the phonons' lines, all directions in one panel.

    One panel for each group of lines that lie close together, points dense on every line. Without
    phonons the lines are those of the other modes.

    Args:
        device: with a detection port.
        power: W, of the laser, instead of the file's.

    Raises:
        NothingToDraw: no detection port, or no direction has a stable state.
    """
    if device.detection is None:
        raise NothingToDraw(f"{device.name} has no detection port.")
    points = operating_points(device, power=power)
    settled = settled_points(points)
    every = [tuple(line) for point in settled for line in phonon_lines(device, point).tolist()]
    intervals = windows(every, widths=4)[:_MOST_PANELS]
    figure = Figure(figsize=(max(6.4, 3.4 * len(intervals)), 4.2), layout="constrained")
    panels = figure.subplots(1, len(intervals), sharey=True, squeeze=False)[0]
    for axes, (low, high) in zip(panels, intervals, strict=True):
        frequency = resolving(max(low, 0.0), high, every)
        shift, scale = label_frequency(axes, (float(frequency[0]), high), "frequency")
        for point in settled:
            noise = homodyne_noise(device, point, frequency)
            axes.plot(
                (frequency - shift) / scale,
                noise,
                color=point.colour,
                ls=point.line,
                lw=1.5,
                label=point.label,
            )
        axes.axhline(1, color=GREY, lw=0.8, ls=":", label="shot noise")
    _label_noise(list(panels), device)
    name_missing(figure, points, "no stationary spectrum")
    return figure


def homodyne_noise(
    device: Device, point: OperatingPoint, frequency_hz: NDArray[np.floating]
) -> NDArray[np.floating]:
    """Noise at the device's detector, shot noise = 1, shape (F,)."""
    detection = device.detection
    assert detection is not None
    port = device.output(detection.port, point.light)
    c = point.settled.amplitudes
    driven = device.driven_through(detection.port, point.light)
    mean = output_amplitude(point.network, c, port, driven=driven)
    return output_spectrum(
        point.drift,
        diffusion(point.network),
        port,
        TWO_PI * frequency_hz,
        angle=float(np.angle(mean)) + detection.angle,
        efficiency=detection.efficiency,
    )


def _label_noise(panels: list[Axes], device: Device) -> None:
    detection = device.detection
    assert detection is not None
    first, last = panels[0], panels[-1]
    low, high = first.get_ylim()
    if high > 5 * max(low, 1e-2):
        first.set_yscale("log")
        first.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        first.yaxis.set_major_formatter("{x:g}")
        first.yaxis.set_minor_formatter(NullFormatter())
    quadrature = detection.quadrature
    angle = f"{quadrature} quadrature" if isinstance(quadrature, str) else f"{quadrature:.3g} rad"
    first.set_ylabel("noise power (shot noise = 1)")
    first.set_title(
        f"port {detection.port}, {angle}, efficiency {detection.efficiency:g}",
        fontsize=11,
        loc="left",
    )
    last.legend(frameon=False, fontsize=9)
