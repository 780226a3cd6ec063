"""The programs of docs/examples do what they say; the oracles know nothing of the engine."""

from __future__ import annotations

import importlib.util
import math
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread
from scipy.integrate import solve_ivp

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
PROGRAMS = sorted(EXAMPLES.glob("*.py"))
SMALL = [program for program in PROGRAMS if "--picture" not in program.read_text("utf-8")]
"""Those that only print; the page quotes all of it."""
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.])")


def load(name):
    specification = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@cache
def printed(name):
    """What a program prints, run as a script."""
    command = [sys.executable, "-X", "utf8", "-W", "error", EXAMPLES / f"{name}.py"]
    return subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout


def numbers(text):
    return [float(number) for number in NUMBER.findall(text)]


def drawn(text, sign):
    """What a drawing shows behind the names of nodes."""
    items = re.sub("  +", "\n", text.partition("\n\n")[2])
    found = re.findall(rf"^(\S.*) {sign} (\S+)$", items, re.MULTILINE)
    return {name: float(number) for name, number in found}


def row(name, title):
    """The numbers that a program prints behind a title, at the beginning of a line."""
    (line,) = re.findall(rf"^{re.escape(title)}(?= )(.*)$", printed(name), re.MULTILINE)
    return numbers(line)


def without_numbers(text):
    """The words and lines of a text, whatever the width of its numbers."""
    return re.sub("─+", "─", NUMBER.sub("#", text)).split()


def slope_along(f, x, direction, step=1e-4):
    """The directional derivative, by a central difference of fourth order."""
    near = f(x + step * direction) - f(x - step * direction)
    far = f(x + 2 * step * direction) - f(x - 2 * step * direction)
    return (8 * near - far) / (12 * step)


def assert_shows_something(picture):
    pixels = imread(picture)
    assert min(pixels.shape[:2]) > 200
    assert pixels.std() > 0.05


def test_running_example_equals_the_closed_form():
    y = math.exp(2) + 4 + math.cos(2)
    by_x1 = 2 * math.exp(2) + 4
    by_x2 = 4 - math.sin(2)
    for results in load("running_example").main().values():
        assert results == pytest.approx((y, by_x1, by_x2), rel=1e-12)


def test_running_example_computes_in_both_modes():
    methods = [method.__name__ for method in load("running_example").main()]
    assert methods == ["closed_form", "reverse", "forward"]


def test_chain_equals_the_closed_form_and_nearly_the_difference():
    derivative = math.exp(math.sin(math.sin(2))) * math.cos(math.sin(2)) * math.cos(2)
    assert row("chain", "value") == [pytest.approx(2.2013533791690376, rel=1e-15)]
    for way in ("chain", "closed form"):
        assert row("chain", way) == [pytest.approx(derivative, rel=1e-15)]
    assert derivative == pytest.approx(-0.562752038662712, rel=1e-15)
    assert row("chain", "difference") == [pytest.approx(derivative, abs=1e-7)]


def test_chain_shows_the_value_and_the_cotangent_of_each_link():
    inner, outer = math.sin(2), math.sin(math.sin(2))
    y = math.exp(outer)
    wanted = {
        "x": (2, y * math.cos(inner) * math.cos(2)),
        "sin": (inner, y * math.cos(inner)),
        "sin_2": (outer, y),
        "exp": (y, 1),
    }
    for name, (value, cotangent) in wanted.items():
        assert row("chain", name) == pytest.approx([value, cotangent], abs=1e-14)


def test_tanh_of_the_example_has_the_value_and_the_derivative_of_tanh():
    first, second = re.findall("(?:forward|backward): .* (.*)$", printed("tanh"), re.MULTILINE)
    assert float(first) == pytest.approx(0.7615941559557649, rel=1e-15)
    assert float(first) == pytest.approx(math.tanh(1), rel=1e-15)
    assert float(second) == pytest.approx(0.419974341614026, rel=1e-14)
    assert float(second) == pytest.approx(1 / math.cosh(1) ** 2, rel=1e-14)


def test_tanh_is_drawn_with_the_value_and_the_cotangent_of_every_node():
    forward, _, backward = printed("tanh").partition("backward")
    e = math.exp(-2)
    below, above = 1 / (1 + e), -(1 - e) / (1 + e) ** 2
    wanted = {  # value, cotangent
        "x": (1, 4 * e / (1 + e) ** 2),
        "mul(-2.0, ·)": (-2, (above - below) * e),
        "exp": (e, above - below),
        "sub(1.0, ·)": (1 - e, below),
        "add(1.0, ·)": (1 + e, above),
        "return truediv": (math.tanh(1), 1),
    }
    assert drawn(forward, "=") == pytest.approx({name: pair[0] for name, pair in wanted.items()})
    assert drawn(backward, "←") == pytest.approx({name: pair[1] for name, pair in wanted.items()})


