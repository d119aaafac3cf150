"""Into persistent mode and out of it, never opening a switch over two different currents."""

from collections.abc import Collection, Mapping

from phonosync.instruments.errors import InstrumentError
from phonosync.instruments.magnets.coils import Coils


def enter(coils: Coils, rate_t_per_s: float) -> dict[str, float]:
    """Close the switches, then take the supplies to zero; the field must stay.

    Returns:
        Axis -> field that its coil was left with, T.

    Raises:
        InstrumentError: a field went with its supply.
    """
    doing = "while it enters persistent mode"
    readings = coils.poll(doing)
    left = {axis: r.field_t for axis, r in readings.items() if r.heater_on is not None}
    _turn_switches(coils, left, on=False)
    coils.ramp(dict.fromkeys(left, 0.0), rate_t_per_s, doing)
    for axis, field_t in left.items():
        now = coils.poll(doing)[axis].field_t
        if abs(now - field_t) > coils.tolerance_t:
            raise InstrumentError(
                f"{coils.supplies[axis].name} reads {now:.5f} T after its supply went to zero, "
                f"{field_t:.5f} T before: its switch does not close. Check the switch and raise "
                "cooling_s."
            )
    return left


def leave(coils: Coils, rate_t_per_s: float, left: Mapping[str, float]) -> None:
    """Bring the supplies to the currents of their coils, compare, then open the switches.

    Args:
        coils: those with a cold switch are treated, the others left alone.
        rate_t_per_s: rate of the supplies, T/s.
        left: what `enter` gave, as far as it is known.

    Raises:
        InstrumentError: the currents of supply and coil differ; the switch stays closed.
    """
    doing = "while it leaves persistent mode"
    coils.wait_for_open_switches()
    readings = coils.poll(doing)
    goals = {
        axis: reading.field_t
        for axis, reading in readings.items()
        if reading.heater_on is False and axis not in coils.quenched
    }
    if not goals:
        return
    for axis, field_t in goals.items():
        _compare(coils, axis, left.get(axis, field_t), field_t, "was left in its coil")
    coils.ramp(goals, rate_t_per_s, doing)
    readings = coils.poll(doing)
    for axis in goals:
        supply_t, field_t = readings[axis].supply_field_t, readings[axis].field_t
        _compare(coils, axis, supply_t, field_t, "is what its supply makes")
    _turn_switches(coils, goals, on=True)


def _compare(coils: Coils, axis: str, other_t: float, field_t: float, what: str) -> None:
    if abs(other_t - field_t) > coils.settings.match_tolerance_t:
        raise InstrumentError(
            f"{coils.supplies[axis].name} says that its coil holds {field_t:.5f} T, but "
            f"{other_t:.5f} T {what}. A switch that opens on a mismatch quenches the coil, so it "
            "stays closed. Find out the coil's true current and open the switch by hand."
        )


def _turn_switches(coils: Coils, axes: Collection[str], *, on: bool) -> None:
    for axis in axes:
        coils.supplies[axis].set_heater(on)
    if on:
        coils.wait_for_open_switches()
    else:
        coils.watch(coils.settings.cooling_s, "while its switch cools")
    readings = coils.poll("after its switch has turned")
    for axis in axes:
        if readings[axis].heater_on is not on:
            raise InstrumentError(
                f"{coils.supplies[axis].name} does not say that its switch heater is "
                f"{'on' if on else 'off'}. Check the heater's current and its cable."
            )
