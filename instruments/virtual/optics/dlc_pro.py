"""Twin of a Toptica DLC pro controller with one CTL laser.

Wire: the text command line of port 1998, with its greeting and prompt, as Toptica's Python laser
SDK and public drivers read it. Known are `param-ref` and `param-set!` for the parameters below
(names of firmware 3.3), nothing else of the language. From memory: ranges, tuning speed, the
texts of states, and the numbers of errors. Not simulated: scans, scope, recorder, piezo, user
levels, the monitoring line of port 1999.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi.delay import delay
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument

WAVELENGTHS_NM = (1460.0, 1570.0)
POWERS_MW = (0.5, 60.0)
FREE_RUNNING_MW = 30.0  # what the current gives when the stabilization is off
TUNING_NM_PER_S, SETTLING_S = 8.0, 0.5
UNKNOWN_PARAMETER, WRONG_TYPE, OUT_OF_RANGE, READ_ONLY = -3, -5, -7, -9
HOP_NM = 0.05  # where an unlocked laser jumps

_REF = re.compile(r"\(\s*param-ref\s+'([\w:-]+)\s*\)")
_SET = re.compile(r"\(\s*param-set!\s+'([\w:-]+)\s+(\S.*?)\s*\)")
Value = bool | int | float | str


@dataclass(frozen=True)
class Settable:
    """What may be written into a parameter: its type, and limits of a number."""

    kind: type
    low: float = 0.0
    high: float = 0.0


_SETTABLE = {
    "emission-button-enabled": Settable(bool),
    "laser1:dl:cc:enabled": Settable(bool),
    "laser1:dl:lock:lock-enabled": Settable(bool),
    "laser1:power-stabilization:enabled": Settable(bool),
    "laser1:power-stabilization:setpoint": Settable(float, *POWERS_MW),
    "laser1:ctl:wavelength-set": Settable(float, *WAVELENGTHS_NM),
    "system-label": Settable(str),
}


class DlcPro(ScpiInstrument):
    """The controller: no SCPI, but the lock, the background and the server of such instruments.

    Args:
        bench: where the light goes.
        speed_up: how many times faster than the real one it tunes.

    Attributes:
        values: parameters by name.
    """

    greeting = b"DeCoF Command Line\r\n> "
    reply_terminator = b"\r\n> "

    def __init__(self, bench: Bench, *, speed_up: float = 1.0):
        super().__init__()
        self._bench = bench
        self._speed_up = speed_up
        self.values: dict[str, Value] = {
            "system-type": "DLCpro",
            "system-label": "",
            "serial-number": "DLC PRO_000001",
            "fw-ver": "3.3.3",
            "system-health-txt": "OK",
            "interlock-open": False,
            "frontkey-locked": False,
            "emission-button-enabled": True,
            "laser1:type": "CTL",
            "laser1:health-txt": "OK",
            "laser1:dl:cc:enabled": False,
            "laser1:dl:lock:lock-enabled": False,
            "laser1:dl:lock:state-txt": "Idle",
            "laser1:power-stabilization:enabled": True,
            "laser1:power-stabilization:setpoint": 1.0,
            "laser1:ctl:wavelength-set": 1550.0,
            "laser1:ctl:wavelength-min": WAVELENGTHS_NM[0],
            "laser1:ctl:wavelength-max": WAVELENGTHS_NM[1],
        }
        self._light_nm = 1550.0
        self._shine()

    def _computed(self) -> dict[str, Value]:
        """Parameters that follow from the others."""
        values = self.values
        dark = (
            values["interlock-open"]
            or values["frontkey-locked"]
            or not values["emission-button-enabled"]
        )
        emits = bool(values["laser1:dl:cc:enabled"]) and not dark
        regulated = values["laser1:power-stabilization:enabled"]
        given = values["laser1:power-stabilization:setpoint"] if regulated else FREE_RUNNING_MW
        return {
            "emission": emits,
            "laser1:emission": emits,
            "laser1:dl:cc:emission": emits,
            "laser1:ctl:power:power-act": float(given) if emits else 0.0,
            "laser1:ctl:wavelength-act": self._light_nm,
            "laser1:ctl:state": int(self.busy),
            "laser1:ctl:state-txt": "Target set wavelength is about to be reached"
            if self.busy
            else "Idle/Stopped",
        }

    def _shine(self) -> None:
        """Tell the bench what leaves the laser."""
        computed = self._computed()
        regulated = self.values["laser1:power-stabilization:enabled"]
        setpoint_mw = self.values["laser1:power-stabilization:setpoint"]
        self._bench.set_laser(
            power_w=1e-3 * float(setpoint_mw if regulated else FREE_RUNNING_MW),
            wavelength_m=1e-9 * self._light_nm,
            on=bool(computed["emission"]),
        )

    def turn(self, name: str, value: Value) -> None:
        """Change a parameter at the controller itself: interlock, key, button, lock."""
        with self.lock:
            self.values[name] = value
            self._shine()

    def lose_lock(self) -> None:
        """Let the laser hop to another mode, with its lock searching."""
        with self.lock:
            self._light_nm += HOP_NM
            self.turn("laser1:dl:lock:state-txt", "Searching")

    def open_interlock(self) -> None:
        """Break the interlock loop: the light goes."""
        self.turn("interlock-open", True)

    # The wire

    def is_command(self, message: str) -> bool:
        """Whether a message is to change something."""
        return "param-set!" in message

    def refuse(self, message: str) -> bytes:
        """Leave a command undone and say so."""
        return str(READ_ONLY).encode()

    def execute(self, message: str) -> bytes | None:
        """Answer one line."""
        with self.lock:
            if found := _REF.fullmatch(message):
                return self._tell(found[1]).encode()
            if found := _SET.fullmatch(message):
                return str(self._set(*found.groups())).encode()
        return b"Error: -1 the expression was not understood"

    def _tell(self, name: str) -> str:
        values = self.values | self._computed()
        if name not in values:
            return f"Error: {UNKNOWN_PARAMETER} unknown parameter {name}"
        return _scheme(values[name])

    def _set(self, name: str, text: str) -> int:
        if name not in _SETTABLE:
            return READ_ONLY if name in self.values | self._computed() else UNKNOWN_PARAMETER
        allowed = _SETTABLE[name]
        value = _READERS[allowed.kind](text)
        if value is None:
            return WRONG_TYPE
        if isinstance(value, float) and not allowed.low <= value <= allowed.high:
            return OUT_OF_RANGE
        self.values[name] = value
        if name == "laser1:dl:lock:lock-enabled":
            self.values["laser1:dl:lock:state-txt"] = "Locked" if value else "Idle"
        if name == "laser1:ctl:wavelength-set":
            self._tune(float(value))
        self._shine()
        return 0

    def _tune(self, target_nm: float) -> None:
        def arrive(_: None) -> None:
            self._light_nm = target_nm
            self._shine()

        self.abort()
        way_nm = abs(target_nm - self._light_nm)
        self.begin(delay(SETTLING_S + way_nm / TUNING_NM_PER_S, self._speed_up), arrive)


def _scheme(value: Value) -> str:
    """Write a value as the controller does."""
    if isinstance(value, bool):
        return "#t" if value else "#f"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value) if isinstance(value, int) else f"{value:.6f}"


def _read_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_READERS: dict[type, Callable[[str], Value | None]] = {
    bool: {"#t": True, "#f": False}.get,
    float: _read_number,
    str: lambda text: text[1:-1] if re.fullmatch(r'"[^"]*"', text) else None,
}
