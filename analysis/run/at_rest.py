"""What theory says of a device at rest under a condition."""

from __future__ import annotations

import numpy as np

from phonosync.analysis.models.condition import Condition
from phonosync.analysis.models.expected import state_at
from phonosync.analysis.models.measures import MEASURES, required_pair
from phonosync.theory.device import Device
from phonosync.theory.errors import UnstableError


def measures_at_rest(device: Device, condition: Condition) -> dict[str, float] | None:
    """`S_c`, `S_p`, `S_phi`, `occupation_1`, `occupation_2`, `E_N`; None if no state is stable."""
    try:
        state = state_at(device, (), np.empty(0), condition)
    except UnstableError:
        return None
    pair = required_pair(device)
    X = {
        name: float(of(state.V[None], state.motion.amplitudes[:1], pair)[0])
        for name, of in MEASURES.items()
    }
    S = {name.replace("X", "S"): 1 / X[name] for name in ("X_c", "X_p", "X_phi")}
    return S | {
        "occupation_1": X["n_1"],
        "occupation_2": X["n_2"],
        "E_N": max(0.0, X["E_N"]),
    }
