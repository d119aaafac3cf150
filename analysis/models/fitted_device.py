"""A fitted device as a file that theory reads, with its covariance in a file beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.models.fit import NetworkFit
from phonosync.analysis.models.free import FreeEntry, parse_free
from phonosync.analysis.models.motion import port_shares
from phonosync.theory.device import Device, load_device
from phonosync.theory.device.entries import Entry, with_entries
from phonosync.theory.device.text import device_text, edit_device_text, write_quantity
from phonosync.theory.errors import InputError

SCHEMA = "phonosync fitted device 1"
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

    def draws(self, number: int, *, seed: int = 0) -> list[Device]:
        """Devices drawn from the fit's covariance, as likely as the traces make them.

        What can only be positive is drawn by its logarithm. A draw that no device file may hold, as
        an efficiency above 1, is drawn again.

        Raises:
            InputError: entries that the fit did not determine; hardly a draw that is a device.
        """
        if not np.all(np.isfinite(self.covariance)):
            lost = [
                one.entry.name
                for one, v in zip(self.free, np.diag(self.covariance), strict=True)
                if not np.isfinite(v)
            ]
            raise InputError(
                f"the fit did not determine {', '.join(lost)}; fit again with fewer free entries, "
                "or with a calibration of them."
            )
        centre = np.array([one.start for one in self.free])
        positive = np.array([one.log and one.start > 0 for one in self.free])
        sigma = np.sqrt(np.diag(self.covariance))
        alike = self.covariance / np.outer(sigma, sigma)
        random, found = np.random.default_rng(seed), []
        shares = port_shares(self.device, self.free)
        for _ in range(20 * number):
            if len(found) == number:
                break
            off = sigma * random.multivariate_normal(np.zeros(len(centre)), alike, method="eigh")
            ratio = np.exp(np.where(positive, off / np.where(positive, centre, 1.0), 0.0))
            values = np.where(positive, centre * ratio, centre + off)
            changes = {one.entry: float(v) for one, v in zip(self.free, values, strict=True)}
            changes |= {port: share * float(values[k]) for port, share, k in shares}
            try:
                found.append(with_entries(self.device, changes))
            except InputError:
                continue
        if len(found) < number:
            raise InputError(
                f"only {len(found)} of {20 * number} draws from the fit of {self.device.name} are "
                "possible devices; its errors are too large to carry along."
            )
        return found


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
    for port, share, k in port_shares(fitted.device, fitted.free):
        values[port] = share * fitted.free[k].start
        digits[port] = digits[fitted.free[k].entry]
    said = _said(fit, fitted, errors)
    text = edit_device_text(device_text(source), device, values, said, digits=digits)
    path.write_text(text, encoding="utf-8")
    beside = _beside(path)
    content = {
        "schema": SCHEMA,
        "device": path.name,
        "entries": [one.entry.name for one in fitted.free],
        "units": [one.entry.unit for one in fitted.free],
        "values": [one.start for one in fitted.free],
        # JSON has no infinity: null stands for what the traces did not determine.
        "covariance": [[_finite(x) for x in row] for row in fitted.covariance.tolist()],
    }
    beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return path, beside


def load_fitted_device(path: str | Path) -> FittedDevice:
    """Read what `save_fitted_device` wrote.

    Raises:
        InputError: no such file, no covariance beside it, or one that does not fit the device.
    """
    path = Path(path)
    device = load_device(path)
    beside = _beside(path)
    try:
        content: Mapping[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"its schema is {content['schema']!r}")
        free = parse_free(device, content["entries"])
        C = np.array(
            [[np.inf if x is None else float(x) for x in row] for row in content["covariance"]]
        )
        if C.shape != (len(free), len(free)):
            raise ValueError(f"its covariance has shape {C.shape} for {len(free)} entries")
    except OSError:
        raise InputError(
            f"{beside} is not there: {path.name} has no covariance; fit again with --save-device."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{beside} is not the covariance of a fit: {error}.") from None
    return FittedDevice(device, free, C)


def _beside(path: Path) -> Path:
    return path.with_suffix(".uncertainty.json")


def _finite(x: float) -> float | None:
    return x if np.isfinite(x) else None


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
