"""What `predict` adds for a device file that a fit has written: intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table

from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    from phonosync.analysis.models.forecast import Forecast
    from phonosync.theory.device import Device

_SHOWN = ("S_c", "S_p", "E_N")


def forecasts_of(
    device: Device, source: str, pair: tuple[str, str] | None
) -> tuple[list[Forecast], str]:
    """Forecasts of a device whose covariance stands beside its file, or why there are none.

    Args:
        device: as loaded.
        source: its file, or the name of a shipped device.
        pair: two phonons' names; the first two by default.

    Returns:
        One forecast a direction, and ""; none, and a sentence where there is something to say.
    """
    from phonosync.theory.device.uncertainty import uncertainty_of

    if uncertainty_of(device, source) is None or len(device.phonons) < 2:
        return [], ""
    from phonosync.analysis.models.fitted_device import load_fitted_device
    from phonosync.analysis.models.forecast import forecast

    try:
        return forecast(load_fitted_device(source), pair=pair), ""
    except InputError as problem:
        return [], f"No intervals: {problem}"


def forecast_table(found: list[Forecast]) -> Table:
    """S_c, S_p and E_N with their intervals, a row a direction."""
    table = Table(title="What the fit leaves open: 95 % intervals")
    table.title_justify = "left"
    several = [len({getattr(one, name) for one in found}) > 1 for name in ("light", "field")]
    for name, does in zip(("light", "field"), several, strict=True):
        if does:
            table.add_column(name, justify="right")
    for name in _SHOWN:
        table.add_column(name, justify="right")
    for one in found:
        ways = [f"{x:+d}" for x, does in zip((one.light, one.field), several, strict=True) if does]
        cells = ("\n".join(one.measures[name].text()) for name in _SHOWN)
        table.add_row(*ways, *cells, end_section=True)
    return table


def contrast_lines(found: list[Forecast]) -> list[str]:
    """Contrasts of S_c in sentences, and which draws oscillate."""
    lines = []
    for one in found:
        for name, chi in one.contrasts.items():
            if getattr(one, name) == 1:
                other = "field" if name == "light" else "light"
                at = f" at {other} {getattr(one, other):+d}" if len(one.contrasts) > 1 else ""
                value, ends = chi.text()
                lines.append(f"Contrast χ of S_c, {name}{at}: {value} [{ends}].")
        if one.at_rest < 1:
            lines.append(
                f"Light {one.light:+d}, field {one.field:+d}: {1 - one.at_rest:.0%} of the devices "
                "drawn from the fit oscillate; they are not in the intervals."
            )
    return [line.replace("-", "−").replace(" []", "") for line in lines]


def forecast_json(found: list[Forecast]) -> list[dict[str, Any]]:
    """The same as plain numbers; null stands for what is not known."""
    return [
        {
            "light": one.light,
            "field": one.field,
            **{name: interval.to_json() for name, interval in one.measures.items()},
            "contrast": {name: chi.to_json() for name, chi in one.contrasts.items()},
            "at_rest": one.at_rest,
        }
        for one in found
    ]
