"""Descents, against SciPy's and against minima that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize, rosen, rosen_der

from pystudio.teach.lbfgs import minimise


def rosenbrock(x):
    return float(rosen(x)), rosen_der(x)


@pytest.mark.parametrize("n", [2, 5, 20])
def test_the_bottom_of_rosenbrocks_valley_is_found(n):
    found = minimise(rosenbrock, np.full(n, -1.2), steps=1000, tolerance=1e-6)
    assert found.converged and found.place == pytest.approx(np.ones(n), abs=1e-5)
    assert found.steps < 3 * minimize(rosen, np.full(n, -1.2), jac=rosen_der, method="L-BFGS-B").nit + 20


@given(st.integers(1, 12), st.integers(0, 10**6))
def test_a_bowl_of_any_shape_is_solved_as_linear_algebra_solves_it(n, seed):
    random = np.random.default_rng(seed)
    root = random.normal(size=(n, n))
    bowl, right = root @ root.T + np.eye(n), random.normal(size=n)
    found = minimise(lambda x: (float(x @ bowl @ x / 2 - right @ x), bowl @ x - right), random.normal(size=n), 500, 1e-8)
    assert found.place == pytest.approx(np.linalg.solve(bowl, right), abs=1e-6)


def test_the_value_never_rises_and_steps_are_counted():
    values = []
    for steps in range(12):
        found = minimise(rosenbrock, np.array([-1.2, 1.0]), steps, 1e-12)
        assert found.steps == steps and found.value == rosenbrock(found.place)[0]
        values.append(found.value)
    assert values == sorted(values, reverse=True) and values[-1] < values[0] / 4


def test_a_start_at_the_bottom_takes_no_step():
    found = minimise(rosenbrock, np.ones(3))
    assert found.steps == 0 and found.converged


def test_where_numbers_end_the_descent_ends_there_and_not_in_a_loop():
    """Far from the start the function is infinite: the step is shortened; at a corner without a minimum nothing is better, and it says so."""
    found = minimise(lambda x: (float(-np.log(x[0])) + float(x[0]) if x[0] > 0 else np.inf, np.array([1 - 1 / x[0]])), np.array([30.0]))
    assert found.place == pytest.approx([1.0], abs=1e-4)
    corner = minimise(lambda x: (float(abs(x[0])), np.array([1.0 if x[0] >= 0 else -1.0])), np.array([0.0]))
    assert not corner.converged and corner.value == 0
