"""Twin of an EXFO T100S-HP tunable laser on its RS-232C line, behind a serial device server.

Grammar, acknowledgements and mnemonics: T100S-HP Programming Guide, chapters 1.4 and 2, and public
drivers. A command is answered when it has been carried out. From memory: ranges, the words VALUE
ERROR and COMMAND ERROR, the form of the answers to L? MIN and MAX, that the power falls towards
the ends of the range, and that an open interlock leaves ENABLE without effect. Not simulated:
constant current, calibration, sweeps and fine scans, its GPIB side.
"""

import math
import re

from phonosync.instruments.virtual.interface import Bench
from phonosync.instruments.virtual.scpi.delay import delay
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument

WAVELENGTHS_NM = (1500.0, 1630.0)
POWERS_MW = (0.2, 20.0)  # the upper end is reached in the middle of the range only
POWER_AT_THE_ENDS = 0.4  # of the power in the middle
SPEEDS_NM_PER_S = (*range(1, 16), 17, 18, 20, 22, 25, 29, 33, 40, 50, 67, 100)
SETTLING_S = 0.2
GHZ_NM = 299_792_458.0  # speed of light in GHz nm

_SETTING = re.compile(r"(\w+)\s*=\s*([+-]?\d+(?:\.\d*)?)")
_WORDS = ("ENABLE", "DISABLE", "MW", "DBM", "APCON", "CTRLON", "CTRLOFF", "ACTCTRLON", "ACTCTRLOFF")
OK, VALUE_ERROR, COMMAND_ERROR = "OK", "VALUE ERROR", "COMMAND ERROR"


class T100SHP(ScpiInstrument):
    """The laser: no SCPI, but the lock, the background and the server of such instruments.

    Args:
        bench: where the light goes.
        speed_up: how many times faster than the real one it tunes.
    """

    identity = "EXFO,T100S-HP,0,6.06"
    carriage_return_ends_message = True
    reply_terminator = b"\r> "

    def __init__(self, bench: Bench, *, speed_up: float = 1.0):
        super().__init__()
        self._bench = bench
        self._speed_up = speed_up
        self._enabled = self._interlock_open = self._in_dbm = False
        self.wavelength_nm, self.power_mw, self.speed_nm_per_s = 1550.0, 1.0, 100
        self._light_nm = self.wavelength_nm
        self._shine()

    def _shine(self, _: None = None) -> None:
        """Tell the bench what leaves the laser."""
        self._bench.set_laser(
            power_w=1e-3 * self._given_mw(), wavelength_m=1e-9 * self._light_nm, on=self._enabled
        )

    def _given_mw(self) -> float:
        """Power that the laser can give of what was asked for."""
        low, high = WAVELENGTHS_NM
        offset = (2 * self._light_nm - low - high) / (high - low)
        return min(self.power_mw, POWERS_MW[1] * (1 - (1 - POWER_AT_THE_ENDS) * offset**2))

    def open_interlock(self) -> None:
        """Break the interlock loop: the light goes, and stays away when it is closed."""
        with self.lock:
            self._interlock_open, self._enabled = True, False
            self._shine()

    def close_interlock(self) -> None:
        """Close the interlock loop."""
        with self.lock:
            self._interlock_open = False

    # The wire

    def refuse(self, message: str) -> bytes:
        """Leave a command undone and say so."""
        return VALUE_ERROR.encode()

    def execute(self, message: str) -> bytes:
        """Answer one line."""
        text = message.upper()
        with self.lock:
            if "?" in text:
                return self._answers().get(text, COMMAND_ERROR).encode()
            if found := _SETTING.fullmatch(text):
                return self._set(found[1], float(found[2])).encode()
            return self._do(text).encode()

    def _answers(self) -> dict[str, str]:
        (shortest, longest), given = WAVELENGTHS_NM, self._given_mw()
        power = f"P={10 * math.log10(given):+.2f}" if self._in_dbm else f"P={given:.2f}"
        return {
            "*IDN?": self.identity,
            "P?": power if self._enabled else "DISABLED",
            "L?": f"L={self.wavelength_nm:.3f}",
            "L? MIN": f"L={shortest:.3f}",
            "L? MAX": f"L={longest:.3f}",
            "F?": f"F={GHZ_NM / self.wavelength_nm:.1f}",
            "MOTOR_SPEED?": f"MOTOR_SPEED={self.speed_nm_per_s:03d}",
        }

    def _set(self, name: str, value: float) -> str:
        if name == "P":
            milliwatts = 10 ** (value / 10) if self._in_dbm else value
            if not POWERS_MW[0] * (1 - 1e-3) <= milliwatts <= POWERS_MW[1] * (1 + 1e-3):
                return VALUE_ERROR
            self.power_mw = milliwatts
            self._shine()
            return OK
        if name in ("L", "F"):
            return self._tune(round(value if name == "L" else GHZ_NM / value, 3))
        if name == "MOTOR_SPEED":
            self.speed_nm_per_s = min(SPEEDS_NM_PER_S, key=lambda speed: abs(speed - value))
            return OK
        return COMMAND_ERROR

    def _tune(self, target_nm: float) -> str:
        if not WAVELENGTHS_NM[0] <= target_nm <= WAVELENGTHS_NM[1]:
            return VALUE_ERROR
        way_s = abs(target_nm - self._light_nm) / self.speed_nm_per_s
        self.wavelength_nm = target_nm

        def arrive(_: None) -> None:
            self._light_nm = target_nm
            self._shine()

        self.abort()
        self.begin(delay(SETTLING_S + way_s, self._speed_up), arrive)
        self.wait_until_idle()
        return OK

    def _do(self, word: str) -> str:
        if word not in _WORDS:
            return COMMAND_ERROR
        if word in ("MW", "DBM"):
            self._in_dbm = word == "DBM"
        if word in ("ENABLE", "DISABLE"):
            self._enabled = word == "ENABLE" and not self._interlock_open
            self._shine()
        return OK
