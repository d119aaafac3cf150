"""Speed of the theory's kernels against named rivals, in one process and one thread.

    python benchmarks/theory.py

CPU time, medians of several repetitions; rivals run in turn with what they are compared to. Only
the ratios mean anything.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.integrate import solve_ivp
from scipy.linalg import solve_continuous_lyapunov

from phonosync.theory import (
    BosonicNetwork,
    complete_synchronization,
    diffusion,
    drift,
    load_device,
    steady_covariance,
    velocity,
)
from phonosync.theory.mean_field import steady_states_of_many
from phonosync.theory.stochastic.langevin import ensemble
from phonosync.theory.stochastic.langevin_scheme import linear_flow
from phonosync.theory.trajectory import follow, thermal_covariance
from phonosync.theory.verification.published import kerr_magnomechanics, optomechanical_cells


def medians(repetitions: int, *work: Callable[[], object]) -> list[float]:
    """Median CPU seconds of each piece of work, the pieces taking turns."""
    spent = [[] for _ in work]
    for piece in work:
        piece()  # compilation and caches
    for _ in range(repetitions):
        for times, piece in zip(spent, work, strict=True):
            start = time.process_time()
            piece()
            times.append(time.process_time() - start)
    return [float(np.median(times)) for times in spent]


def covariance() -> None:
    """Stationary covariance of 101 x 101 networks of 4 modes against a loop over scipy."""
    side = np.linspace(0.6, 1.4, 101)
    D1, D2 = np.meshgrid(side, side, indexing="ij")
    detuning = np.stack([D1, D2, np.full_like(D1, 1.0), np.full_like(D1, 1.1)], axis=-1)
    g, J = np.zeros((4, 4)), np.zeros((4, 4))
    g[0, 2] = g[1, 3] = 0.05
    J[0, 1] = J[1, 0] = 0.1
    network = BosonicNetwork(
        detuning=detuning,
        loss=[0.2, 0.1, 5e-3, 5e-3],
        exchange=J,
        pressure=g,
        occupation=[0, 0, 20, 20],
    )
    A, D = drift(network, np.array([0.5, 0.3, 0, 0])), diffusion(network)

    def loop() -> list[np.ndarray]:
        return [solve_continuous_lyapunov(a, -D) for a in A.reshape(-1, 8, 8)]

    ours, scipy = medians(5, lambda: steady_covariance(A, D), loop)
    V = steady_covariance(A, D)
    other = np.array(loop()).reshape(V.shape)
    apart = np.abs(V - other).max() / np.abs(other).max()

    def residual(V: np.ndarray) -> float:
        return np.abs(A @ V + V @ np.swapaxes(A, -1, -2) + D).max() / np.abs(V).max()

    points = D1.size
    print(
        f"covariance, 4 modes: {1e6 * ours / points:.2f} µs a point, "
        f"scipy's loop {1e6 * scipy / points:.1f} µs, ratio {scipy / ours:.1f} "
        f"(residuals {residual(V):.0e} and {residual(other):.0e}, apart {apart:.0e})"
    )


def trajectory() -> None:
    """One synchronization trajectory, 200 periods, against scipy's DOP853 written plainly."""
    network = optomechanical_cells(0.02)
    N, D = network.modes, diffusion(network)
    end = 400 * np.pi
    start = np.concatenate([np.zeros(2 * N), thermal_covariance(network).ravel()])

    def speed(_: float, y: np.ndarray) -> np.ndarray:
        c, V = y[:N] + 1j * y[N : 2 * N], y[2 * N :].reshape(2 * N, 2 * N)
        A, rate = drift(network, c), velocity(network, c)
        growth = A @ V
        return np.concatenate([rate.real, rate.imag, (growth + growth.T + D).ravel()])

    def plain() -> np.ndarray:
        run = solve_ivp(speed, (0, end), start, "DOP853", rtol=1e-9, atol=1e-12)
        return run.y[:, -1]

    ours, scipy = medians(1, lambda: follow(network, [0, end], rtol=1e-9), plain)
    print(f"trajectory, 200 periods: {ours:.3f} s, scipy {scipy:.1f} s, ratio {scipy / ours:.0f}")


