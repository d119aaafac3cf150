"""The quads of one setting: which spectra were measured in which order of directions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import xarray

_PATTERN = np.array([1, -1, -1, 1])


@dataclass(frozen=True, eq=False)
class Quads:
    """The complete quads of what was turned round, at one setting.

    Attributes:
        numbers: of the quads, shape (n,).
        signs: direction of each visit in its order, shape (n, 4); forward +1.
        power: spectrum of each visit, shot-noise units, shape (n, 4, F).
    """

    numbers: NDArray[np.integer]
    signs: NDArray[np.floating]
    power: NDArray[np.floating]

    @property
    def forward(self) -> NDArray[np.floating]:
        """Mean spectrum of both forward visits of every quad, shape (n, F)."""
        return self._mean(1)

    @property
    def backward(self) -> NDArray[np.floating]:
        """Likewise backward."""
        return self._mean(-1)

    @property
    def excess(self) -> NDArray[np.floating]:
        """Noise above shot noise in the band, in its units, shape (n, 4)."""
        return self.power.mean(axis=2) - 1

    @property
    def drawn(self) -> bool:
        """Whether all are +−−+ or −++−, as a permutation test of their signs needs."""
        return bool(np.all(self.signs == self.signs[:, :1] * _PATTERN))

    def _mean(self, sign: int) -> NDArray[np.floating]:
        there = self.signs == sign
        return np.stack([p[s].mean(axis=0) for p, s in zip(self.power, there, strict=True)])


def quads_of(data: xarray.Dataset, power: xarray.DataArray, turned: str) -> Quads:
    """Sort the spectra of one setting into quads.

    A quad of the light is four spectra. Where light and field are crossed, a quad of the field is
    four visits to a field, each of which holds two spectra of the one direction of light.

    Args:
        data: with `quad`, `position` and maybe `field_quad`, over (light, field, repeat), the other
            direction chosen.
        power: over the same and frequency.
        turned: "light" or "field".
    """
    nested = turned == "field" and "field_quad" in data
    key, inner, order = (
        data[name].transpose(turned, "repeat").values
        for name in ("field_quad" if nested else "quad", "quad", "position")
    )
    spectra = power.transpose(turned, "repeat", "frequency").values
    sign = np.broadcast_to(np.asarray(data[turned].values)[:, None], key.shape)
    there = np.isfinite(spectra).all(axis=2) & np.isfinite(key)
    visit = inner if nested else order
    numbers, signs, found = [], [], []
    for number in np.unique(key[there]):
        own = there & (key == number)
        masks = [own & (visit == each) for each in np.unique(visit[own])]
        visits = sorted(masks, key=lambda rows: float(order[rows].min()))
        of_each = sorted(int(sign[rows][0]) for rows in visits)
        sizes = {int(rows.sum()) for rows in visits}
        if of_each != [-1, -1, 1, 1] or sizes != {2 if nested else 1}:
            continue
        numbers.append(int(number))
        signs.append([sign[rows][0] for rows in visits])
        found.append([spectra[rows].mean(axis=0) for rows in visits])
    shape = (len(numbers), 4)
    return Quads(
        np.array(numbers, int),
        np.array(signs, float).reshape(shape),
        np.array(found, float).reshape(*shape, spectra.shape[2]),
    )
