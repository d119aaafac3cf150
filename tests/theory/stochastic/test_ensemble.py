import numpy as np
import pytest

from phonosync.theory import (
    BosonicNetwork,
    complete_synchronization,
    phase_synchronization,
)
from phonosync.theory.stochastic.ensemble import Ensemble, estimate
from phonosync.theory.stochastic.langevin import ensemble


def test_the_error_of_s_c_is_that_of_an_exponentially_distributed_mean():
    # q_−² + p_−² of two thermal modes is exponential: S_c has the relative error 1/√R.
    network = BosonicNetwork(detuning=[1.0, 1.0], loss=[0.5, 0.5], occupation=2.0)
    run = ensemble(network, [0, 20, 40], trajectories=4000, seed=14)
    S_c = estimate(run, lambda V, _: complete_synchronization(V, 0, 1), [0, 1])
    np.testing.assert_allclose(S_c.error, 0.2 / np.sqrt(4000), rtol=0.1)
    assert np.all(np.abs(S_c.value - 0.2) < 4 * S_c.error)
    # Times far apart are independent: the average of three is √3 better.
    average = estimate(run, lambda V, _: complete_synchronization(V, 0, 1), [0, 1], average=True)
    assert average.value == pytest.approx(S_c.value.mean())
    assert average.error == pytest.approx(0.2 / np.sqrt(3 * 4000), rel=0.1)


def test_estimates_leave_out_trajectories_exactly():
    random = np.random.default_rng(15)
    c = random.normal(size=(1, 7, 2)) + 1j * random.normal(size=(1, 7, 2))

    def measure(V, c):
        return phase_synchronization(V, c, 0, 1)

    def of(part):
        run = Ensemble(np.zeros(1), part, seed=0, step=1.0)
        return measure(run.covariance, run.mean)[0]

    left_out = np.array([of(np.delete(c, r, axis=1)) for r in range(7)])
    found = estimate(Ensemble(np.zeros(1), c, seed=0, step=1.0), measure, [0, 1])
    assert found.value[0] == pytest.approx(of(c))
    assert found.error[0] == pytest.approx(np.sqrt(6 * left_out.var()))
