"""Synchronization from a run's quadrature records: repeats joined, directions compared, tongues."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.measured.calibration import Calibration
from phonosync.analysis.nonreciprocity.contrast import Nonreciprocity
from phonosync.analysis.records.record import PhaseRecord, analyse_record
from phonosync.analysis.records.tongue import Tongue, fit_tongue
from phonosync.analysis.run.grid import direction, other_direction
from phonosync.analysis.run.repeated_records import RepeatedRecords, joined, locking_contrast
from phonosync.analysis.run.setting import Setting, directions_of, settings_of, turned
from phonosync.analysis.schema import swept
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

_FROM_THE_RUN = ("rate_hz", "time_constant_s", "start_skew_s")
_TUNED = ("laser_detuning", "microwave_frequency")
"""Swept quantities that move the frequencies of vibrations, in the order of preference."""


@dataclass(frozen=True)
class Compared:
    """Both directions of what was turned round at one setting.

    Attributes:
        turned: "light" or "field".
        other: the direction of the one that stayed.
        setting: where.
        locking: contrast of the locking values: (R₊ − R₋)/(R₊ + R₋).
        measures: contrast of "S_c", "S_p", "S_phi", of those that have an interval.
        p_value: of no difference in locking, by permutation of the quads' signs; None below 8.
    """

    turned: str
    other: int
    setting: Setting
    locking: Nonreciprocity | None
    measures: Mapping[str, Nonreciprocity]
    p_value: float | None

    def to_json(self) -> dict[str, Any]:
        """Numbers and intervals as JSON knows them."""
        return {
            "turned": self.turned,
            "other": self.other,
            **self.setting.to_json(),
            "locking_contrast": None if self.locking is None else self.locking.contrast.to_json(),
            "contrast": {name: n.contrast.to_json() for name, n in self.measures.items()},
            "p_value": self.p_value,
        }


@dataclass(frozen=True, eq=False)
class TongueRow:
    """Beats along a swept quantity, everything else held: one row of a tongue.

    Attributes:
        light, field: the direction.
        held: the other swept quantities and the branch.
        along: the swept quantity.
        tongue: Adler's law through the beats.
    """

    light: int
    field: int
    held: Setting
    along: str
    tongue: Tongue

    def to_json(self) -> dict[str, Any]:
        """Numbers and intervals as JSON knows them."""
        return {
            "light": self.light,
            "field": self.field,
            **self.held.to_json(),
            "along": self.along,
            "centre_hz": self.tongue.centre_hz.to_json(),
            "half_range_hz": self.tongue.half_range_hz.to_json(),
            "diffusion_hz": self.tongue.diffusion_hz.to_json(),
            "tuning": self.tongue.tuning.to_json(),
            "chi_square": self.tongue.chi_square,
            "degrees": self.tongue.degrees,
        }


@dataclass(frozen=True, eq=False)
class RecordsAnalysis:
    """What a run's quadrature records say.

    Attributes:
        records: by (light, field, setting): the repeats joined.
        compared: directions against each other, setting by setting.
        tongues: where the beat was measured along a swept quantity that moves it.
        notes: what limits them, each said once.
    """

    records: Mapping[tuple[int, int, Setting], RepeatedRecords]
    compared: tuple[Compared, ...] = ()
    tongues: tuple[TongueRow, ...] = ()
    notes: tuple[str, ...] = field(default=())

    @property
    def telling(self) -> Compared | None:
        """The comparison whose locking values lie furthest apart; None where none has any.

        Not the largest contrast: two vibrations that hardly lock differ by any ratio.
        """
        best, found = -1.0, None
        for one in self.compared:
            apart = self._apart(one)
            if one.locking is not None and apart > best:
                best, found = apart, one
        return found

    def _apart(self, one: Compared) -> float:
        """Difference of the locking values; 0 where one is not known."""
        ways = [(s, one.other) if one.turned == "light" else (one.other, s) for s in (1, -1)]
        each = [self.records[(*way, one.setting)].locking_value for way in ways]
        known = [v.value for v in each if v is not None and v.value == v.value]
        return abs(known[0] - known[1]) if len(known) == 2 else 0.0

    def to_json(self) -> dict[str, Any]:
        """Settings, contrasts, tongues and notes as JSON knows them."""
        return {
            "settings": [
                {
                    "light": light,
                    "field": way,
                    **setting.to_json(),
                    **found.to_json(),
                }
                for (light, way, setting), found in self.records.items()
            ],
            "compared": [one.to_json() for one in self.compared],
            "tongues": [row.to_json() for row in self.tongues],
            "notes": list(self.notes),
        }


def records_of(
    data: xarray.Dataset,
    *,
    channels: tuple[int, int] = (0, 1),
    noise: xarray.DataArray | None = None,
    calibration: Calibration | tuple[Calibration, Calibration] | None = None,
) -> RecordsAnalysis:
    """Analyse every record of a run, join the repeats, compare the directions, fit tongues.

    Args:
        data: with `quadratures` over (light, field, swept, branch, repeat, channel, quadrature,
            time).
        channels, noise, calibration: as for `records.record.analyse_record`; by default the
            calibration that the rig file states. Without one there is no S, and directions are
            compared by their locking values.

    Raises:
        InputError: no records, or records that `analyse_record` refuses.
    """
    if "quadratures" not in data:
        raise InputError("the run holds no records; its plan has no 'quadratures'.")
    calibration = calibration if calibration is not None else stated_calibration(data)
    found: dict[tuple[int, int, Setting], RepeatedRecords] = {}
    for setting in settings_of(data):
        here = setting.select(data)
        for light, way in directions_of(data):
            alone = here.sel(light=light, field=way)
            records: list[tuple[float, PhaseRecord]] = [
                (
                    float(alone["quad"].sel(repeat=repeat)),
                    analyse_record(one, channels=channels, noise=noise, calibration=calibration),
                )
                for repeat, one in measured_records(alone)
            ]
            if records:
                found[light, way, setting] = joined(records)
    if not found:
        raise InputError("the run holds no record; it ended before one. Resume it.")
    notes: list[str] = []
    tongues = tuple(_tongues(found, data, notes))
    notes += _said_of_all(found)
    return RecordsAnalysis(
        found, tuple(_compared(found, data)), tongues, tuple(dict.fromkeys(notes))
    )


def stated_calibration(
    data: xarray.Dataset,
) -> Calibration | tuple[Calibration, Calibration] | None:
    """What the rig file said of both channels' quanta per V²; None where it said nothing."""
    stated = data.attrs.get("quanta_per_v2")
    if stated is None:
        return None
    error = float(data.attrs.get("quanta_per_v2_error", 0.0))
    each = [
        Calibration(float(one), error, "stated in the rig file") for one in np.atleast_1d(stated)
    ]
    return each[0] if len(each) == 1 else (each[0], each[1])


