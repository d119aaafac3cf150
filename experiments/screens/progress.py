"""What a terminal shows while a run is measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike
from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from phonosync.theory.device.text import write_quantity

if TYPE_CHECKING:
    from phonosync.experiments.plan.plan import Plan
    from phonosync.experiments.plan.schedule import Point
    from phonosync.experiments.run.loop import Step

_BLOCKS = " ▁▂▃▄▅▆▇█"
KINDS = {
    "lead_in": "lead-in",
    "shot_noise": "shot noise",
    "dark": "dark",
    "tone": "calibration tone",
    "thermal": "thermal reference",
}


@contextmanager
def progress(plan: Plan, console: Console) -> Iterator[Callable[[Step], None]]:
    """Points, time left, the last spectrum and the contrast so far; on a terminal only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    bar = Progress(*columns, console=console)
    task = bar.add_task(plan.name, total=None)
    if not console.is_terminal:
        yield lambda step: None
        return
    with Live(bar, console=console, transient=True, refresh_per_second=5) as live:

        def watch(step: Step) -> None:
            bar.update(
                task, completed=step.done, total=step.total, description=words(step.point, plan)
            )
            shown: list[Progress | Text] = [bar]
            if "psd" in step.arrays:
                psd = step.arrays["psd"]
                f = psd["frequency"].values
                plot = small_plot(psd.values, width=min(console.width - 2, 72), height=4)
                decades = np.log10(psd.values.max() / psd.values.min())
                band = f"{f[0] / 1e6:.4g} to {f[-1] / 1e6:.4g} MHz"
                shown.append(Text(f"{plot}\nlast spectrum: {band}, {10 * decades:.0f} dB high"))
            if np.isfinite(step.contrast.value):
                text = "noise contrast here: {} (95 %: {})".format(*step.contrast.text())
                shown.append(Text(text))
            live.update(Group(*shown))

        yield watch


def words(point: Point, plan: Plan) -> str:
    """What is being measured, in a few words."""
    here = point.setting
    turned = [f"light {here.light:+d}"] if here.light else []
    if here.field_size is not None:
        turned.append(f"field {here.field:+d}")
    parts = [KINDS.get(point.kind, point.kind if point.kind == "control" else "")]
    if point.kind in ("data", "lead_in", "control"):
        parts += [", ".join(turned).replace("-", "−")]
    swept = [
        write_quantity(axis.ascending[step], axis.what.unit)
        for axis, step in zip(plan.sweep, point.index, strict=False)
    ]
    if len(plan.branches) > 1 and point.branch:
        swept.append(point.branch)
    return ", ".join([" ".join(part for part in parts if part), *swept])


def small_plot(values: ArrayLike, *, width: int, height: int) -> str:
    """A trace of positive numbers as blocks on a logarithmic scale, from its floor to its peak.

    Args:
        values: shape (n,).
        width, height: characters.

    >>> print(small_plot([1.0, 10.0, 100.0], width=3, height=1))
     ▄█
    """
    pieces = np.array_split(np.log(np.maximum(np.asarray(values, float), 1e-300)), width)
    heights = np.array([piece.max() for piece in pieces if piece.size])
    span = np.ptp(heights)
    eighths = np.round((heights - heights.min()) / (span or 1.0) * 8 * height).astype(int)
    rows = []
    for row in reversed(range(height)):
        rows.append("".join(_BLOCKS[level] for level in np.clip(eighths - 8 * row, 0, 8)))
    return "\n".join(rows)
