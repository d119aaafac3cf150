"""Twin of an Oxford Instruments Mercury iPS with three magnet groups, GRPX, GRPY and GRPZ.

Grammar: Mercury iPS operator's manual, chapter 10 (command reference): READ and SET, answered by
STAT; INVALID after what is not understood, NOT_FOUND for an unknown device; keywords are
case-sensitive, and of the common commands only *IDN? exists. Form of the numbers, the words of
ACTN, the status word (quench is bit 0x100 at the group, not at the single supply) and the refusal
to heat the switch over a mismatch: as public drivers and emulators of the instrument show them.
The real one listens on port 7020. From memory: a quench is unlatched by ACTN:HOLD, and PFLD tells
the field at which the switch was last closed. The alarms list, levels and pressures are missing.
"""

import re
from collections.abc import Callable

from phonosync.instruments.virtual.interface import FieldBench
from phonosync.instruments.virtual.magnets.coil import MISMATCH_A, Coil, CoilData
from phonosync.instruments.virtual.magnets.coil_instrument import CoilInstrument
from phonosync.instruments.virtual.scpi.syntax import ScpiError, parse_number

QUENCHED, HEATER_MISMATCH = 0x100, 0x1
TEMPERATURES_K = {"MB1.T1": 4.2, "DB8.T1": 3.9, "DB7.T1": 45.0}


class Group:
    """One magnet group: a supply, its settings, its coil."""

    def __init__(self, coil: Coil, current_limit_a: float):
        self.coil = coil
        self.limit_a = current_limit_a
        self.amps_per_tesla = 1.0 / coil.data.constant
        self.target_a, self.rate_a_per_min = 0.0, 6.0
        self.action = "CLMP"  # as after power on
        self.persistent_a = 0.0
        self.mismatch = False

    def read(self, noun: str) -> str | None:
        """Answer a READ; None when there is no such noun."""
        coil, ratio = self.coil, self.amps_per_tesla
        if self.action in ("RTOS", "RTOZ") and not coil.moving:
            self.action = "HOLD"
        persistent_a = coil.magnet_a if coil.driven else self.persistent_a
        words = {
            "ACTN": self.action,
            "STAT": f"{QUENCHED * coil.quenched | HEATER_MISMATCH * self.mismatch:08x}",
            "SIG:SWHT": "ON" if coil.heater else "OFF",
        }
        numbers = {
            "SIG:CURR": (coil.supply_a, "A"),
            "SIG:PCUR": (persistent_a, "A"),
            "SIG:CSET": (self.target_a, "A"),
            "SIG:RCST": (self.rate_a_per_min, "A/m"),
            "SIG:FLD": (coil.supply_a / ratio, "T"),
            "SIG:PFLD": (persistent_a / ratio, "T"),
            "SIG:FSET": (self.target_a / ratio, "T"),
            "SIG:RFST": (self.rate_a_per_min / ratio, "T/m"),
            "SIG:VOLT": (coil.voltage, "V"),
            "ATOB": (ratio, "A/T"),
            "CLIM": (self.limit_a, ""),
            "IND": (coil.data.inductance, ""),
        }
        if noun in words:
            return words[noun]
        if noun in numbers:
            value, unit = numbers[noun]
            return f"{value + 0.0:.4f}{unit}"
        return None

    def set(self, noun: str, value: str) -> bool:
        """Carry out a SET; tell whether it was accepted."""
        if noun == "ACTN":
            return self._act(value)
        if noun in ("SIG:SWHT", "SIG:SWHN"):
            return self._heat(value, check=noun == "SIG:SWHT")
        try:
            number, unit = parse_number(value)
        except ScpiError:
            return False
        ratio = self.amps_per_tesla
        if unit:
            return False
        if noun in ("SIG:CSET", "SIG:FSET"):
            target_a = number if noun == "SIG:CSET" else number * ratio
            if abs(target_a) > self.limit_a * (1 + 1e-9):
                return False
            self.target_a = target_a
        elif noun in ("SIG:RCST", "SIG:RFST") and number >= 0:
            self.rate_a_per_min = number if noun == "SIG:RCST" else number * ratio
        elif noun == "ATOB" and number > 0:
            self.amps_per_tesla = number
        else:
            return False
        return True

    def _act(self, action: str) -> bool:
        if action in ("RTOS", "RTOZ"):
            if self.action == "CLMP" or self.coil.quenched or not self.rate_a_per_min:
                return False
            goal = self.target_a if action == "RTOS" else 0.0
            self.coil.ramp(goal, self.rate_a_per_min / 60.0)
        elif action == "HOLD":
            self.coil.pause()
            self.coil.acknowledge()
        elif action != "CLMP" or abs(self.coil.supply_a) > MISMATCH_A:
            return False
        self.action = action
        return True

    def _heat(self, word: str, *, check: bool) -> bool:
        coil = self.coil
        if word not in ("ON", "OFF") or not coil.with_switch or coil.quenched:
            return False
        if word == "ON" and not coil.driven:
            self.mismatch = check and abs(coil.supply_a - self.persistent_a) > MISMATCH_A
            if self.mismatch:
                return False
        if word == "OFF" and coil.heater:
            self.persistent_a = coil.magnet_a
        coil.set_heater(word == "ON")
        return True


