"""Several lock-in amplifiers at one signal, each with QCoDeS' own driver, as one instrument.

A station file has one entry for a demodulator of several vibrations; its lock-ins are opened from
one address each.
"""

import contextlib
from typing import Any

from qcodes.instrument import Instrument
from qcodes.instrument_drivers.stanford_research import SR860, SR865A

_READINGS = ("X", "Y", "R", "P", "complex_voltage")  # of the moment: no part of a snapshot
_MODELS = {"SR860": SR860, "SR865A": SR865A}


class LockInBank(Instrument):
    """One to four SR860 or SR865A, called name_1, name_2, ...

    Args:
        name: of the bank.
        address: VISA address of the first lock-in, as `TCPIP0::192.168.1.130::INSTR`.
        address_2, address_3, address_4: those of further ones.
        model: "SR860" (to 500 kHz) or "SR865A" (to 4 MHz).
        options: of every driver, as `visalib` and `timeout`.
    """

    def __init__(
        self,
        name: str,
        address: str,
        *,
        address_2: str | None = None,
        address_3: str | None = None,
        address_4: str | None = None,
        model: str = "SR865A",
        **options: Any,
    ):
        if model not in _MODELS:
            raise ValueError(f"model {model!r} is unknown; choose from {', '.join(_MODELS)}")
        self.lock_ins: list[SR860 | SR865A] = []
        if address.upper().endswith("::SOCKET"):
            options.setdefault("device_clear", False)  # it may never return from a closed one
        addresses = [a for a in (address, address_2, address_3, address_4) if a is not None]
        try:
            for number, place in enumerate(addresses, 1):
                self.lock_ins.append(_MODELS[model](f"{name}_{number}", place, **options))
            super().__init__(name)
            for lock_in in self.lock_ins:
                for reading in _READINGS:
                    lock_in.parameters[reading]._snapshot_get = False
        except BaseException:
            self._close_lock_ins()
            raise

    @property
    def parts(self) -> tuple[SR860 | SR865A, ...]:
        """The lock-ins, each with a connection of its own."""
        return tuple(self.lock_ins)

    def get_idn(self) -> dict[str, Any]:
        """Identify the bank by its first lock-in."""
        return self.lock_ins[0].get_idn()

    def close(self) -> None:
        """Close all connections."""
        self._close_lock_ins()
        super().close()

    def snapshot_base(self, *arguments: Any, **keywords: Any) -> dict[Any, Any]:
        """State of the bank: that of its lock-ins, by name."""
        snapshot = super().snapshot_base(*arguments, **keywords)
        snapshot["lock_ins"] = {
            lock_in.name: lock_in.snapshot_base(*arguments, **keywords) for lock_in in self.lock_ins
        }
        return snapshot

    def _close_lock_ins(self) -> None:
        while self.lock_ins:
            with contextlib.suppress(Exception):
                self.lock_ins.pop().close()
