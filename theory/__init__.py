"""What nature does: pure functions of arrays, in one consistent unit of angular frequency.

Importing the package loads numpy alone: compiled kernels and the machinery of device files are
loaded by the functions that need them.
"""

from phonosync.theory.dynamics.attractor import Attractor, Unsettled
from phonosync.theory.dynamics.coexistence import Landscape, attractors
from phonosync.theory.dynamics.continuation import Branch, continue_branch
from phonosync.theory.dynamics.cycle_fluctuations import (
    CycleFluctuations,
    CycleSynchronization,
    cycle_fluctuations,
    cycle_synchronization,
)
from phonosync.theory.dynamics.limit_cycle import LimitCycle
from phonosync.theory.dynamics.settling import limit_cycle, settle
from phonosync.theory.dynamics.sweep import Hysteresis, Sweep, hysteresis, sweep
from phonosync.theory.entanglement import logarithmic_negativity
from phonosync.theory.errors import InputError, PhonosyncError, UnphysicalError, UnstableError
from phonosync.theory.fluctuations import diffusion, drift, steady_covariance
from phonosync.theory.gaussian_state import (
    check_physical,
    symplectic_eigenvalues,
    uncertainty_margin,
)
from phonosync.theory.kerr import magnon_kerr, optical_kerr
from phonosync.theory.mean_field import (
    SteadyState,
    SteadyStates,
    steady_states,
    steady_states_of_many,
)
from phonosync.theory.network import BosonicNetwork, cascade, velocity
from phonosync.theory.ports import CollectivePort, Port, output_amplitude
from phonosync.theory.ports.heterodyne import heterodyne_spectrum
from phonosync.theory.ports.output_spectra import (
    cross_spectra,
    output_noise,
    output_poles,
    output_spectrum,
)
from phonosync.theory.ports.scattering import (
    DrivenResponse,
    amplitude_scattering,
    driven_response,
    s_parameters,
    scattering_matrix,
)
from phonosync.theory.sagnac import sagnac_fizeau_shift
from phonosync.theory.stochastic.ensemble import Ensemble, estimate
from phonosync.theory.stochastic.langevin import ensemble
from phonosync.theory.stochastic.phase_statistics import (
    Oscillation,
    PhaseLocking,
    oscillation,
    phase_locking,
)
from phonosync.theory.synchronization import (
    complete_synchronization,
    contrast,
    isolation_db,
    occupations,
    phase_synchronization,
    phi_synchronization,
    synchronization_error,
)
from phonosync.theory.synchronization_in_time import (
    SynchronizationRecord,
    WindowAverage,
    synchronization_in_time,
)
from phonosync.theory.thermal import bath_occupation
from phonosync.theory.trajectory import Trajectory, follow, thermal_covariance

_DEVICE_FILES = ("Device", "load_device", "shipped_devices")

__all__ = [
    "Attractor",
    "BosonicNetwork",
    "Branch",
    "CollectivePort",
    "CycleFluctuations",
    "CycleSynchronization",
    "DrivenResponse",
    "Ensemble",
    "Hysteresis",
    "InputError",
    "Landscape",
    "LimitCycle",
    "Oscillation",
    "PhaseLocking",
    "PhonosyncError",
    "Port",
    "SteadyState",
    "SteadyStates",
    "Sweep",
    "SynchronizationRecord",
    "Trajectory",
    "UnphysicalError",
    "Unsettled",
    "UnstableError",
    "WindowAverage",
    "amplitude_scattering",
    "attractors",
    "bath_occupation",
    "cascade",
    "check_physical",
    "complete_synchronization",
    "continue_branch",
    "contrast",
    "cross_spectra",
    "cycle_fluctuations",
    "cycle_synchronization",
    "diffusion",
    "drift",
    "driven_response",
    "ensemble",
    "estimate",
    "follow",
    "heterodyne_spectrum",
    "hysteresis",
    "isolation_db",
    "limit_cycle",
    "logarithmic_negativity",
    "magnon_kerr",
    "occupations",
    "optical_kerr",
    "oscillation",
    "output_amplitude",
    "output_noise",
    "output_poles",
    "output_spectrum",
    "phase_locking",
    "phase_synchronization",
    "phi_synchronization",
    "s_parameters",
    "sagnac_fizeau_shift",
    "scattering_matrix",
    "settle",
    "steady_covariance",
    "steady_states",
    "steady_states_of_many",
    "sweep",
    "symplectic_eigenvalues",
    "synchronization_error",
    "synchronization_in_time",
    "thermal_covariance",
    "uncertainty_margin",
    "velocity",
    *_DEVICE_FILES,
]


def __getattr__(name: str):
    """Import the device files' machinery (pydantic) only when it is asked for."""
    if name in _DEVICE_FILES:
        from phonosync.theory import device

        return getattr(device, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