def test_formula_of_placeholders_has_its_derivatives():
    def wanted(x, y, c):
        return [(x * y + c) * c + x, c * y + 1, c * x, x * y + 2 * c]

    assert row("placeholders", "variable 1.3") == pytest.approx([3.058, 1.52, 1.17, 2.96])
    assert row("placeholders", "variable 1.3") == pytest.approx(wanted(0.9, 0.4, 1.3))
    assert row("placeholders", "variable 2.0") == pytest.approx(wanted(0.9, 0.4, 2.0))
    assert row("placeholders", "constant 1.3") == pytest.approx(wanted(0.9, 0.4, 1.3)[:3])


def test_nine_nodes_have_the_values_and_derivatives_of_both_modes():
    e, c, s = math.exp(2), math.cos(2), math.sin(2)
    wanted = {  # value, tangents for both seeds, cotangent
        "w1": (1, 1, 0, 2 * e + 4),
        "w2": (2, 0, 1, 4 - s),
        "w3": (2, 2, 0, e),
        "w4": (e, 2 * e, 0, 1),
        "w5": (4, 0, 4, 1),
        "w6": (4, 4, 4, 1),
        "w7": (c, 0, -s, 1),
        "w8": (e + 4, 2 * e + 4, 4, 1),
        "w9": (e + 4 + c, 2 * e + 4, 4 - s, 1),
    }
    for name, expected in wanted.items():
        assert row("nine_nodes", name) == pytest.approx(expected, abs=1e-10)
    assert "-0.0000000000" not in printed("nine_nodes")


def test_nested_derivatives_are_not_confused():
    nested = re.findall(r"^d/dx .* = (.*)$", printed("nested"), re.MULTILINE)
    assert nested == ["1.0", "1.0"]


def test_derivatives_of_tanh_are_those_of_its_taylor_series():
    circle = np.exp(2j * np.pi * np.arange(128) / 128)  # tanh is analytic within 1.6 of 0.5
    series = np.fft.fft(np.tanh(0.5 + circle)).real / 128
    for order in range(7):
        expected = series[order] * math.factorial(order)
        assert row("nested", f"derivative {order}") == pytest.approx([expected] * 2, abs=1e-9)


def test_nothing_flows_through_what_is_not_differentiable():
    assert row("nondifferentiable", "floor(x) + x") == [1]
    assert row("nondifferentiable", "x - floor(x)") == [1]
    assert row("nondifferentiable", "digits(x) x") == [3]


def test_what_is_not_differentiable_is_computed_anew_at_each_run():
    output = printed("nondifferentiable")
    assert "at 123.0: digits = 3.0, cotangents = {'x': 3.0, 'mul': 1.0}" in output
    assert "at 4567.0: digits = 4.0, cotangents = {'x': 4.0, 'mul': 1.0}" in output


@pytest.mark.parametrize("name", ["digits_mlp", "digits_logistic"])
def test_digits_are_recognised(name, tmp_path, capsys):
    accuracy = load(name).main(tmp_path / "picture.png")
    assert 0.95 <= accuracy <= 1
    assert f"recognised {accuracy:.1%} of 450 test digits" in capsys.readouterr().out
    assert_shows_something(tmp_path / "picture.png")


def test_logistic_gradient_equals_the_closed_form():
    logistic = load("digits_logistic")
    images, labels, _, _ = logistic.load()
    weights = np.random.default_rng(0).normal(size=(images.shape[1], 10))
    probabilities = np.exp(images @ weights)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    surplus = probabilities - np.eye(10)[labels]
    want = images.T @ surplus / len(labels) + 2 * logistic.DECAY * weights
    value, gradient = logistic.val_and_grad(logistic.loss, weights, images=images, labels=labels)
    likelihood = np.log(probabilities[np.arange(len(labels)), labels]).mean()
    assert value == pytest.approx(-likelihood + logistic.DECAY * np.sum(weights**2), rel=1e-12)
    np.testing.assert_allclose(gradient, want, rtol=1e-10, atol=1e-14)


def test_logistic_loss_does_not_overflow():
    logistic = load("digits_logistic")
    images, labels, _, _ = logistic.load()
    huge = np.full((images.shape[1], 10), 1e4)
    value, gradient = logistic.val_and_grad(
        lambda weights: logistic.loss(weights, images, labels) - 1e-3 * np.sum(weights**2), huge
    )
    assert value == pytest.approx(math.log(10), rel=1e-6)
    assert np.isfinite(gradient).all()


