"""The figures of a prediction: levels, noise, S-parameters, phase space, orbits, a map."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure

from phonosync.analysis.directions.operating_point import NothingToDraw
from phonosync.analysis.figures.level_scheme import draw_levels
from phonosync.analysis.figures.map import draw_synchronization_map
from phonosync.analysis.figures.noise import draw_noise
from phonosync.analysis.figures.orbit import draw_orbits
from phonosync.analysis.figures.phase_space import draw_phase_space
from phonosync.analysis.figures.transmission import draw_transmission
from phonosync.theory.device import Device


def draw_prediction(
    device: Device, *, power: float | None = None, pair: tuple[str, str] | None = None
) -> Iterator[tuple[str, Figure | str]]:
    """Draw what theory expects of a device, figure by figure.

    Args:
        device: any device.
        power: W, of the laser, instead of the file's.
        pair: names of the two phonons; the first two by default.

    Yields:
        The figure's name, and the figure, or one sentence that says why there is none.
    """
    drawers = {
        "levels": lambda: draw_levels(device, power=power),
        "noise": lambda: draw_noise(device, power=power),
        "transmission": lambda: draw_transmission(device, power=power),
        "phase_space": lambda: draw_phase_space(device, power=power, pair=pair),
        "orbits": lambda: draw_orbits(device, power=power, pair=pair),
        "synchronization_map": lambda: draw_synchronization_map(device, power=power, pair=pair),
    }
    for name, draw in drawers.items():
        try:
            yield name, draw()
        except NothingToDraw as reason:
            yield name, f"No figure {name}: {reason}"
