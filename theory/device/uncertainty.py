"""How well the entries of a device file are known: a covariance, in a file beside it."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.device import Device
from phonosync.theory.device.entries import Entry, entry_value, find_entry, with_entries
from phonosync.theory.errors import InputError

SCHEMA = "phonosync fitted device 1"
POSITIVE = ("linewidth", "frequency", "occupation", "rate", "power", "temperature", "radius")
"""Last words of entries that cannot be negative."""
_TWO_SIGMA = 1.959964
_TRIES = 20  # draws for each that is wanted
Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Entries of a device with the covariance of their values.

    Attributes:
        entries: P of them.
        values: SI units, shape (P,).
        covariance: SI units, shape (P, P); an infinite variance where nothing is known.
    """

    entries: tuple[Entry, ...]
    values: Array
    covariance: Array

    def text(self) -> str:
        """Every number in words: the same text, the same draws."""
        named = {entry.name: v for entry, v in zip(self.entries, self.values.tolist(), strict=True)}
        return json.dumps({"values": named, "covariance": self.covariance.tolist()})

    def draws(
        self,
        device: Device,
        number: int,
        *,
        seed: int | np.random.SeedSequence = 0,
        held: Collection[tuple[str | int, ...]] = (),
    ) -> list[Device]:
        """Devices whose entries scatter by the covariance, as likely as it makes them.

        What can only be positive is drawn by its logarithm; an occupation that may be zero is drawn
        as it is, and never below. Ports keep their share of a drawn
        linewidth. A draw that no device file may hold, as an efficiency above 1, is drawn again.

        Args:
            device: whose other entries they take.
            number: how many.
            seed: of the draws.
            held: paths of entries that keep the device's value in every draw.

        Raises:
            InputError: a variance that is not finite; hardly a draw that is a device.
        """
        variance = np.diag(self.covariance)
        if not np.all(np.isfinite(self.covariance)):
            named = zip(self.entries, variance, strict=True)
            lost = [entry.name for entry, v in named if not np.isfinite(v)]
            raise InputError(
                f"the fit did not determine {', '.join(lost)}; fit again with fewer free entries, "
                "or with a calibration of them."
            )
        positive = self.values > 0
        positive &= [entry.path[-1] in POSITIVE for entry in self.entries]
        sigma = np.sqrt(variance)
        few = [entry.path[-1] == "occupation" for entry in self.entries]
        positive &= ~(few & (self.values < _TWO_SIGMA * sigma))
        scale = np.where(positive, self.values, 1.0)
        alike = self.covariance / np.outer(sigma, sigma)
        moved = [k for k, entry in enumerate(self.entries) if entry.path not in held]
        shares = [share for share in port_shares(device, self.entries) if share[2] in moved]
        random, found = np.random.default_rng(seed), []
        for _ in range(_TRIES * number):
            if len(found) == number:
                break
            off = sigma * random.multivariate_normal(np.zeros(len(sigma)), alike, method="eigh")
            ratio = np.exp(np.where(positive, off / scale, 0.0))
            values = np.where(positive, self.values * ratio, self.values + off)
            changes = {self.entries[k]: float(values[k]) for k in moved}
            changes |= {port: share * float(values[k]) for port, share, k in shares}
            try:
                found.append(with_entries(device, changes))
            except InputError:
                continue
        if len(found) < number:
            raise InputError(
                f"only {len(found)} of {_TRIES * number} draws from the fit of {device.name} are "
                "possible devices; its errors are too large to carry along."
            )
        return found


def port_shares(device: Device, entries: Sequence[Entry]) -> list[tuple[Entry, float, int]]:
    """Ports that follow a mode's linewidth: entry, share of it, position of the linewidth.

    Args:
        device: whose ports.
        entries: that change; a port among them follows nothing.
    """
    paths = {entry.path for entry in entries}
    found = []
    for k, entry in enumerate(entries):
        if entry.path[0] != "modes" or entry.path[-1] != "linewidth":
            continue
        mode = str(entry.path[1])
        for name, port in device.ports.items():
            rate = find_entry(device, f"ports.{name}.rate")
            if port.mode == mode and rate.path not in paths:
                found.append((rate, port.rate / device.modes[mode].linewidth, k))
    return found


def uncertainty_file(path: str | Path) -> Path:
    """Where the covariance of a device file's entries is: NAME.uncertainty.json beside it."""
    return Path(path).with_suffix(".uncertainty.json")


def save_uncertainty(known: Uncertainty, path: str | Path) -> Path:
    """Write the covariance beside a device file; return its path."""
    beside = uncertainty_file(path)
    content = {
        "schema": SCHEMA,
        "device": Path(path).name,
        "entries": [entry.name for entry in known.entries],
        "units": [entry.unit for entry in known.entries],
        "values": known.values.tolist(),
        # JSON has no infinity: null stands for what nothing determines.
        "covariance": [
            [x if np.isfinite(x) else None for x in row] for row in known.covariance.tolist()
        ],
    }
    beside.write_text(json.dumps(content, indent=1), encoding="utf-8")
    return beside


def uncertainty_of(device: Device, source: str | Path) -> Uncertainty | None:
    """What stands beside a device file; None beside a shipped device, or where nothing does.

    Args:
        device: as loaded from `source`.
        source: a device file, or the name of a shipped device.

    Raises:
        InputError: what stands there is not the device's covariance.
    """
    there = Path(source).is_file() and uncertainty_file(source).exists()
    return load_uncertainty(device, source) if there else None


def load_uncertainty(device: Device, path: str | Path) -> Uncertainty:
    """Read what stands beside a device file.

    Args:
        device: as loaded from the file.
        path: of the device file.

    Raises:
        InputError: no covariance beside the file, or one that does not fit the device.
    """
    beside = uncertainty_file(path)
    try:
        content = json.loads(beside.read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            raise ValueError(f"its schema is {content['schema']!r}")
        entries = tuple(find_entry(device, name) for name in content["entries"])
        values = [entry_value(device, entry) for entry in entries]
        C = np.array(
            [[np.inf if x is None else float(x) for x in row] for row in content["covariance"]]
        )
        if C.shape != (len(entries), len(entries)):
            raise ValueError(f"its covariance has shape {C.shape} for {len(entries)} entries")
        return Uncertainty(entries, np.array(values, float), C)
    except OSError:
        raise InputError(
            f"{beside} is not there: {Path(path).name} has no covariance; fit again with "
            "--save-device."
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{beside} is not the covariance of a fit: {error}.") from None