def test_network_gradient_agrees_with_differences():
    mlp = load("digits_mlp")
    rng = np.random.default_rng(0)
    images, labels = rng.uniform(size=(20, 64)), rng.integers(0, 10, 20)
    shapes = {"w1": (64, 32), "b1": (32,), "w2": (32, 10), "b2": (10,)}
    weights = {name: rng.normal(0, 0.3, shape) for name, shape in shapes.items()}
    gradient = mlp.val_and_grad(mlp.loss, weights, images=images, labels=labels)[1]
    assert {name: cotangent.shape for name, cotangent in gradient.items()} == shapes
    for name, shape in shapes.items():
        direction = rng.normal(size=shape)
        slope = slope_along(
            lambda w, name=name: mlp.loss({**weights, name: w}, images, labels),
            weights[name],
            direction,
        )
        assert np.sum(gradient[name] * direction) == pytest.approx(slope, rel=1e-7)


def test_network_draws_right_digits_and_every_wrong_one():
    images, labels = np.random.default_rng(0).uniform(size=(40, 64)), np.arange(40) % 10
    predicted = labels.copy()
    predicted[[3, 38]] = 7
    figure = load("digits_mlp").draw(images, labels, predicted)
    drawn = [(axes.get_title(), axes.images) for axes in figure.axes if axes.images]
    wanted = [index for index in range(21) if index != 3] + [3, 38]
    assert [title for title, _ in drawn] == [
        *(str(index % 10) for index in wanted[:20]),
        "7, not 3",
        "7, not 8",
    ]
    for (_, (shown,)), index in zip(drawn, wanted, strict=True):
        np.testing.assert_array_equal(shown.get_array(), images[index].reshape(8, 8))


@pytest.fixture(scope="module")
def fit_of_pendulum(tmp_path_factory):
    """The program's module, its picture, and what it returned."""
    pendulum = load("pendulum")
    picture = tmp_path_factory.mktemp("pendulum") / "picture.png"
    return pendulum, picture, *pendulum.main(picture)


def test_pendulum_is_recovered(fit_of_pendulum):
    pendulum, picture, fitted, errors = fit_of_pendulum
    assert fitted == pytest.approx(pendulum.TRUE, rel=0.02)
    assert (np.abs(fitted - pendulum.TRUE) < 3 * errors).all()
    assert_shows_something(picture)


def test_pendulum_obeys_the_equation_of_motion():
    pendulum = load("pendulum")
    length, damping = pendulum.TRUE
    time = pendulum.STEP * np.arange(1, pendulum.STEPS + 1)
    exact = solve_ivp(
        lambda t, state: (state[1], -9.81 / length * np.sin(state[0]) - damping * state[1]),
        (0, time[-1]),
        pendulum.START,
        t_eval=time,
        rtol=1e-10,
        atol=1e-10,
    ).y[0]
    np.testing.assert_allclose(pendulum.swing(pendulum.TRUE), exact, atol=1e-3)


def test_pendulum_has_least_squares_and_errors_of_their_curvature(fit_of_pendulum):
    pendulum, _, fitted, errors = fit_of_pendulum
    observed = pendulum.observe()

    def misfit(parameters):
        return 0.5 * np.sum(((pendulum.swing(parameters) - observed) / pendulum.NOISE) ** 2)

    def slope(parameters, place):
        return slope_along(misfit, parameters, np.eye(2)[place], step=1e-3)

    for place in range(2):
        assert abs(slope(fitted, place)) * errors[place] < 1e-4
    curvature = np.empty((2, 2))
    for i, j in np.ndindex(2, 2):
        along = np.eye(2)[j]
        curvature[i, j] = slope_along(lambda p, i=i: slope(p, i), fitted, along, step=1e-3)
    np.testing.assert_allclose(errors, np.sqrt(np.diag(np.linalg.inv(curvature))), rtol=1e-5)


def test_program_runs_as_a_script(tmp_path):
    picture = tmp_path / "weights.png"
    command = [sys.executable, EXAMPLES / "digits_logistic.py", "--picture", picture]
    run = subprocess.run(command, capture_output=True, check=True, text=True, cwd=tmp_path)
    assert run.stdout.startswith("recognised 9")
    assert_shows_something(picture)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_page_shows_program_with_its_picture(program):
    page = (EXAMPLES / "index.md").read_text(encoding="utf-8")
    assert f"```{{literalinclude}} {program.name}" in page
    assert f"python docs/examples/{program.name}" in page
    if "--picture" in program.read_text(encoding="utf-8"):
        assert f"({program.stem}.png)" in page
        picture = EXAMPLES / f"{program.stem}.png"
        assert picture.stat().st_size < 60_000
        assert_shows_something(picture)


@pytest.mark.parametrize("program", SMALL, ids=lambda program: program.stem)
def test_page_quotes_what_the_program_prints(program):
    page = (EXAMPLES / "index.md").read_text(encoding="utf-8")
    _, _, block = page.partition(f"$ python docs/examples/{program.name}\n")
    quoted = block.partition("```")[0]
    output = printed(program.stem)
    assert without_numbers(quoted) == without_numbers(output)
    assert numbers(quoted) == pytest.approx(numbers(output), rel=1e-7, abs=1e-12)
