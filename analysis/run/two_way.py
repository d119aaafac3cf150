"""Isolation from a run's S-parameters: per direction and setting, and whether it turns round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from phonosync.analysis.nonreciprocity.two_way import (
    TwoWayIsolation,
    trace_noise,
    two_way_isolation,
)
from phonosync.analysis.run.grid import direction, other_direction
from phonosync.analysis.run.setting import Setting, directions_of, settings_of, turned
from phonosync.theory.errors import InputError

if TYPE_CHECKING:
    import xarray

LEVEL_DB = 10.0
"""Isolation whose bandwidth is given unless another is asked for: a tenth of the power returns."""
_WANDERING = 0.1  # rad r.m.s. of a sweep's phase against the mean


@dataclass(frozen=True, eq=False)
class TwoWayDirection:
    """One direction at one setting.

    Attributes:
        light, field: the direction.
        setting: where.
        repeats: sweeps that were averaged.
        noise: r.m.s. complex noise of the averaged S-parameters, from the repeats' scatter; the
            larger of S21's and S12's.
        isolation: peak, bandwidth, loss.
    """

    light: int
    field: int
    setting: Setting
    repeats: int
    noise: float
    isolation: TwoWayIsolation

    @property
    def isolates(self) -> bool:
        """Whether S21 and S12 differ somewhere in the band, all its points counted together."""
        return self.isolation.peak_db.low > 0

    def to_json(self) -> dict[str, Any]:
        """Numbers and intervals, without the curve."""
        found = self.isolation
        return {
            "light": self.light,
            "field": self.field,
            **self.setting.to_json(),
            "repeats": self.repeats,
            "trace_noise": self.noise,
            "passing": "S{}{}".format(*found.passing),
            "isolates": self.isolates,
            "peak_hz": found.peak_hz,
            "peak_db": found.peak_db.to_json(),
            "level_db": found.level_db,
            "bandwidth_hz": found.bandwidth_hz.to_json(),
            "insertion_loss_db": found.insertion_loss_db.to_json(),
        }


@dataclass(frozen=True)
class Turn:
    """Whether the isolation follows what was turned round.

    Attributes:
        turned: "light" or "field".
        other: the direction of the one that stayed.
        setting: where.
        answer: at the frequencies where either direction isolates most, "turns round": S21 passes
            more in one direction and S12 in the other; "stays": the same in both, which the
            instrument or an isolator in the path does, too; "undecided": some direction shows no
            isolation beyond its noise there, or the two frequencies do not say the same.
    """

    turned: str
    other: int
    setting: Setting
    answer: str

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "turned": self.turned,
            "other": self.other,
            **self.setting.to_json(),
            "answer": self.answer,
        }


@dataclass(frozen=True, eq=False)
class TwoWayAnalysis:
    """What a run's network analyzer says.

    Attributes:
        directions: every direction of every setting that was measured.
        turns: for whatever was turned round, setting by setting.
        notes: what limits them, each said once.
    """

    directions: tuple[TwoWayDirection, ...]
    turns: tuple[Turn, ...]
    notes: tuple[str, ...] = ()

    def at(self, light: int, field: int, setting: Setting) -> TwoWayDirection | None:
        """One direction of a setting; None where it was not measured."""
        for entry in self.directions:
            if (entry.light, entry.field, entry.setting) == (light, field, setting):
                return entry
        return None

    def to_json(self) -> dict[str, Any]:
        """Directions, turns and notes as JSON knows them."""
        return {
            "directions": [entry.to_json() for entry in self.directions],
            "turns": [turn.to_json() for turn in self.turns],
            "notes": list(self.notes),
        }


def two_way_of(data: xarray.Dataset, *, level_db: float = LEVEL_DB) -> TwoWayAnalysis:
    """Isolation, bandwidth and loss of every direction and setting of a run.

    The repeats of a setting are averaged as complex numbers, and their scatter is the trace noise.
    It holds what moved between them, not an error of the analyzer's calibration, which all share.

    Args:
        data: with `s_parameters` over (light, field, swept, branch, repeat, output_port,
            input_port, probe_frequency).
        level_db: isolation that the bandwidth is asked for.

    Raises:
        InputError: no S-parameters, or nowhere two sweeps of one setting.
    """
    if "s_parameters" not in data:
        raise InputError("the run holds no S-parameters; its plan has no 's_parameters'.")
    found: list[TwoWayDirection] = []
    notes: list[str] = []
    for setting in settings_of(data):
        here = setting.select(data)["s_parameters"]
        for light, way in directions_of(data):
            sweeps = here.sel(light=light, field=way).dropna("repeat", how="any")
            if sweeps.sizes["repeat"] < 2:
                where = f" at {setting.label}" if setting.label else ""
                notes.append(
                    f"{_words(light, way)}{where} has {sweeps.sizes['repeat']} sweeps; its noise "
                    "shows from two on, so that its isolation is left out."
                )
                continue
            found.append(_direction(sweeps, light, way, setting, level_db))
            notes.extend(_on_phase(sweeps, light, way, setting))
    if not found:
        raise InputError(
            "no setting has two sweeps of its S-parameters, which their noise is told from; resume "
            "the run."
        )
    return TwoWayAnalysis(tuple(found), tuple(_turns(found, data)), tuple(dict.fromkeys(notes)))


def _direction(
    sweeps: xarray.DataArray, light: int, field: int, setting: Setting, level_db: float
) -> TwoWayDirection:
    S = sweeps.rename(probe_frequency="frequency").reset_coords(drop=True)
    noise = trace_noise(S)
    # A lossless simulation without noise has no scatter; its rounding stands for it.
    noise = noise.clip(min=1e-12)
    isolation = two_way_isolation(S.mean("repeat"), trace_noise=noise, level_db=level_db)
    across = max(
        float(noise.sel(output_port=2, input_port=1)), float(noise.sel(output_port=1, input_port=2))
    )
    return TwoWayDirection(light, field, setting, S.sizes["repeat"], across, isolation)


def _on_phase(sweeps: xarray.DataArray, light: int, field: int, setting: Setting) -> Iterator[str]:
    """Say where averaging complex numbers takes off what a wandering phase turned away."""
    S = sweeps.rename(probe_frequency="frequency")
    for p, q in ((2, 1), (1, 2)):
        one = S.sel(output_port=p, input_port=q)
        mean = one.mean("repeat")
        common = (one * mean.conj()).sum("frequency")
        wander = float(np.sqrt(np.mean(np.angle(common.values) ** 2)))
        # By white noise alone the common phase would scatter by so much.
        size = float(np.sqrt((abs(mean) ** 2).sum("frequency")))
        alone = float(trace_noise(one)) * np.sqrt(one.sizes["repeat"] / 2) / max(size, 1e-300)
        if wander > max(_WANDERING, 3 * alone):
            where = f" at {setting.label}" if setting.label else ""
            yield (
                f"{_words(light, field)}{where}: the phase of S{p}{q} wandered by {wander:.2g} rad "
                "between sweeps, so that their mean is too small; shorten the run or steady the "
                "cables."
            )


def _turns(found: list[TwoWayDirection], data: xarray.Dataset) -> Iterator[Turn]:
    by_place = {(e.light, e.field, e.setting): e for e in found}
    for what in turned(data):
        for setting in settings_of(data):
            for other in map(int, data[other_direction(what)].values):
                pair = [by_place.get((*direction(what, s, other), setting)) for s in (1, -1)]
                if pair[0] is None or pair[1] is None:
                    continue
                yield Turn(what, other, setting, _answer(pair[0], pair[1]))


def _answer(forward: TwoWayDirection, backward: TwoWayDirection) -> str:
    """Both directions held against each other where one of them isolates most.

    A device that is turned round has its S21 where the other direction has its S12, at the same
    frequency: peaks that pass opposite ways at different frequencies say nothing.
    """
    if not (forward.isolates and backward.isolates):
        return "undecided"
    agree = {
        _sense(other, one.isolation.peak_hz) * _sense(one, one.isolation.peak_hz)
        for one, other in ((forward, backward), (backward, forward))
    }
    if len(agree) > 1:
        return "undecided"
    return {-1: "turns round", 1: "stays"}.get(agree.pop(), "undecided")


def _sense(one: TwoWayDirection, frequency_hz: float) -> int:
    """+1 where S21 passes more than S12, −1 where less, 0 where their noise cannot tell."""
    found = one.isolation
    at = int(np.argmin(np.abs(found.frequency_hz - frequency_hz)))
    passing = 1 if found.passing == (2, 1) else -1
    return passing * (int(found.low_db[at] > 0) - int(found.high_db[at] < 0))


def _words(light: int, field: int) -> str:
    said = f"light {light:+d}" if light else "without light"
    return f"{said}, field {field:+d}".replace("-", "−")
