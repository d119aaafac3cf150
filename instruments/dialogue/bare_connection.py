"""Put questions to an instrument without its driver."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from phonosync.instruments.dialogue.connection import greet
from phonosync.instruments.introductions.introduction import Ask
from phonosync.instruments.introductions.table import introduction_of


@contextmanager
def questions(address: str, driver: type, init: Mapping[str, Any]) -> Iterator[Ask]:
    """Connect as a driver would, but send nothing of one's own accord.

    Args:
        address: VISA address.
        driver: class of the driver, which knows the terminator.
        init: options of the driver; `visalib`, `timeout` and `terminator` are heeded.

    Raises:
        OSError, pyvisa.errors.Error: the instrument cannot be reached or is silent.
    """
    import pyvisa

    manager = pyvisa.ResourceManager(init.get("visalib") or "")
    handle: Any = manager.open_resource(address)
    try:
        known = introduction_of(driver)
        end = init.get("terminator") or getattr(driver, "default_terminator", None) or "\n"
        handle.read_termination = end
        # An instrument that prompts ends its answers otherwise than its commands are ended.
        handle.write_termination = getattr(driver, "line_end", end)
        handle.timeout = 1e3 * (init.get("timeout") or 5.0)
        greet(handle, known.greeting_lines)

        def ask(query: str) -> str:
            answer = handle.query(query)
            while not answer.strip():  # some answer, or greet, with a blank line first
                answer = handle.read()
            return answer

        yield ask
    finally:
        handle.close()
