"""A fitted device as a file that theory reads, with its covariance in a file beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.free import FreeEntry, parse_free
from phonosync.theory.device import Device, load_device
from phonosync.theory.device.entries import Entry, find_entry
from phonosync.theory.device.text import device_text, edit_device_text, write_quantity
from phonosync.theory.device.uncertainty import (
    Uncertainty,
    load_uncertainty,
    port_shares,
    save_uncertainty,
)
from phonosync.theory.errors import InputError

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class FittedDevice:
    """A device with the covariance of the entries that were fitted.

    Attributes:
        device: at the fitted values.
        free: the fitted entries, each starting at its fitted value.
        covariance: of their values, SI units, shape (P, P).
    """

    device: Device
    free: tuple[FreeEntry, ...]
    covariance: Array

    @classmethod
    def of(cls, fit: NetworkFit) -> FittedDevice:
        """What a fit found."""
        device = fit.device
        return cls(device, parse_free(device, list(fit.entries)), fit.covariance)

    @property
    def uncertainty(self) -> Uncertainty:
        """The same as theory wants it."""
        entries = tuple(one.entry for one in self.free)
        return Uncertainty(entries, np.array([one.start for one in self.free]), self.covariance)

    def draws(self, number: int, *, seed: int = 0) -> list[Device]:
        """Devices drawn from the fit's covariance, as likely as the traces make them.

        See `Uncertainty.draws`.

        Raises:
            InputError: entries that the fit did not determine; hardly a draw that is a device.
        """
        return self.uncertainty.draws(self.device, number, seed=seed)


def save_fitted_device(
    fit: NetworkFit, path: str | Path, *, source: str | Path | None = None
) -> tuple[Path, Path]:
    """Write the fitted device as a file that `load_device` reads, and its covariance beside it.

    The device file keeps the words and comments of the one it comes from; every fitted number has
    its standard error in a comment on top, and digits enough for it. The covariance goes to the
    same name with the ending `.uncertainty.json`.

    Args:
        fit: at its optimum.
        path: of the new device file, ending in `.yaml`.
        source: the device file that the fit began with, a shipped one by name; by default the
            shipped one of the device's name.

    Returns:
        Paths of the device file and of the covariance.

    Raises:
        InputError: a path that is no `.yaml`; the source holds another device.
    """
    path = Path(path)
    if path.suffix not in (".yaml", ".yml"):
        raise InputError(f"{path} is no name of a device file; end it in .yaml.")
    began = fit.model.device
    source = began.name if source is None else source
    if load_device(source).modes.keys() != began.modes.keys():
        raise InputError(f"{source} holds other modes than the device of the fit; name its file.")
    fitted = FittedDevice.of(fit)
    device = fitted.device.model_copy(update={"name": path.stem})
    errors = np.sqrt(np.diag(fitted.covariance))
    values = {one.entry: one.start for one in fitted.free}
    digits = {
        one.entry: _digits(one.start, float(error))
        for one, error in zip(fitted.free, errors, strict=True)
    }
    for port, share, k in port_shares(fitted.device, [one.entry for one in fitted.free]):
        values[port] = share * fitted.free[k].start
        digits[port] = digits[fitted.free[k].entry]
    for entry, frequency in _moved_frequencies(began, fitted):
        values[entry], digits[entry] = frequency, 15
    said = _said(fit, fitted, errors)
    text = edit_device_text(device_text(source), device, values, said, digits=digits)
    path.write_text(text, encoding="utf-8")
    return path, save_uncertainty(fitted.uncertainty, path)


def load_fitted_device(path: str | Path) -> FittedDevice:
    """Read what `save_fitted_device` wrote.

    Raises:
        InputError: no such file, no covariance beside it, or one that does not fit the device.
    """
    device = load_device(path)
    known = load_uncertainty(device, path)
    free = parse_free(device, [entry.name for entry in known.entries])
    return FittedDevice(device, free, known.covariance)


def _moved_frequencies(began: Device, fitted: FittedDevice) -> list[tuple[Entry, float]]:
    """Frequencies that fitted detunings move: the drive's is known, and both count from it."""
    found = []
    for one in fitted.free:
        if one.entry.path[0] == "modes" and one.entry.path[-1] == "detuning":
            name = str(one.entry.path[1])
            mode = began.modes[name]
            if mode.frequency is not None and mode.detuning is not None:
                entry = find_entry(began, f"modes.{name}.frequency")
                found.append((entry, mode.frequency + one.start - mode.detuning))
    return found


def _digits(value: float, error: float) -> int:
    """Digits that leave rounding below a hundredth of the standard error."""
    if not (np.isfinite(error) and error > 0 and value):
        return 15
    return int(np.clip(np.ceil(np.log10(abs(value) / error)) + 3, 4, 15))


def _said(fit: NetworkFit, fitted: FittedDevice, errors: Array) -> str:
    traces = fit.model.observations.traces
    lines = [
        f"{fit.model.device.name}, fitted to {len(traces)} traces. Standard errors:",
    ]
    names: dict[Entry, float] = {
        one.entry: float(error) for one, error in zip(fitted.free, errors, strict=True)
    }
    for one in fitted.free:
        error = names[one.entry]
        known = write_quantity(error, one.entry.unit, digits=2) if np.isfinite(error) else "unknown"
        lines.append(f"  {one.entry.name}: {known}")
    return "\n".join(lines)
