"""What nature does: pure functions of arrays, in one consistent unit of angular frequency."""

from phonosync.theory.entanglement import logarithmic_negativity
from phonosync.theory.errors import InputError, PhonosyncError, UnstableError
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.kerr import magnon_kerr, optical_kerr
from phonosync.theory.mean_field import SteadyState, steady_states
from phonosync.theory.network import BosonicNetwork, velocity
from phonosync.theory.output_spectra import output_poles, output_spectrum
from phonosync.theory.ports import Port, output_amplitude
from phonosync.theory.sagnac import sagnac_fizeau_shift
from phonosync.theory.scattering import amplitude_scattering, scattering_matrix
from phonosync.theory.synchronization import (
    complete_synchronization,
    contrast,
    isolation_db,
    occupations,
    phase_synchronization,
    phi_synchronization,
    synchronization_error,
)
from phonosync.theory.thermal import bath_occupation

_DEVICE_FILES = ("Device", "load_device", "shipped_devices")

__all__ = [
    "BosonicNetwork",
    "InputError",
    "PhonosyncError",
    "Port",
    "SteadyState",
    "UnstableError",
    "amplitude_scattering",
    "bath_occupation",
    "complete_synchronization",
    "contrast",
    "diffusion",
    "drift",
    "isolation_db",
    "logarithmic_negativity",
    "magnon_kerr",
    "occupations",
    "optical_kerr",
    "output_amplitude",
    "output_poles",
    "output_spectrum",
    "phase_synchronization",
    "phi_synchronization",
    "sagnac_fizeau_shift",
    "scattering_matrix",
    "steady_covariance",
    "steady_states",
    "synchronization_error",
    "velocity",
    *_DEVICE_FILES,
]


def __getattr__(name: str):
    """Import the device files' machinery (pydantic) only when it is asked for."""
    if name in _DEVICE_FILES:
        from phonosync.theory import device

        return getattr(device, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