def measured_records(alone: xarray.Dataset) -> Iterator[tuple[int, xarray.DataArray]]:
    """Every record of one direction and setting, with what `read_quadratures` asks for.

    Args:
        alone: of a run, with `quadratures` over (repeat, channel, quadrature, time).
    """
    attributes = {k: alone.attrs[k] for k in _FROM_THE_RUN if k in alone.attrs}
    for repeat in alone["repeat"].values.tolist():
        one = alone["quadratures"].sel(repeat=repeat).load()
        if bool(one.notnull().any()):
            yield repeat, one.assign_attrs({**attributes, "units": one.attrs.get("units")})


def _compared(
    found: Mapping[tuple[int, int, Setting], RepeatedRecords], data: xarray.Dataset
) -> Iterator[Compared]:
    for what in turned(data):
        for setting in settings_of(data):
            for other in map(int, data[other_direction(what)].values):
                keys = [direction(what, s, other) for s in (1, -1)]
                plus, minus = (found.get((*key, setting)) for key in keys)
                if plus is not None and minus is not None:
                    locking, measures, p = locking_contrast(plus, minus)
                    yield Compared(what, other, setting, locking, measures, p)


def _tongues(
    found: Mapping[tuple[int, int, Setting], RepeatedRecords],
    data: xarray.Dataset,
    notes: list[str],
) -> Iterator[TongueRow]:
    along = next((name for name in _TUNED if name in swept(data)), None)
    if along is None:
        return
    rows: dict[tuple[int, int, Setting], list[tuple[float, RepeatedRecords]]] = {}
    for (light, way, setting), one in found.items():
        rest = tuple((dim, value) for dim, value in setting.values if dim != along)
        label = ", ".join(
            part for part in setting.label.split(", ") if not part.startswith(_said(along))
        )
        held = Setting(rest, setting.branch, label)
        if one.beat_hz is not None:
            rows.setdefault((light, way, held), []).append((setting.at[along], one))  # pyright: ignore[reportArgumentType]
    for (light, way, held), row in rows.items():
        x = [value for value, _ in row]
        beats = [one.beat_hz for _, one in row if one.beat_hz is not None]
        try:
            yield TongueRow(light, way, held, along, fit_tongue(x, beats, free_tuning=True))
        except InputError as error:
            where = f" at {held.label}" if held.label else ""
            notes.append(f"no tongue over {_said(along)}{where}: {error}")


def _said_of_all(found: Mapping[tuple[int, int, Setting], RepeatedRecords]) -> Iterable[str]:
    """Notes of every setting, with the number of settings where not all have it."""
    count: dict[str, list[str]] = {}
    for one in found.values():
        for kind, note in one.notes.items():
            count.setdefault(kind, []).append(note)
    for notes in count.values():
        every = len(notes) == len(found)
        yield notes[0] if every else f"in {len(notes)} of {len(found)} settings: {notes[0]}"


def _said(dimension: str) -> str:
    return dimension.replace("_", " ")
