"""What a channel of a virtual network analyzer holds: stimulus, traces and averaged data."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from phonosync.instruments.virtual.scpi.syntax import ScpiError


@dataclass
class Trace:
    """One S-parameter on the screen.

    Attributes:
        parameter: as `S21`.
        form: display format, as `MLOG`.
        delay_s: electrical delay that the display takes off, s.
    """

    parameter: str
    form: str = "MLOG"
    delay_s: float = 0.0


@dataclass(frozen=True)
class Result:
    """Average of the latest sweeps.

    Attributes:
        frequencies_hz: shape (points,).
        s: shape (2, 2, points), exp(+iωt): [output port, input port, frequency].
        sweeps: how many the average holds.
    """

    frequencies_hz: np.ndarray
    s: np.ndarray
    sweeps: int


@dataclass
class Channel:
    """Stimulus, traces and data.

    Attributes:
        state: values of the settings.
        start_hz, stop_hz: ends of the frequency axis, Hz; center and span follow.
        power_dbm: of each port.
        traces: by name.
        selected: name of the trace that commands without a name mean.
        result: None until a sweep was taken with the present stimulus.
    """

    state: dict[str, Any]
    start_hz: float
    stop_hz: float
    power_dbm: list[float]
    traces: dict[str, Trace] = field(default_factory=dict)
    selected: str | None = None
    result: Result | None = None

    def frequencies_hz(self) -> np.ndarray:
        """Compute the stimulus axis, shape (points,), Hz.

        Raises:
            ScpiError: a sweep of this type is not simulated.
        """
        points, kind = self.state["points"], self.state["sweep_type"]
        if kind == "LIN":
            return np.linspace(self.start_hz, self.stop_hz, points)
        if kind == "LOG":
            return np.geomspace(self.start_hz, self.stop_hz, points)
        if kind in ("CW", "POIN"):
            return np.full(points, self.state["cw"])
        raise ScpiError(-241, f"sweeps of type {kind} are not simulated")
