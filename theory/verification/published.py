"""Published systems, varied as their sources vary them; the numbers are in the device files.

Every network is in units of its first phonon's frequency, as its source counts.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from phonosync.theory.device import Device, load_device
from phonosync.theory.network import BosonicNetwork

_device = cache(load_device)
_RATES = (
    "detuning",
    "loss",
    "exchange",
    "pressure",
    "kerr",
    "drive",
    "cross_kerr",
    "shared_loss",
)


def optomechanical_cells(
    coupling: float, *, occupation: float = 0.0, second_frequency: float = 1.0
) -> BosonicNetwork:
    """The device `mari_cells`: cavity 1, phonon 1, cavity 2, phonon 2.

    Args:
        coupling: µ of the phonons' exchange −µ.
        occupation: of both phonons' baths.
        second_frequency: ω_2; the second drive stays blue-detuned by as much.

    Source: Mari et al., doi:10.1103/PhysRevLett.111.103605.
    """
    cells = _in_phonon_units(_device("mari_cells"))
    exchange = np.zeros((4, 4))
    exchange[1, 3] = exchange[3, 1] = -coupling
    return replace(
        cells,
        detuning=cells.detuning * [1, 1, second_frequency, second_frequency],
        exchange=exchange,
        occupation=[0, occupation, 0, occupation],
    )


def magnomechanics(enhanced_coupling_hz: float, *, temperature: float = 0.010) -> BosonicNetwork:
    """The device `li_magnomechanics`: photon, magnon, phonon, at an effective coupling G.

    At effective detunings that stay, |m| and with it √power grow as G; the bare detuning of the
    magnon is Δ_m + G²/2ω_b, of which the phonon's mean displacement takes the second part away.
    That is the state of the smallest amplitudes, the first one of `steady_states`.

    Args:
        enhanced_coupling_hz: G/2π.
        temperature: K.

    Source: Li, Zhu, Agarwal, doi:10.1103/PhysRevLett.121.203601.
    """
    device = _device("li_magnomechanics").model_copy(update={"temperature": temperature})
    in_file = 4.8e6
    power = device.drives[0].power * (enhanced_coupling_hz / in_file) ** 2
    network = _in_phonon_units(device, microwave_power=power)
    phonon = device.modes["phonon"].frequency or 0.0
    lift = (enhanced_coupling_hz**2 - in_file**2) / (2 * phonon**2)
    return replace(network, detuning=network.detuning + np.array([0, lift, 0]))


def kerr_magnomechanics(power: float, *, sign: int = +1) -> BosonicNetwork:
    """The device `gupta_kerr`: photon, driven Kerr magnon and phonon.

    Args:
        power: W.
        sign: of the Kerr coefficient: the bias field's axis.

    Source: Gupta et al., doi:10.1103/PhysRevA.110.063504.
    """
    return _in_phonon_units(_device("gupta_kerr"), field=sign, microwave_power=power)


def _in_phonon_units(
    device: Device, *, field: int = +1, microwave_power: float | None = None
) -> BosonicNetwork:
    network = device.network(field=field, microwave_power=microwave_power)
    unit = network.detuning[device.phonons[0]]
    return replace(network, **{name: getattr(network, name) / unit for name in _RATES})
