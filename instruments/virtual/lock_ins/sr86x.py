"""Settings and readings of the virtual lock-in amplifiers Stanford Research SR860 and SR865A.

Command set: SR860 and SR865A operation manuals (revisions 2.01 and 1.0), chapter 4, as far as
QCoDeS' own driver and this lab use it. Errors show in *ESR? alone: these instruments have no error
queue. Different from the real thing: one RC stage of low-pass (6 dB/oct), internal reference,
remote start of captures, no scans, no FFT, nothing at the auxiliary inputs; auto functions change
nothing but the phase. From memory: what a preset sets, and the bits of LIAS? (those of
CUROVLDSTAT? several public drivers use alike).
"""

import math
import threading

import numpy as np
from numpy.typing import NDArray

from phonosync.instruments.virtual.interface import VibrationBench
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument, Setting, command
from phonosync.instruments.virtual.scpi.syntax import Number, ScpiError

UNLOCKED, OVERLOADED = 8, 16  # bits of LIAS? and CUROVLDSTAT?
INPUT_RANGES_V = (1.0, 0.3, 0.1, 0.03, 0.01)  # of the peak
TIME_CONSTANTS_S = tuple(step * 10.0**decade for decade in range(-6, 5) for step in (1, 3))
_HIGHEST_HZ = 4e6
_READINGS = 17


def _index(last: int) -> Number:
    return Number(0, last, integer=True)


