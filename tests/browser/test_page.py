"""The page of a graph, driven in a real browser: every step against the run in Python."""

from __future__ import annotations

import re

import numpy as np
import pytest

from pullback import Graph, trace

BUTTONS = {"value": "Forward pass", "reverse": "Reverse pass", "forward": "Forward mode"}
KEYS = {"value": "f", "reverse": "r", "forward": "t"}
DIGITS = {"value": "1", "reverse": "2", "forward": "3"}


def number(value):
    """A number as it stands on a node."""
    return f"{float(value):.6g}"


def steps_of(run, mode):
    return run.reverse_steps if mode == "reverse" else run.steps


def shown_texts(page):
    """Name -> the visible texts of value, cotangent and tangent, where there are any."""
    return page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll("[data-node]")].map((box) => [
          box.querySelector(".pb-name").textContent,
          Object.fromEntries(["value", "cotangent", "tangent"]
            .map((key) => [key, box.querySelector(".pb-" + key)])
            .filter(([, text]) => text && getComputedStyle(text).visibility === "visible"
              && getComputedStyle(text).display !== "none")
            .map(([key, text]) => [key, text.textContent])),
        ]))"""
    )


def expected_texts(run, mode, count):
    """The same, from the run, after ``count`` steps."""
    reached = {step.name for step in steps_of(run, mode)[:count]}
    texts = {step.name: {} for step in run.steps}
    for step in run.steps:
        if mode == "reverse" or step.name in reached:
            texts[step.name]["value"] = number(step.value)
        if mode == "reverse" and step.name in reached:
            texts[step.name]["cotangent"] = f"← {number(step.cotangent)}"
        if mode == "forward" and step.name in reached and step.tangent is not None:
            texts[step.name]["tangent"] = f"→ {number(step.tangent)}"
    return texts


def highlighted(page):
    """The names of the nodes that are highlighted."""
    return page.locator("[data-node].now .pb-name").all_text_contents()


def live_edges(page):
    """The highlighted edges, as pairs of indices."""
    return {
        (int(edge.get_attribute("data-from")), int(edge.get_attribute("data-to")))
        for edge in page.locator(".pb-edge.live").all()
    }


def said(page):
    return page.locator("[aria-live=polite]").text_content()


def check_step(page, run, mode, count):
    """Everything that the page shows after so many steps of a pass."""
    steps = steps_of(run, mode)
    assert shown_texts(page) == expected_texts(run, mode, count)
    assert page.locator("#place").input_value() == str(count)
    if count == 0:
        assert highlighted(page) == []
        assert said(page) == f"{BUTTONS[mode]}, at the start of {len(steps)} steps."
        return
    step = steps[count - 1]
    assert highlighted(page) == [step.name]
    assert page.locator("tr.now th").all_text_contents() == [step.name]
    assert live_edges(page) == {(parent.index, step.node.index) for parent in step.node.parents}
    assert said(page).startswith(f"Step {count} of {len(steps)}: ")
    shown = step.cotangent if mode == "reverse" else step.value
    assert number(shown) in said(page)
    assert step.name in said(page)
    if mode == "forward":
        found = step.tangent is not None
        wanted = f"its tangent is {number(step.tangent)}." if found else "it has no tangent."
        assert said(page).endswith(wanted)
    assert page.locator("#panel h2").text_content().split(" = ")[0] == step.name


@pytest.mark.parametrize("size", ["desktop", "phone"])
@pytest.mark.parametrize("mode", BUTTONS)
def test_clicks_step_through_a_pass_and_back(visit, run, mode, size):
    page = visit(run.graph, run, size=size)
    page.get_by_role("button", name=BUTTONS[mode]).click()
    check_step(page, run, mode, 0)
    for count in range(1, 10):
        page.get_by_role("button", name="Step", exact=True).click()
        check_step(page, run, mode, count)
    assert page.get_by_role("button", name="Step", exact=True).is_disabled()
    for count in (8, 7):
        page.get_by_role("button", name="Back").click()
        check_step(page, run, mode, count)
    page.get_by_role("button", name="To start").click()
    check_step(page, run, mode, 0)
    assert page.get_by_role("button", name="Back").is_disabled()


@pytest.mark.parametrize("keys", [KEYS, DIGITS])
@pytest.mark.parametrize("mode", BUTTONS)
def test_keys_step_through_a_pass_and_back(visit, run, mode, keys):
    page = visit(run.graph, run)
    page.keyboard.press(keys[mode])
    check_step(page, run, mode, 0)
    for key, count in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 9),
        ("ArrowRight", 9),
        ("ArrowLeft", 8),
        ("Home", 0),
        ("ArrowLeft", 0),
    ):
        page.keyboard.press(key)
        check_step(page, run, mode, count)


def test_chosen_pass_is_pressed(visit, run):
    page = visit(run.graph, run)
    for key, name in zip("rtf", ("Reverse pass", "Forward mode", "Forward pass"), strict=True):
        page.keyboard.press(key)
        pressed = page.locator("[data-pass][aria-pressed=true]").all_text_contents()
        assert pressed == [name]


def test_play_goes_to_the_end_and_stops(visit, run):
    page = visit(run.graph, run)
    page.get_by_label("Speed").select_option("very fast")
    page.get_by_role("button", name="Play").click()
    page.wait_for_function("document.getElementById('place').value === '9'")
    page.get_by_role("button", name="Play").wait_for()
    check_step(page, run, "value", 9)


def test_space_plays_and_pauses(visit, run):
    page = visit(run.graph, run)
    page.get_by_label("Speed").select_option("fast")
    page.locator("h1").click()
    page.keyboard.press("Space")
    assert page.locator("#play").text_content() == "Pause"
    page.wait_for_function("document.getElementById('place').value === '2'")
    page.keyboard.press("Space")
    assert page.locator("#play").text_content() == "Play"
    check_step(page, run, "value", int(page.locator("#place").input_value()))
    page.get_by_role("button", name="Step", exact=True).focus()
    before = int(page.locator("#place").input_value())
    page.keyboard.press("Space")  # which presses the button that has the focus
    check_step(page, run, "value", before + 1)


def test_slider_goes_anywhere(visit, run):
    page = visit(run.graph, run)
    page.locator("#place").fill("5")
    check_step(page, run, "value", 5)
    page.locator("#place").focus()
    page.keyboard.press("ArrowLeft")
    check_step(page, run, "value", 4)


@pytest.mark.parametrize("way", ["hover", "focus", "tap"])
def test_node_tells_all_of_itself(visit, run, way):
    page = visit(run.graph, run, has_touch=True)
    node = page.locator(f"[data-node='{run.graph['exp'].index}']")
    {"hover": node.hover, "focus": node.focus, "tap": node.tap}[way]()
    assert page.locator("#panel h2").text_content() == "exp = numpy.exp(mul)"
    names = page.locator("#panel dt").all_text_contents()
    told = dict(zip(names, page.locator("#panel dd").all_text_contents(), strict=True))
    step = run["exp"]
    assert float(told["value"]) == step.value
    assert float(told["cotangent"]) == step.cotangent
    assert float(told["tangent"]) == step.tangent
    assert (told["shape"], told["dtype"]) == ("()", "float64")
    assert (told["rule"], told["provider"]) == ("numpy.exp", "pullback-numpy")
    assert re.search(r"elementwise\.py:\d+$", told["rule written at"])
    assert told["made at"] == f"tests/browser/conftest.py:{step.node.line[1]}"
    assert told["line"] == "return np.exp(2 * x1) + x1 * x2**2 + np.cos(x2)"


def test_nodes_have_labels_that_say_what_is_known(visit, run):
    page = visit(run.graph, run)
    assert page.get_by_role("img", name="exp: exp(mul)", exact=True).count() == 1
    page.keyboard.press("r")
    page.keyboard.press("End")
    label = f"exp: exp(mul), value {number(np.exp(2))}, cotangent 1"
    assert page.get_by_role("img", name=label, exact=True).count() == 1


def test_every_control_and_node_is_reached_by_the_keyboard(visit, run):
    page = visit(run.graph, run)
    page.get_by_role("button", name="Step", exact=True).click()
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(document.activeElement.dataset || {}).node || document.activeElement.id"
                " || document.activeElement.textContent.trim()"
            )
        )
    assert {str(node.index) for node in run.graph} <= reached
    assert {"start", "back", "play", "step", "place", "speed", "Forward pass", "fit"} <= reached


def test_graph_without_run_steps_through_its_order(visit, run):
    page = visit(run.graph)
    for node in run.graph:
        page.keyboard.press("ArrowRight")
        assert highlighted(page) == [node.name]
    assert said(page) == "Step 9 of 9: add_2 = add + cos, of type float64."
    assert page.locator("[data-pass]").all_text_contents() == ["Order of evaluation"]


def test_pass_that_was_not_made_is_off_and_says_why(visit, run):
    page = visit(run.graph, run.graph.run(1.0, 2.0))
    assert page.get_by_role("button", name="Reverse pass").is_disabled()
    page.keyboard.press("r")
    assert said(page).startswith("Forward pass")
    assert page.get_by_text("call run.reverse() before it is drawn").is_visible()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_texts_lie_in_their_boxes_and_are_large_enough(visit, run, size):
    page = visit(run.graph, run, size=size)
    for mode in "frt":
        page.keyboard.press(mode)
        page.keyboard.press("End")
        outside = page.evaluate(
            """() => [...document.querySelectorAll("[data-node] text")].filter((text) => {
              const inner = text.getBoundingClientRect();
              const outer = text.parentNode.querySelector("rect").getBoundingClientRect();
              return inner.left < outer.left || inner.right > outer.right
                || inner.top < outer.top || inner.bottom > outer.bottom;
            }).map((text) => text.textContent)"""
        )
        assert outside == []
    smallest = page.evaluate(
        """() => {
          const scale = document.querySelector("#view svg").getBoundingClientRect().width
            / document.querySelector("#view svg").viewBox.baseVal.width;
          return Math.min(...[...document.querySelectorAll("[data-node] text")]
            .map((text) => scale * parseFloat(getComputedStyle(text).fontSize)));
        }"""
    )
    assert smallest >= 11


@pytest.mark.parametrize("mode", "frt")
def test_phone_needs_no_sideways_scrolling_and_has_large_buttons(visit, run, mode):
    page = visit(run.graph, run, size="phone")
    page.keyboard.press(mode)
    page.locator("summary").click()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for button in page.get_by_role("button").all():
        box = button.bounding_box()
        assert box["height"] >= 44
        assert box["width"] >= 44


def long(x, y):
    """A graph that no screen holds."""
    for _ in range(30):
        x, y = np.sin(x) * y, x + np.cos(y)
    return x + y


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_current_node_of_a_large_graph_is_in_sight(visit, size):
    graph = trace(long, 0.5, 0.25)
    run = graph.run(0.5, 0.25)
    run.reverse()
    page = visit(graph, run, size=size)
    for mode in "fr":
        page.keyboard.press(mode)
        for _ in range(40):
            page.keyboard.press("ArrowRight")
            page.keyboard.press("ArrowRight")
            assert page.evaluate(
                """() => {
                  const box = document.querySelector(".now").getBoundingClientRect();
                  const view = document.getElementById("view").getBoundingClientRect();
                  return box.left >= view.left && box.right <= view.right
                    && box.top >= view.top && box.bottom <= view.bottom;
                }"""
            )
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_zoom(visit, run):
    page = visit(run.graph, run)
    width = lambda: page.locator("#view svg").bounding_box()["width"]
    natural = width()
    page.get_by_role("button", name="Larger").click()
    assert width() == pytest.approx(1.25 * natural, abs=1)
    page.get_by_role("button", name="Smaller").click()
    assert width() == pytest.approx(natural, abs=1)
    page.get_by_role("button", name="Fit").click()
    assert page.evaluate("view.scrollHeight <= view.clientHeight")


def dots(page):
    return page.locator(".pb-dot").count()


def test_cotangents_travel_back_over_the_edges(visit, run):
    page = visit(run.graph, run, reduced_motion="no-preference")
    page.get_by_label("Speed").select_option("slow")
    page.keyboard.press("r")
    page.evaluate(
        """() => {
          window.seen = [];
          new MutationObserver((records) => {
            const dot = document.querySelector(".pb-dot");
            if (dot) window.seen.push(Number(dot.getAttribute("cy")));
          }).observe(document.querySelector("#view svg"), {subtree: true, attributes: true});
        }"""
    )
    page.get_by_role("button", name="Step", exact=True).click()
    page.wait_for_function("window.seen.length > 5 && !document.querySelector('.pb-dot')")
    seen = page.evaluate("window.seen")
    assert seen == sorted(seen, reverse=True)
    assert seen[0] > seen[-1] + 20


def test_nothing_moves_where_less_motion_is_wanted(visit, run):
    page = visit(run.graph, run, reduced_motion="reduce")
    page.get_by_label("Speed").select_option("slow")
    page.evaluate(
        """() => {
          window.added = 0;
          new MutationObserver((records) => { window.added += records.length; })
            .observe(document.querySelector("#view svg"), {childList: true});
        }"""
    )
    for _ in range(9):
        page.get_by_role("button", name="Step", exact=True).click()
    assert (dots(page), page.evaluate("window.added")) == (0, 0)


def test_hostile_names_do_nothing(visit):
    graph = Graph()
    name = "</script><img src=x onerror=document.title='hacked'>"
    graph.output(graph.placeholder(name) + 1.0, graph.constant(name))
    page = visit(graph, graph.run(2.0))
    page.keyboard.press("ArrowRight")
    page.locator("[data-node='2']").hover()
    assert page.title() == f"graph({name}): a graph"
    assert page.locator("img").count() == 0
    assert page.locator("h1").text_content() == f"graph({name})"


def test_it_says_everything_without_javascript(visit, run):
    page = visit(run.graph, run, java_script_enabled=False)
    assert page.locator("noscript").count() == 1
    assert not page.locator("#play").is_visible()
    page.locator("summary").click()
    assert page.locator("tbody tr").count() == 9
    assert page.locator("#view svg").is_visible()
    found = {"value": 9, "cotangent": 9, "tangent": len(run.tangents)}
    assert {key: page.locator(f"#view .pb-{key}").count() for key in found} == found
    assert page.locator("#view .pb-value").first.is_visible()
    assert not page.locator("#view .pb-tangent").first.is_visible()
    assert not page.locator("#view .pb-cotangent").first.is_visible()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_it_can_be_read_in_light_and_dark(visit, run, screenshots, size, colours):
    page = visit(run.graph, run, size=size, color_scheme=colours)
    for mode, key in KEYS.items():
        page.keyboard.press(key)
        for _ in range(4):
            page.keyboard.press("ArrowRight")
        for place in ("h1", "#said", "#panel dd", ".now .pb-name", ".now .pb-value", "kbd"):
            assert contrast(page, page.locator(place).first) >= 4.5, place
        page.screenshot(path=screenshots / f"{size}-{colours}-{mode}.png", full_page=True)


def contrast(page, element):
    """The contrast of a text with what is behind it, by the definition of WCAG 2."""
    colours = element.evaluate(
        """(element) => {
          const inSvg = element.closest("[data-node]");
          const style = getComputedStyle(element);
          if (inSvg) return [style.fill, getComputedStyle(inSvg.querySelector("rect")).fill];
          let behind = element;
          while (getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") {
            behind = behind.parentElement;
          }
          return [style.color, getComputedStyle(behind).backgroundColor];
        }"""
    )
    light, dark = sorted(map(luminance, colours), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
