"""Multinomial logistic regression: gradients against finite differences, the minimum against SciPy on the loss written out anew, warm starts, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import log_softmax

from pystudio.errors import StudioError
from pystudio.teach.classifier import UNTAUGHT, SoftmaxClassifier


def samples(n=60, features=5, classes=3, seed=0):
    random = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, n - classes)])
    inputs = random.normal(size=(features, n)) + random.normal(size=(features, classes))[:, labels]
    weights = random.uniform(0.1, 1, n)
    return inputs, labels, weights / weights.sum()


def flat(layers):
    return np.concatenate([part.ravel() for layer in layers for part in layer])


# ---------------------------------------------------------------- the loss
@pytest.mark.parametrize("hidden", [0, 7])
def test_the_gradient_equals_finite_differences(hidden):
    inputs, labels, weights = samples()
    classifier = SoftmaxClassifier(5, 3, hidden, 0.03, seed=4, dtype=np.float64)
    random = np.random.default_rng(1)
    classifier.layers = [(w + random.normal(size=w.shape), b + random.normal(size=b.shape)) for w, b in classifier.layers]
    gradient = flat(classifier.loss_and_gradient(inputs, labels, weights)[1])
    place, h = 0, 1e-6
    for layer in classifier.layers:
        for part in layer:
            for spot in np.ndindex(part.shape):
                sides = []
                for step in (h, -h):
                    part[spot] += step
                    sides.append(classifier.loss_and_gradient(inputs, labels, weights)[0])
                    part[spot] -= step
                assert gradient[place] == pytest.approx((sides[0] - sides[1]) / (2 * h), abs=1e-7)
                place += 1
    assert place == gradient.size


def test_without_a_hidden_layer_the_gradient_is_p_minus_y_times_x():
    inputs, labels, weights = samples()
    classifier = SoftmaxClassifier(5, 3, l2=0.2, dtype=np.float64)
    classifier.layers[0][0][:] = np.random.default_rng(2).normal(size=(3, 5))
    p = np.exp(classifier.logits(inputs))
    p /= p.sum(axis=0)
    y = np.eye(3)[labels].T
    ((by_weights, by_bias),) = classifier.loss_and_gradient(inputs, labels, weights)[1]
    assert by_weights == pytest.approx(((p - y) * weights) @ inputs.T + 0.2 * classifier.layers[0][0])
    assert by_bias == pytest.approx(((p - y) * weights).sum(axis=1))


# ---------------------------------------------------------------- the minimum
@settings(max_examples=25)
@given(st.integers(2, 5), st.integers(1, 8), st.sampled_from([1.0, 0.1, 0.01]), st.integers(0, 10**6))
def test_it_finds_the_minimum_that_scipy_finds(classes, features, l2, seed):
    inputs, labels, weights = samples(40, features, classes, seed)

    def loss(place):
        w, b = place[: classes * features].reshape(classes, features), place[classes * features :]
        return -(weights * log_softmax(w @ inputs + b[:, None], axis=0)[labels, np.arange(40)]).sum() + l2 / 2 * (w**2).sum()

    expected = minimize(loss, np.zeros(classes * (features + 1)), method="BFGS", options={"gtol": 1e-6})
    classifier = SoftmaxClassifier(features, classes, l2=l2, dtype=np.float64)
    found = classifier.fit(inputs, labels, weights, steps=500, tolerance=1e-7)
    assert found.value == pytest.approx(expected.fun, abs=1e-8)
    assert classifier.layers[0][0].ravel() == pytest.approx(expected.x[: classes * features], abs=2e-3)


def test_single_precision_finds_the_same():
    inputs, labels, weights = samples(200, 30, 4)
    logits = []
    for dtype in (np.float32, np.float64):
        classifier = SoftmaxClassifier(30, 4, dtype=dtype)
        assert classifier.fit(inputs.astype(dtype), labels, weights.astype(dtype)).converged
        logits.append(classifier.logits(inputs.astype(dtype)))
    assert logits[0] == pytest.approx(logits[1], abs=0.02)


def test_more_penalty_means_smaller_weights_and_less_sure_answers():
    inputs, labels, weights = samples()
    sizes = []
    for l2 in (0.01, 0.1, 1.0):
        classifier = SoftmaxClassifier(5, 3, l2=l2, dtype=np.float64)
        classifier.fit(inputs, labels, weights)
        sizes.append(np.abs(classifier.layers[0][0]).sum())
    assert sizes == sorted(sizes, reverse=True)


def test_classes_count_the_same_however_many_samples_they_have():
    inputs, labels, _ = samples(50, 4, 2)
    many = np.concatenate([np.arange(50), *[np.flatnonzero(labels == 1)] * 9])
    logits = []
    for chosen in (np.arange(50), many):
        classifier = SoftmaxClassifier(4, 2, dtype=np.float64)
        classifier.fit(inputs[:, chosen], labels[chosen], tolerance=1e-9)
        logits.append(classifier.logits(inputs))
    assert logits[0] == pytest.approx(logits[1], abs=1e-6)


def test_a_hidden_layer_learns_what_no_line_divides():
    inputs = np.random.default_rng(3).uniform(-1, 1, (2, 400))
    labels = (inputs[0] * inputs[1] > 0).astype(int)
    right = []
    for hidden in (0, 16):
        classifier = SoftmaxClassifier(2, 2, hidden, 1e-4, dtype=np.float64)
        classifier.fit(inputs, labels, steps=500)
        right.append((classifier.logits(inputs).argmax(axis=0) == labels).mean())
    assert right[0] < 0.65 and right[1] > 0.95


# ---------------------------------------------------------------- again and again
@pytest.mark.parametrize("hidden", [0, 6])
def test_equal_calls_give_equal_weights_bit_for_bit(hidden):
    inputs, labels, weights = samples()
    runs = []
    for _ in range(2):
        classifier = SoftmaxClassifier(5, 3, hidden)
        classifier.fit(inputs.astype(np.float32), labels, weights.astype(np.float32))
        runs.append(flat(classifier.layers))
    assert np.array_equal(*runs)


def test_a_warm_start_goes_on_where_it_was_and_ends_at_the_same_minimum():
    inputs, labels, weights = samples(80, 20, 3)
    warm, cold = (SoftmaxClassifier(20, 3, dtype=np.float64) for _ in range(2))
    warm.fit(inputs[:, :76], labels[:76], weights[:76], tolerance=1e-6)
    again = warm.fit(inputs, labels, weights, tolerance=1e-6)
    from_nothing = cold.fit(inputs, labels, weights, tolerance=1e-6)
    assert again.steps < from_nothing.steps and again.value == pytest.approx(from_nothing.value, abs=1e-9)
    assert warm.fit(inputs, labels, weights, tolerance=1e-5).steps == 0


# ---------------------------------------------------------------- few and bad samples
def test_a_class_without_samples_is_never_the_answer_and_the_others_do_not_notice():
    inputs, labels, weights = samples(60, 5, 2)
    small, large = SoftmaxClassifier(5, 2, dtype=np.float64), SoftmaxClassifier(5, 4, dtype=np.float64)
    small.fit(inputs, labels, weights, tolerance=1e-8)
    large.fit(inputs, labels, weights, tolerance=1e-8)
    assert large.logits(inputs)[:2] == pytest.approx(small.logits(inputs), abs=1e-6)
    assert (large.logits(inputs)[2:] == UNTAUGHT).all() and large.taught.tolist() == [True, True, False, False]


def test_one_sample_a_class_is_enough_and_contradictions_end_at_even_odds():
    classifier = SoftmaxClassifier(2, 2, dtype=np.float64)
    classifier.fit(np.array([[1.0, -1.0], [0.0, 0.0]]), np.array([0, 1]))
    assert classifier.logits(np.array([[1.0, -1.0], [0.0, 0.0]])).argmax(axis=0).tolist() == [0, 1]
    classifier.fit(np.ones((2, 2)), np.array([0, 1]))
    shares = classifier.logits(np.ones((2, 1)))
    assert shares[0] == pytest.approx(shares[1], abs=1e-3)


@pytest.mark.parametrize("arguments", [(0, 2), (3, 1), (3, 2, -1), (3, 2, 0, 0.0), (3, 2, 0, np.nan)])
def test_a_classifier_that_cannot_be_is_refused(arguments):
    with pytest.raises(StudioError):
        SoftmaxClassifier(*arguments)


@pytest.mark.parametrize(("inputs", "labels"), [(np.zeros((3, 4)), np.zeros(4, int)), (np.zeros((3, 4)), np.array([0, 1])), (np.zeros((2, 2)), np.array([0, 1])), (np.zeros((3, 2)), np.array([0, 2]))])
def test_samples_that_do_not_fit_or_hold_one_class_are_refused(inputs, labels):
    with pytest.raises(StudioError):
        SoftmaxClassifier(3, 2).fit(inputs, labels)
