"""How often does a reciprocal device look nonreciprocal, order by order, in a lab that drifts?

    python benchmarks/drift_statistics.py --runs 400

Spectra of a reciprocal device (one line on shot noise, gamma-distributed) whose gain drifts and
remembers the last direction. `called_nonreciprocal` takes the spectra of any laboratory.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from phonosync.analysis.nonreciprocity.carry_over import carry_over
from phonosync.analysis.nonreciprocity.permutation import permutation_p_value, quad_differences

QUADS, POINTS, AVERAGES = 8, 64, 2000
Run = tuple[
    NDArray[np.floating], NDArray[np.floating]
]  # spectra (4 quads, F), directions (4 quads)


def signed_quads(random: np.random.Generator) -> NDArray[np.floating]:
    """The default: +−−+ or −++−, by chance."""
    return np.ravel(random.choice([1.0, -1.0], QUADS)[:, None] * [1, -1, -1, 1])


def one_block(random: np.random.Generator) -> NDArray[np.floating]:
    """All of one direction, then all of the other."""
    return random.choice([1.0, -1.0]) * np.repeat([1.0, -1.0], 2 * QUADS)


def alternation(random: np.random.Generator) -> NDArray[np.floating]:
    """ABAB."""
    return random.choice([1.0, -1.0]) * np.tile([1.0, -1.0], 2 * QUADS)


def random_order(random: np.random.Generator) -> NDArray[np.floating]:
    """Any order with as many of one direction as of the other."""
    return random.permutation(np.repeat([1.0, -1.0], 2 * QUADS))


ORDERS = {
    "signed quads with lead-in (default)": signed_quads,
    "one block per direction": one_block,
    "ABAB": alternation,
    "random order": random_order,
}


def laboratory(
    random: np.random.Generator,
    directions: NDArray[np.floating],
    *,
    linear: float = 0.0,
    walk: float = 0.0,
    memory: float = 0.0,
    effect: float = 0.0,
    led_in: bool = True,
) -> NDArray[np.floating]:
    """Spectra in the order of measurement, shape (n, F), shot noise 1.

    Args:
        linear: the gain's change from first to last measurement.
        walk: r.m.s. change by a random walk, likewise.
        memory: relative change of the gain by the direction before, forward against backward.
        effect: relative difference of the directions; zero for a reciprocal device.
        led_in: quads whose first direction follows the other one are led in by a spectrum of it.
    """
    n = len(directions)
    before = np.concatenate([directions[:1], directions[:-1]])
    if led_in:
        before[::4] = directions[::4]
    steps = random.standard_normal(n) * walk / np.sqrt(n)
    gain = (
        1
        + linear * np.linspace(0, 1, n)
        + np.cumsum(steps)
        + (memory * before + effect * directions) / 2
    )
    line = 10 / (1 + np.linspace(-8, 8, POINTS) ** 2)
    return random.gamma(AVERAGES, (1 + gain[:, None] * line) / AVERAGES)


def p_value(spectra: NDArray[np.floating], directions: NDArray[np.floating]) -> float:
    """Permutation over groups of two spectra per direction: the quads, where there are any."""
    of = {s: spectra[directions == s].reshape(QUADS, 2, -1).mean(axis=1) for s in (1, -1)}
    return permutation_p_value(quad_differences(of[1], of[-1]))


def called_nonreciprocal(measure: Callable[[int], Run], runs: int, *, level: float = 0.05) -> float:
    """Share of runs that call a device nonreciprocal: false positives, if it is reciprocal.

    Args:
        measure: seed -> spectra in the order of measurement and their directions.
        runs: seeds 0 to runs − 1.
        level: of the test.
    """
    return float(np.mean([p_value(*measure(seed)) <= level for seed in range(runs)]))


def memory_warnings(runs: int, memory: float) -> float:
    """Share of runs in which `carry_over` warns of a memory."""
    warned = 0
    for seed in range(runs):
        random = np.random.default_rng([seed, 2])
        directions = signed_quads(random)
        if np.all(directions[::4] == directions[0]):
            continue  # refused: one run of 128
        power = laboratory(random, directions, linear=0.03, memory=memory).mean(axis=1)
        found = carry_over(power.reshape(QUADS, 4), directions.reshape(QUADS, 4))
        warned += bool(found.notes)
    return warned / runs


def main() -> None:
    """Print the table of false positives and how often a memory is warned of."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    runs = parser.parse_args().runs
    drifts = {
        "none": {},
        "3 % linear": {"linear": 0.03},
        "3 % random walk": {"walk": 0.03},
        "3 % remanence": {"memory": 0.03},
        "all three": {"linear": 0.03, "walk": 0.03, "memory": 0.03},
        "all three, true difference of 1 %": {
            "linear": 0.03,
            "walk": 0.03,
            "memory": 0.03,
            "effect": 0.01,
        },
    }
    print(f"| order | {' | '.join(drifts)} |\n|---|{'---|' * len(drifts)}")
    for name, order in ORDERS.items():
        cells = []
        for drift in drifts.values():

            def measure(seed: int, *, order=order, drift=drift) -> Run:
                random = np.random.default_rng([seed, 1])
                directions = order(random)
                led_in = order is signed_quads
                return laboratory(random, directions, led_in=led_in, **drift), directions

            cells.append(f"{100 * called_nonreciprocal(measure, runs):.1f} %")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    print(
        "\nquads that warn of a memory: "
        + ", ".join(f"{100 * memory_warnings(runs, m):.0f} % at {m:.0%}" for m in (0, 0.01, 0.03))
    )


if __name__ == "__main__":
    main()
