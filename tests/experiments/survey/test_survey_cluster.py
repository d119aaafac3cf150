"""The same survey on a Dask cluster: the same bits, also when a worker is lost."""

import logging
import os
import signal

import pytest
import xarray as xr

from phonosync.experiments.survey import run as survey_run
from phonosync.experiments.survey.run import run_survey
from phonosync.theory import InputError, load_device
from phonosync.theory.device.parts import Disorder
from phonosync.theory.survey import compute
from phonosync.theory.survey.dataset import assemble
from phonosync.theory.survey.plan import Survey

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        host="127.0.0.1",
        dashboard_address=None,
        silence_logs=logging.CRITICAL,
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def plan():
    return Survey(load_device("ring"), devices=3100, disorder=Disorder(linewidth=0.05))


@pytest.fixture(scope="module")
def here(plan):
    store = {}
    compute(plan, store)
    return assemble(plan, store)


def test_a_cluster_gives_the_same_bits(cluster, plan, here):
    store = {}
    run_survey(plan, store, scheduler=cluster.scheduler_address)
    xr.testing.assert_identical(assemble(plan, store), here)


def test_a_wrong_device_is_told_by_a_worker_as_here(cluster):
    plan = Survey(load_device("ring"), version="another")
    with pytest.raises(InputError, match="the survey was planned with another"):
        run_survey(plan, {}, scheduler=cluster.scheduler_address)


def test_a_lost_worker_costs_nothing_but_time(cluster, plan, here):
    [victim, *_] = [nanny.pid for nanny in cluster.workers.values()]
    store, seen = {}, []

    def watch(done):
        if done == 1:
            os.kill(victim, getattr(signal, "SIGKILL", signal.SIGTERM))
        seen.append(done)

    run_survey(plan, store, scheduler=cluster.scheduler_address, watch=watch)
    xr.testing.assert_identical(assemble(plan, store), here)
    assert seen == list(range(9))


def test_a_worker_is_not_a_scheduler(cluster, plan):
    [*_, worker] = [nanny.worker_address for nanny in cluster.workers.values()]
    with pytest.raises(InputError, match=r"no Dask scheduler at .* \(Worker\)"):
        run_survey(plan, {}, scheduler=worker)


def test_nobody_is_not_a_scheduler(plan, monkeypatch):
    monkeypatch.setattr(survey_run, "_GREETING", 0.2)
    with pytest.raises(InputError, match="start one with 'dask scheduler'"):
        run_survey(plan, {}, scheduler="tcp://127.0.0.1:9")