class LockInSettings(ScpiInstrument):
    """What the lock-in keeps and tells, and single readings.

    Args:
        bench: its vibrations are at the input.
        phonon: which of them, from 0.
        speed_up: how much faster than real time captures are.
        local_oscillator_hz: of a mixer before the input, that brings the vibration down into the
            lock-in's range.
    """

    highest_hz = _HIGHEST_HZ
    settings = (
        Setting(":FREQ|FREQINT", "frequency", Number(1e-3, _HIGHEST_HZ, "HZ"), 1e5),
        Setting(":SOFF", "sine_offset", Number(-5, 5), 0.0),
        Setting(":SLVL", "sine_level", Number(0, 2), 0.0),
        Setting(":HARM", "harmonic", Number(1, 99, integer=True), 1),
        Setting(":PHAS", "phase", Number(-360000, 360000), 0.0),
        Setting(":SCAL", "sensitivity", _index(27), 0),
        Setting(":OFSL", "slope", _index(3), 3),
        Setting(":SYNC", "sync", _index(1), 0),
        Setting(":ADVFILT", "advanced", _index(1), 1),
        Setting(":OFLT", "time_constant", _index(21), 10),
        Setting(":IVMD", "current_input", _index(1), 0),
        Setting(":IRNG", "range", _index(4), 0),
        Setting(":ISRC", "differential", _index(1), 0),
        Setting(":IGND", "grounded", _index(1), 0),
        Setting(":ICUR", "current_gain", _index(1), 0),
        Setting(":ICPL", "dc_coupled", _index(1), 0),
        Setting(":RTRG", "trigger", _index(2), 0),
        Setting(":RSRC", "reference", _index(3), 0),
        Setting(":REFZ", "reference_impedance", _index(1), 0),
        Setting(":OVRM", "override", _index(1), 1),
    )

    def __init__(
        self,
        bench: VibrationBench,
        phonon: int = 0,
        *,
        speed_up: float = 1.0,
        local_oscillator_hz: float = 0.0,
    ):
        super().__init__()
        self._bench = bench
        self._phonon = phonon
        self._speed_up = speed_up
        self._local_oscillator_hz = local_oscillator_hz
        self._latched = 0
        self._unlocked = False
        self._thread = threading.local()
        self.reset()

    def reset(self) -> None:
        """Preset."""
        super().reset()
        self._offsets = [0.0] * 3
        self._expansions = [0] * 3
        self._outputs_v = [0.0] * 4
        self._shown = [0, 1, 2, 3]
        self._seen = 0j

    def number(self, value: float) -> str:
        """Write a number."""
        return f"{value:.15g}"

    # The wire: binary blocks end without a line feed

    def execute(self, message: str) -> bytes | None:
        """Carry out one message, and remember whether its reply is a binary block."""
        reply = super().execute(message)
        self._thread.ends_in_block = reply is not None and reply.startswith(b"#")
        return reply

    @property
    def reply_terminator(self) -> bytes:  # pyright: ignore[reportIncompatibleVariableOverride]
        """End of the latest reply to this connection."""
        return b"" if getattr(self._thread, "ends_in_block", False) else b"\n"

    def change(self, name: str, value: object) -> None:
        """Keep a setting; the reference ends where this model's range ends."""
        if name == "frequency" and not 0 < float(value) <= self.highest_hz:  # type: ignore[arg-type]
            raise ScpiError(-222)
        super().change(name, value)

    def lose_lock(self) -> None:
        """Lose the reference for good."""
        self._unlocked = True

    # The signal

    @property
    def time_constant_s(self) -> float:
        """Of the low-pass, s."""
        return TIME_CONSTANTS_S[self.state["time_constant"]]

    def record(self, rate_hz: float, count: int) -> NDArray[np.complexfloating]:
        """Take X + iY, V, shape (count,).

        Raises:
            ScpiError: the settings ask for more than is simulated.
        """
        state = self.state
        # A lone reading, of which the preset's filter is asked too, takes one stage for any filter.
        if count > 1 and (state["slope"] or state["sync"] or state["advanced"]):
            raise ScpiError(-221, "only 6 dB/oct without further filters is simulated")
        if state["reference"] or state["current_input"]:
            raise ScpiError(-221, "only the internal reference and voltages are simulated")
        reference_hz = self._local_oscillator_hz + state["frequency"] * state["harmonic"]
        z = self._bench.vibration(
            self._phonon, reference_hz, self.time_constant_s, rate_hz, count
        ) * np.exp(-1j * math.radians(state["phase"]))
        with self.lock:
            self._seen = complex(z[-1])
            if math.sqrt(2) * float(np.abs(z).max()) > INPUT_RANGES_V[state["range"]]:
                self._latched |= OVERLOADED
        return z

    def _reading(self, number: int) -> float:
        """Tell one of the readings of OUTP? and SNAP?, from what was seen last."""
        z, state = self._seen, self.state
        near = {0: z.real, 1: z.imag, 2: abs(z), 3: math.degrees(math.atan2(z.imag, z.real))}
        far = {12: state["phase"], 13: state["sine_level"], 14: state["sine_offset"]}
        far |= {15: state["frequency"], 10: self._outputs_v[0], 11: self._outputs_v[1]}
        return (near | far).get(number, 0.0)

    def _look(self) -> None:
        self.record(0.1 / self.time_constant_s, 1)

    @command(":OUTP?", _index(_READINGS - 1))
    def _output(self, number: int) -> str:
        self._look()
        return self.number(self._reading(number))

    @command(
        ":SNAP?",
        _index(_READINGS - 1),
        _index(_READINGS - 1),
        Number(0, _READINGS - 1, integer=True, optional=True),
    )
    def _snap(self, *wanted: int) -> str:
        self._look()
        return ",".join(self.number(self._reading(number)) for number in wanted)

    @command(":SNAPD?")
    def _snap_shown(self) -> str:
        self._look()
        return ",".join(self.number(self._reading(number)) for number in self._shown)

    @command(":APHS")
    def _auto_phase(self) -> None:
        self._look()
        turned = self.state["phase"] + math.degrees(math.atan2(self._seen.imag, self._seen.real))
        self.change("phase", (turned + 180) % 360 - 180)

    @command(":ARNG")
    @command(":ASCL")
    def _auto_nothing(self) -> None:
        """The bench's signal stays within any range that suits it."""

    @command(":ENBW?")
    def _noise_bandwidth(self) -> str:
        return self.number(1 / (4 * self.time_constant_s))

    @command(":ILVL?")
    def _level(self) -> str:
        part = math.sqrt(2) * abs(self._seen) / INPUT_RANGES_V[self.state["range"]]
        return str(sum(part > step for step in (0.03, 0.1, 0.3, 1.0)))

    # Values that come in rows

    @command(":COFP", _index(2), Number(-999.99, 999.99))
    def _set_offset(self, number: int, percent: float) -> None:
        self._offsets[number] = percent

    @command(":COFP?", _index(2))
    def _offset(self, number: int) -> str:
        return self.number(self._offsets[number])

    @command(":CEXP", _index(2), _index(2))
    def _set_expansion(self, number: int, choice: int) -> None:
        self._expansions[number] = choice

    @command(":CEXP?", _index(2))
    def _expansion(self, number: int) -> str:
        return str(self._expansions[number])

    @command(":AUXV", _index(3), Number(-10.5, 10.5))
    def _set_output(self, number: int, volts: float) -> None:
        self._outputs_v[number] = volts

    @command(":AUXV?", _index(3))
    def _tell_output(self, number: int) -> str:
        return self.number(self._outputs_v[number])

    @command(":OAUX?", _index(3))
    def _input(self, number: int) -> str:
        return self.number(0.0)

    @command(":CDSP", _index(3), _index(_READINGS - 1))
    def _show(self, place: int, number: int) -> None:
        self._shown[place] = number

    @command(":CDSP?", _index(3))
    def _tell_shown(self, place: int) -> str:
        return str(self._shown[place])

    # Status

    @command(":LIAS?")
    def _tell_latched(self) -> str:
        latched, self._latched = self._latched | UNLOCKED * self._unlocked, 0
        return str(latched)

    @command(":CUROVLDSTAT?")
    def _overload_now(self) -> str:
        part = math.sqrt(2) * abs(self._seen) / INPUT_RANGES_V[self.state["range"]]
        return str(OVERLOADED if part > 1 else 0)

    @command(":ERRS?")
    def _hardware_errors(self) -> str:
        return "0"

    @command("*CLS")
    def clear_status(self) -> None:
        """Forget events and overloads."""
        self.status.clear()
        self._latched = 0
