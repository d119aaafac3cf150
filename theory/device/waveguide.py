"""Waveguides of a device: cascaded couplings, one after the other, as light runs through them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from phonosync.theory.device.coupling import Coupling

Links = dict[str, tuple[str, complex]]
"""Where what leaves a port goes: the next port and the amplitude √T e^{iφ} that arrives there."""


def links(couplings: Sequence[Coupling], light: int) -> Links:
    """Follow the cascaded couplings for a direction of light; light = 0 leaves them as for +1.

    Raises:
        ValueError: a port feeds two others or is fed by two, or light comes back to a mode.
    """
    found: Links = {}
    fed: set[str] = set()
    for coupling in couplings:
        if coupling.ports is None:
            continue
        source, target = coupling.ports[:: light or +1]
        power = coupling.backward_transmission if light < 0 else coupling.transmission
        for port, taken, does in ((source, found, "feeds"), (target, fed, "is fed by")):
            if port in taken:
                raise ValueError(
                    f"couplings: port {port!r} {does} two others; a waveguide runs past one port "
                    "after the other"
                )
        fed.add(target)
        found[source] = (target, np.sqrt(power) * np.exp(1j * coupling.phase))
    leads_to = {p: m for c in couplings if c.ports for p, m in zip(c.ports, c.modes, strict=True)}
    for start in found:
        port, met = start, {leads_to[start]}
        while port in found:
            port = found[port][0]
            if leads_to[port] in met:
                raise ValueError(
                    f"couplings: what leaves mode {leads_to[port]!r} comes back to it; a cascade "
                    "runs one way, remove one of its couplings"
                )
            met.add(leads_to[port])
    return {source: link for source, link in found.items() if link[1] != 0}


def downstream(through: Links, port: str) -> Iterator[tuple[str, complex]]:
    """Ports that a wave reaches after `port`, and t: c_in there is t c_in here.

    With c_out = √κ c − c_in at every port. What the mode behind `port` emits arrives there as
    −t √κ c.

    >>> [(port, round(t.real, 2)) for port, t in downstream({"a": ("b", 0.5), "b": ("c", 1)}, "a")]
    [('b', -0.5), ('c', 0.5)]
    """
    passed = 1 + 0j
    while port in through:
        port, amplitude = through[port]
        passed *= -amplitude
        yield port, passed