def langevin() -> None:
    """1000 trajectories of 4 modes over 20 periods, against the same scheme in vectorised numpy."""
    network, trajectories, end, steps = optomechanical_cells(0.02), 1000, 40 * np.pi, 2500
    step, pressure = end / steps, network.pressure[0, 1]

    def ours() -> np.ndarray:
        run = ensemble(network, [0, end], trajectories=trajectories, seed=1, step=step)
        return run.covariance[-1]

    def flow(time: float) -> tuple[np.ndarray, ...]:
        # Equal losses and no Brownian mode: the flow is complex, its noise alike in q and p.
        M, push, L = linear_flow(network, time)
        shift = (push[0::2] + 1j * push[1::2]) / np.sqrt(2)
        sizes = L.diagonal()[0::2] / np.sqrt(2)
        return M[0::2, 0::2] + 1j * M[1::2, 0::2], shift[:, None], sizes[:, None]

    def vectorised() -> np.ndarray:
        random = np.random.Generator(np.random.SFC64(1))
        normals = np.empty((2, network.modes, trajectories))
        noise: Any = np.empty((network.modes, trajectories), complex)
        half, whole = flow(step / 2), flow(step)
        c: Any = (
            random.standard_normal(normals.shape) * 0.5 * np.array([1, 1j])[:, None, None]
        ).sum(0)
        for k in range(steps + 1):
            matrix, push, sizes = half if k in (0, steps) else whole
            if k > 0:
                light, phonon = c[0::2], c[1::2]
                quanta = light.real**2 + light.imag**2
                light *= np.exp(-2j * step * pressure * phonon.real)
                phonon.imag -= step * pressure * (quanta - 0.5)
            random.standard_normal(out=normals)
            np.multiply(sizes, normals[0], out=noise.real)
            np.multiply(sizes, normals[1], out=noise.imag)
            c = matrix @ c
            c += push
            c += noise
        x = np.sqrt(2) * np.stack([c.real, c.imag], axis=1).reshape(-1, trajectories)
        return np.cov(x)

    fast, slow = medians(5, ours, vectorised)
    per_step = 1e9 / (trajectories * steps)
    S_c = [float(complete_synchronization(V, 1, 3)) for V in (ours(), vectorised())]
    print(
        f"Langevin ensemble, 1000 x 4 modes: {fast * per_step:.0f} ns a trajectory and step, "
        f"vectorised numpy {slow * per_step:.0f} ns, ratio {slow / fast:.1f} "
        f"(S_c {S_c[0]:.3f} and {S_c[1]:.3f}, each ± 4 %)"
    )


def steady() -> None:
    """All steady states of 10 000 networks with a Kerr magnon, and of 2 000 with two such modes."""
    power = np.linspace(1e-3, 0.2, 10_000)
    one = kerr_magnomechanics(1e-3)
    many = replace(one, drive=one.drive * np.sqrt(power / 1e-3)[:, None])
    hybrid = load_device("hybrid").network()
    two = replace(hybrid, drive=hybrid.drive * np.linspace(0.5, 2, 2000)[:, None])
    first, second = medians(
        3, lambda: steady_states_of_many(many), lambda: steady_states_of_many(two)
    )
    print(
        f"all steady states: {first:.2f} s for 10 000 networks with one nonlinear mode, "
        f"{second:.2f} s for 2 000 with two (all threads of this process counted)"
    )


def start() -> None:
    """Time of `import phonosync.theory` in a process of its own."""
    import subprocess
    import sys

    code = "from time import perf_counter as t; a = t(); import phonosync.theory; print(t() - a)"
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout)
        for _ in range(5)
    ]
    print(f"import phonosync.theory: {np.median(runs):.2f} s")


if __name__ == "__main__":
    covariance()
    trajectory()
    langevin()
    steady()
    start()
