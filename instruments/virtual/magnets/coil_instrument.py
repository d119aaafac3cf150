"""Base of the virtual magnet supplies: coils that move on while nobody asks."""

import threading
import time
from collections.abc import Callable, Iterable

from phonosync.instruments.virtual.interface import FieldBench
from phonosync.instruments.virtual.magnets.coil import Coil, CoilData, VectorField
from phonosync.instruments.virtual.scpi.instrument import ScpiInstrument

TICK_S = 0.05  # how often the bench hears of a field that moves by itself


class CoilInstrument(ScpiInstrument):
    """A supply of one to three coils.

    Args:
        bench: the device in the bore, or a `VectorField` that several supplies share.
        axes: along which the coils lie, as "xyz".
        coil: what the coils are made of.
        speed_up: how much faster than in the lab everything goes.
        clock: s; with a clock of one's own the coils move only when something is asked.

    Attributes:
        coils: axis -> coil.
    """

    def __init__(
        self,
        bench: FieldBench,
        axes: Iterable[str],
        coil: CoilData,
        *,
        speed_up: float,
        clock: Callable[[], float] | None,
    ):
        super().__init__()
        field = bench if isinstance(bench, VectorField) else VectorField(bench)
        self.coils = {
            axis: Coil(coil, field.along(axis), speed_up=speed_up, clock=clock or time.monotonic)
            for axis in axes
        }
        self._switched_off = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True) if clock is None else None

    def execute(self, message: str) -> bytes | None:
        """Carry out one message on coils that are up to date."""
        with self.lock:
            self.keep_time()
        reply = super().execute(message)
        with self.lock:
            self.advance()
        return reply

    def keep_time(self) -> None:
        """Bring the coils up to date, and from the first message on keep them so."""
        if self._ticker is not None:
            self._ticker.start()
            self._ticker = None
        self.advance()

    def advance(self) -> None:
        """Let the coils' time pass."""
        for coil in self.coils.values():
            coil.advance()

    def quench(self) -> None:
        """Let the coil with the largest current turn normal."""
        with self.lock:
            self.advance()
            max(self.coils.values(), key=lambda coil: abs(coil.magnet_a)).quench()

    def close(self) -> None:
        """Switch off."""
        self._switched_off.set()
        super().close()

    def _tick(self) -> None:
        while not self._switched_off.wait(TICK_S):
            with self.lock:
                self.advance()