class MercuryIPS(CoilInstrument):
    """The supply with three coils.

    Args:
        bench: the device in the bore.
        speed_up: how much faster than in the lab everything goes.
        coil: what the coils are made of.
        current_limit_a: of every supply, A.
        firmware: from 2.6 on the supplies are called SPSU instead of PSU.
        clock: s, for tests.
    """

    reply_terminator = b"\n"

    def __init__(
        self,
        bench: FieldBench,
        *,
        speed_up: float = 1.0,
        coil: CoilData | None = None,
        current_limit_a: float = 40.0,
        firmware: str = "2.5.02.000",
        clock: Callable[[], float] | None = None,
    ):
        super().__init__(bench, "xyz", coil or CoilData(), speed_up=speed_up, clock=clock)
        self.groups = {
            f"GRP{axis.upper()}": Group(coil, current_limit_a) for axis, coil in self.coils.items()
        }
        self._identity = f"IDN:OXFORD INSTRUMENTS:MERCURY IPS:184950123:{firmware}"
        major, minor = (int(part) for part in firmware.split(".")[:2])
        self._noun = "SPSU" if (major, minor) >= (2, 6) else "PSU"

    def execute(self, message: str) -> bytes | None:
        """Answer one line; there are no compound messages and no error queue."""
        with self.lock:
            self.keep_time()
            return self._reply(message.strip()).encode("ascii", "replace")

    def is_command(self, message: str) -> bool:
        """Whether a message is to change something."""
        return message.startswith("SET")

    def refuse(self, message: str) -> bytes:
        """Leave a command undone and say so."""
        return f"STAT:{message}:INVALID".encode("ascii", "replace")

    def _reply(self, line: str) -> str:
        if line == "*IDN?":
            return self._identity
        verb, _, rest = line.partition(":")
        if verb not in ("READ", "SET"):
            return f"{verb[:20]}:INVALID"
        rest = rest.removesuffix("?")
        device = re.fullmatch(r"DEV:([\w.]+):(\w+):(.+)", rest)
        if device is None:
            return f"STAT:{rest}:INVALID"
        uid, kind, noun = device.groups()
        if uid in TEMPERATURES_K and kind == "TEMP":
            reading = f"{TEMPERATURES_K[uid]:.4f}K" if noun == "SIG:TEMP" else "INVALID"
            return f"STAT:{rest}:{reading if verb == 'READ' else 'INVALID'}"
        if uid not in self.groups:
            return f"STAT:DEV:{uid}:NOT_FOUND"
        if kind != self._noun:
            return f"STAT:DEV:{uid}:{kind}:INVALID"
        if verb == "READ":
            return f"STAT:{rest}:{self.groups[uid].read(noun) or 'INVALID'}"
        name, _, value = noun.rpartition(":")
        accepted = self.groups[uid].set(name, value)
        self.advance()
        return f"STAT:SET:{rest}:{'VALID' if accepted else 'INVALID'}"
