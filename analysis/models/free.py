"""Which entries of a device file are fitted, and lmfit's parameters for them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from lmfit import Parameters
from numpy.typing import NDArray

from phonosync.analysis.models.condition import Condition
from phonosync.theory.device import Device
from phonosync.theory.device.entries import Entry, entry_value, find_entry
from phonosync.theory.device.uncertainty import POSITIVE
from phonosync.theory.errors import InputError
from phonosync.theory.survey.axes import parse_ranges

LEVEL = "reference_level"
_FRACTION = ("efficiency", "transmission", "backward_transmission")
_LEAST = 1e-9  # of the start: what must be positive never reaches zero


@dataclass(frozen=True)
class FreeEntry:
    """An entry of the device file that is fitted.

    Attributes:
        entry: where it stands.
        start: the file's value, SI.
        low, high: where starting values are looked for, SI.
        log: whether they are spaced by ratio.
        width: linewidth, Hz, of the mode whose frequency it is; 0 for other entries.
    """

    entry: Entry
    start: float
    low: float
    high: float
    log: bool
    width: float = 0.0

    @property
    def parameter(self) -> str:
        """Name of lmfit's parameter: the entry's with underscores."""
        return parameter_name(self.entry.name)

    def step(self, value: float) -> float:
        """A step over which all that a network consists of is smooth, for central differences."""
        if self.width:
            return 1e-3 * self.width
        scale = abs(self.start) or max(abs(self.low), abs(self.high))
        return 1e-5 * max(abs(value), 1e-3 * scale)

    def neighbours(self, value: float) -> tuple[float, float]:
        """Values a step below and above, none that the device may not have."""
        step, last = self.step(value), str(self.entry.path[-1])
        low, high = value - step, value + step
        if last in (*_FRACTION, *POSITIVE):
            low = max(low, value / 2)
        return low, min(high, 1.0) if last in _FRACTION else high


def parameter_name(entry: str) -> str:
    """The name of an entry as lmfit's parameters have it.

    >>> parameter_name("couplings.cavity-phonon_1.rate")
    'couplings_cavity_phonon_1_rate'
    """
    return re.sub(r"\W", "_", entry)


def parse_free(device: Device, texts: Sequence[str]) -> tuple[FreeEntry, ...]:
    """Read what is fitted: "modes.cavity.linewidth", or "modes.cavity.linewidth=1..4 MHz log".

    Without a range starting values are looked for within a factor 3 of the file's, a frequency
    within 20 % of it, a number that may have either sign within once its size.

    Args:
        device: whose file it is.
        texts: entries in the vocabulary of surveys, some with a range.

    Raises:
        InputError: an unknown entry, one twice, no entry at all, one that the file leaves out.
    """
    if not texts:
        raise InputError("nothing is free; name an entry, for example modes.cavity.linewidth.")
    found = [_parse(device, text) for text in texts]
    for k, one in enumerate(found):
        if any(one.entry.path == other.entry.path for other in found[:k]):
            raise InputError(f"{one.entry.name} is named twice; name it once.")
    return tuple(found)


def free_entries(device: Device) -> list[str]:
    """Entries of a device that a laboratory does not know beforehand.

    >>> from phonosync.theory import load_device
    >>> free_entries(load_device("ring"))[:2]
    ['modes.cavity.detuning', 'modes.phonon_1.frequency']
    """
    wanted = []
    for name, mode in device.modes.items():
        parts = ("frequency", "linewidth", "occupation") if mode.kind == "phonon" else ("detuning",)
        wanted += [f"modes.{name}.{part}" for part in parts]
    if device.sagnac is not None:
        wanted.append("sagnac.shift")
    for coupling in device.couplings:
        wanted.append(f"couplings.{'-'.join(coupling.modes)}.rate")
    return [name for name in wanted if _has(device, name)]


def open_entries(device: Device, conditions: Sequence[Condition]) -> list[str]:
    """Those of `free_entries` that spectra under these conditions can tell, and none that they set.

    The Sagnac shift is told from the detuning only where light went both ways.
    """
    set_to = {name for condition in conditions for name in condition.settings}
    if len({condition.light for condition in conditions} - {0}) < 2:
        set_to.add("sagnac.shift")
    taken = {find_entry(device, name).path for name in set_to if _has(device, name)}
    names = free_entries(device)
    return [name for name in names if find_entry(device, name).path not in taken]


def _has(device: Device, name: str) -> bool:
    try:
        value = entry_value(device, find_entry(device, name))
    except InputError:
        return False
    return value is not None and value != 0


def _parse(device: Device, text: str) -> FreeEntry:
    if "=" in text:
        [given] = parse_ranges(device, [text])
        value = entry_value(device, given.entry)
        inside = value is not None and given.low <= value <= given.high
        inside &= value != 0 or given.entry.path[-1] not in POSITIVE  # no fit leaves its bound
        middle = np.sqrt(given.low * given.high) if given.log else (given.low + given.high) / 2
        start = float(value) if inside and value is not None else float(middle)
        width = _width(device, given.entry)
        return FreeEntry(given.entry, start, given.low, given.high, given.log, width)
    entry = find_entry(device, text)
    value = entry_value(device, entry)
    if value is None:
        raise InputError(
            f"{device.name} leaves out {entry.name}, so nothing says where to start; write "
            f'"{entry.name}=low..high {"" if entry.unit == "1" else entry.unit}".'
        )
    last = str(entry.path[-1])
    size = abs(value)
    width = _width(device, entry)
    if last == "frequency":
        return FreeEntry(entry, value, 0.8 * value, 1.2 * value, False, width)
    if last in _FRACTION:
        return FreeEntry(entry, value, max(0.3 * value, 0.0), min(1.0, 2 * value), False)
    if last in POSITIVE and value > 0:
        return FreeEntry(entry, value, value / 3, value * 3, True)
    return FreeEntry(entry, value, value - size, value + size, False, width)


def _width(device: Device, entry: Entry) -> float:
    of_a_frequency = entry.path[0] == "modes" and entry.path[-1] in ("frequency", "detuning")
    return device.modes[str(entry.path[1])].linewidth if of_a_frequency else 0.0


@dataclass(frozen=True, eq=False)
class Chart:
    """lmfit's parameters for free entries, with phonons kept in order of frequency.

    A phonon's frequency is the one before it plus a positive gap, so that no fit can exchange two
    phonons' names.

    Attributes:
        free: the entries.
        order: positions of free phonon frequencies, lowest first.
        matrix: d entries / d parameters, shape (P, P); parameters in the order of `names`.
    """

    free: tuple[FreeEntry, ...]
    order: tuple[int, ...]

    @classmethod
    def of(cls, device: Device, free: tuple[FreeEntry, ...]) -> Chart:
        """The chart of a device's free entries."""
        phonons = [
            k
            for k, one in enumerate(free)
            if one.entry.path[0] == "modes"
            and one.entry.path[-1] == "frequency"
            and device.modes[str(one.entry.path[1])].kind == "phonon"
        ]
        return cls(free, tuple(sorted(phonons, key=lambda k: free[k].start)))

    @property
    def names(self) -> list[str]:
        """Names of the varied parameters, one per free entry."""
        names = [one.parameter for one in self.free]
        for before, k in zip(self.order, self.order[1:], strict=False):
            names[k] = self._gap(before, k)
        return names

    @property
    def matrix(self) -> NDArray[np.floating]:
        """Derivatives of entries by parameters, shape (P, P)."""
        M = np.eye(len(self.free))
        for place, k in enumerate(self.order):
            M[k, list(self.order[: place + 1])] = 1.0
        return M

    def parameters(self, values: Mapping[str, float] | None = None) -> Parameters:
        """Parameters for lmfit at values by entry name (by default the file's), SI units.

        Raises:
            InputError: two phonons at one frequency, whose names mean nothing.
        """
        given = {one.entry.name: one.start for one in self.free} | dict(values or {})
        # By value and not by name: starting values that cross are put in order.
        frequencies = sorted(given[self.free[k].entry.name] for k in self.order)
        parameters = Parameters()
        for k, one in enumerate(self.free):
            if k not in self.order:
                self._add(parameters, one, given[one.entry.name])
        for place, k in enumerate(self.order):
            one = self.free[k]
            if place == 0:
                self._add(parameters, one, frequencies[0])
                continue
            before = self.order[place - 1]
            gap = frequencies[place] - frequencies[place - 1]
            if gap <= 0:
                raise InputError(
                    f"{one.entry.name} equals {self.free[before].entry.name}: two phonons at one "
                    "frequency cannot be told apart; start from different ones or free only one."
                )
            parameters.add(self._gap(before, k), value=gap, min=0.0)
            parameters.add(
                one.parameter, expr=f"{self.free[before].parameter} + {self._gap(before, k)}"
            )
        return parameters

    def values(self, parameters: Parameters) -> NDArray[np.floating]:
        """The entries' values, shape (P,)."""
        return np.array([parameters[one.parameter].value for one in self.free])

    def _gap(self, before: int, k: int) -> str:
        first, second = (str(self.free[i].entry.path[1]) for i in (before, k))
        return parameter_name(f"gap.{first}.{second}")

    @staticmethod
    def _add(parameters: Parameters, one: FreeEntry, value: float) -> None:
        last = str(one.entry.path[-1])
        low, high = -np.inf, np.inf
        if last in _FRACTION:
            low, high = 0.0, 1.0
        elif last in POSITIVE and value > 0:
            low = _LEAST * value
        parameters.add(one.parameter, value=value, min=low, max=high)
