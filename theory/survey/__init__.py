"""Surveys: maps over entries of a device file, and Monte Carlo over imperfect devices."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import fields, replace
from importlib import metadata
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from phonosync.theory.device import Device
from phonosync.theory.device.parts import Disorder
from phonosync.theory.device.uncertainty import Uncertainty
from phonosync.theory.errors import InputError
from phonosync.theory.network import BosonicNetwork
from phonosync.theory.survey.axes import parse_axes
from phonosync.theory.survey.dataset import assemble
from phonosync.theory.survey.measures import measure_states
from phonosync.theory.survey.monte_carlo import draw_imperfections, imperfect
from phonosync.theory.survey.plan import Chunk, Results, Survey

if TYPE_CHECKING:
    import xarray

# The compiled search runs on threads of its own, which two threads of Python may not start at once.
_ONE_SEARCH = threading.Lock()


def survey(
    device: Device,
    vary: Sequence[str] = (),
    *,
    measures: Sequence[str] = ("S_c",),
    devices: int = 0,
    disorder: Disorder | None = None,
    seed: int = 0,
    without_kerr: bool = False,
    uncertainty: Uncertainty | None = None,
    branch: str = "lower",
    pair: tuple[str, str] | None = None,
    executor: Executor | None = None,
) -> xarray.Dataset:
    """Map the measures over entries of a device file, for perfect or for imperfect devices.

    Args:
        device: with two phonons or more.
        vary: up to three axes, as "drive.power=0.1..2 mW:41" (see `axes.parse_axis`).
        measures: S_c, S_p, S_phi, E_N, occupation, intensity, isolation.
        devices: number of imperfect devices; 0: the perfect one only.
        disorder: of the imperfect devices, instead of the device file's.
        seed: of the imperfect devices.
        without_kerr: everything a second time with all Kerr terms set to zero.
        uncertainty: of a fit, that the devices are drawn from instead of a disorder.
        branch: "lower" or "upper" stable state where there are several.
        pair: names of the two phonons; by default the first two.
        executor: where to compute: a ProcessPoolExecutor, or `get_executor()` of a Dask client; by
            default here. The numbers do not depend on it.

    Returns:
        Dataset with the dimensions of the axes, then `device`, `kerr`, `light`, `field`, where
        there are such; a value is NaN where no steady state is stable. See `dataset`.

    Raises:
        InputError: see `Survey`.
        UnstableError: no steady state is stable at any point.

    >>> from phonosync.theory import load_device
    >>> survey(load_device("ring"), ["sagnac.shift=-5,0,5 MHz"]).contrast_light.values.round(2)
    array([ 0.89,  0.  , -0.89])
    """
    plan = Survey(
        device=device,
        axes=parse_axes(device, vary),
        measures=tuple(measures),
        devices=devices,
        disorder=disorder or device.disorder or Disorder(),
        seed=seed,
        without_kerr=without_kerr,
        uncertainty=uncertainty,
        branch=branch,
        pair=pair,
    )
    store: dict[int, Results] = {}
    compute(plan, store, executor=executor)
    return assemble(plan, store)


def compute(
    plan: Survey,
    store: MutableMapping[int, Results],
    *,
    executor: Executor | None = None,
    ahead: int = 1_000_000,
    watch: Callable[[int], None] = lambda done: None,
) -> None:
    """Compute the chunks that are not in the store yet.

    Args:
        plan: what to compute.
        store: chunk number -> its results; written as they come, so what is there after an
            interruption can be gone on from.
        executor: see `survey`.
        ahead: most chunks that the executor is given at a time. On Ctrl-C those that it has begun
            are waited for and stored.
        watch: called with the number of chunks that are done.
    """
    chunks = plan.chunks()
    missing = [number for number in range(len(chunks)) if number not in store]
    done = len(chunks) - len(missing)
    watch(done)
    if executor is None:
        for number in missing:
            store[number] = run_chunk(plan, chunks[number])
            done += 1
            watch(done)
        return
    flying: dict[Future[Results], int] = {}
    try:
        while missing or flying:
            while missing and len(flying) < ahead:
                number = missing.pop(0)
                flying[executor.submit(run_chunk, plan, chunks[number])] = number
            for future in wait(flying, return_when=FIRST_COMPLETED).done:
                store[flying.pop(future)] = future.result()
                done += 1
                watch(done)
    except BaseException as error:
        in_hand = {future: number for future, number in flying.items() if not future.cancel()}
        if isinstance(error, KeyboardInterrupt):
            for future, number in in_hand.items():
                store[number] = future.result()
        raise


def run_chunk(plan: Survey, chunk: Chunk) -> Results:
    """Compute one chunk; the result depends on nothing but the plan and the chunk.

    Returns:
        For each measure an array of shape (places, kerr, light, field) or, per mode, (..., mode);
        places are points of the map, or devices.

    Raises:
        InputError: this computer has another version of phonosync than the plan was made with.
    """
    here = metadata.version("phonosync")
    if here != plan.version:
        raise InputError(
            f"a worker has phonosync {here}, the survey was planned with {plan.version}; install "
            "the same version on both."
        )
    found: list[Results] = []
    with _ONE_SEARCH:
        for kerr in plan.kerrs:
            # A direction at a time: near networks share their search.
            for network in _networks(plan, chunk):
                bare = {"kerr": 0.0 * network.kerr, "cross_kerr": 0.0 * network.cross_kerr}
                some = network if kerr == "as given" else replace(network, **bare)
                found.append(measure_states(some, plan.phonons, plan.measures, plan.branch))
    ways = (len(plan.kerrs), len(plan.lights), len(plan.fields))

    def together(name: str) -> NDArray[Any]:
        x = np.stack([each[name] for each in found], axis=1)
        return x.reshape(len(x), *ways, *x.shape[2:])

    return {name: together(name) for name in found[0]}


def _networks(plan: Survey, chunk: Chunk) -> Iterator[BosonicNetwork]:
    """For each direction the networks of a chunk, a batch of shape (places,)."""
    devices = [plan.device_at(point) for point in chunk.points]
    if chunk.block is not None and plan.uncertainty is not None:
        devices = plan.uncertainty.draws(
            devices[0],
            chunk.devices,
            seed=np.random.SeedSequence(plan.seed, spawn_key=(chunk.block,)),
            held=[axis.entry.path for axis in plan.axes],
        )
    for way in product(plan.lights, plan.fields):
        direction = dict(zip(("light", "field"), way, strict=True))
        if chunk.block is None or plan.uncertainty is not None:
            yield _batch([device.network(**direction) for device in devices])
        else:
            drawn = draw_imperfections(devices[0], plan.seed, chunk.block).first(chunk.devices)
            yield imperfect(devices[0], plan.disorder, drawn, **direction)


def _batch(networks: Sequence[BosonicNetwork]) -> BosonicNetwork:
    names = [f.name for f in fields(BosonicNetwork)]
    return BosonicNetwork(**{n: np.stack([getattr(x, n) for x in networks]) for n in names})
