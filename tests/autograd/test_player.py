"""The player in a real browser: frames, keys, slider, narrow screens, and that it asks nobody for anything."""

from __future__ import annotations

import json
import shutil
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from autograd import Value
from autograd.stepper import Steps, steps
from autograd.stepper.sentences import number

pytest.importorskip("selenium", reason="selenium is not installed (extra 'test')")

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="no browser: apt-get install chromium chromium-driver, or Chrome and chromedriver"
)
HOSTILE = ["</script><script>document.title='broken'</script>", "<img src=x onerror=alert(1)>", "x" * 10_000, "한국어"]


class Server(ThreadingHTTPServer):
    """Serves a folder and keeps what was asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.asked = folder, list[str]()
        super().__init__(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"


class Handler(SimpleHTTPRequestHandler):
    """Notes each request instead of printing it."""

    def log_message(self, format: str, *args: Any) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM or ""
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("pages"))
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    thread.join()
    running.server_close()


_numbers = count(1)


class Player:
    """A page of steps in the browser, and what is to be seen there."""

    def __init__(self, driver: Any, server: Server) -> None:
        self.driver, self.server, self.page = driver, server, ""

    def open(self, page: Steps | str, width: int = 1280, height: int = 800, **media: str) -> Player:
        self.page = f"{next(_numbers)}.html"  # no two alike, for a browser keeps what it has loaded
        if isinstance(page, Steps):
            page.save(self.server.folder / self.page)
        else:
            (self.server.folder / self.page).write_text(page, encoding="utf-8")
        self.server.asked.clear()
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
        self.driver.get("about:blank")
        self.driver.get_log("browser"), self.driver.get_log("performance")  # what came before
        self.driver.get(self.server.url + self.page)
        return self

    def press(self, *keys: str) -> None:
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def id(self, name: str) -> Any:
        return self.driver.find_element(By.ID, name)

    def script(self, text: str, *arguments: Any) -> Any:
        return self.driver.execute_script("return " + text, *arguments)

    @property
    def sentence(self) -> str:
        return self.script("document.getElementById('sentence').textContent")

    @property
    def step(self) -> int:
        return int(self.id("slider").get_property("value"))

    def numbers(self, root: str, what: str) -> dict[int, str]:
        """What is written as data or grad in each box of a picture, or each row of the table."""
        found = self.script(
            "[...document.querySelectorAll(`#${arguments[0]} [data-box]`)]"
            ".map(e => [e.dataset.box, e.querySelector('.' + arguments[1])?.textContent])",
            root,
            what,
        )
        return {int(box): text for box, text in found}

    def in_view(self, inner: str, outer: str) -> bool:
        """Whether the first element that the one selector finds lies within the one that the other finds."""
        a, b = (
            self.script("document.querySelector(arguments[0]).getBoundingClientRect().toJSON()", selector)
            for selector in (inner, outer)
        )
        across = b["left"] - 1 <= a["left"] and a["right"] <= b["right"] + 1
        return across and b["top"] - 1 <= a["top"] and a["bottom"] <= b["bottom"] + 1

    def lit(self, selector: str) -> list[int]:
        return self.script(
            "[...document.querySelectorAll(arguments[0])].map(e => Number(e.dataset.box ?? e.dataset.edge))", selector
        )


@pytest.fixture
def player(chromium: Any, server: Server) -> Iterator[Player]:
    page = Player(chromium, server)
    yield page
    chromium.switch_to.default_content()
    chromium.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert chromium.get_log("browser") == [], "nothing on the console: no error, no refusal by the policy"
    assert page.server.asked == ["/" + page.page], "no request but for the page"
    for entry in chromium.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = message["params"]["request"]["url"]
            assert url.startswith((page.server.url, "data:", "about:")), "no request to anywhere else"


def example() -> Steps:
    a, b = Value(2.0, label="a"), Value(-3.0, label="b")
    e = a * b + a * a * 0.5
    e.label = "e"
    return steps(e.tanh())


def test_every_frame(player):
    s = example()
    player.open(s)
    for i, frame in enumerate(s):
        assert player.step == i
        assert player.sentence == frame.sentence
        assert player.script("document.getElementById('rule').textContent") == frame.rule
        assert f"{frame.phase} pass · step {i + 1} of {len(s)}" in player.id("phase").text.lower()
        box = s._scene.box
        data = {box[v]: number(frame.values[v]) if v in frame.values else "–" for v in box}
        grads = {box[v]: number(frame.grads[v]) if v in frame.grads else "–" for v in box}
        for root in ("wide", "tall", "numbers"):
            shown = player.numbers(root, "grad")
            assert {k: shown[k] for k in grads} == grads
            shown = player.numbers(root, "data")
            assert {k: shown[k] for k in data} == data
        boxes, edges = s._scene.lit(frame)
        assert sorted(set(player.lit("#wide .box.lit"))) == sorted(set(boxes))
        assert sorted(player.lit("#wide .edge.lit")) == sorted(edges)
        assert player.lit("#wide .now") == ([] if frame.node is None else [box[frame.node]])
        assert player.id("wide").get_attribute("aria-label") == f"Graph of 7 values. {frame.sentence}"
        player.press(Keys.ARROW_RIGHT)
    assert player.step == len(s) - 1, "the last frame has no next"


def test_going_back_shows_what_was_known_then(player):
    s = example()
    player.open(s)
    player.press(Keys.END)
    assert "–" not in player.numbers("wide", "grad").values()
    player.press(Keys.ARROW_LEFT)
    assert player.sentence == s[-2].sentence
    player.press(Keys.HOME)
    grads = {k: text for k, text in player.numbers("wide", "grad").items() if text is not None}
    assert set(grads.values()) == {"–"}
    assert (player.step, player.lit("#wide .lit")) == (0, [])
    player.press(Keys.ARROW_LEFT)
    assert player.step == 0


def test_buttons_and_the_slider(player):
    s = example()
    player.open(s)
    player.id("next").click()
    player.id("next").click()
    player.id("previous").click()
    assert player.step == 1
    slider = player.id("slider")
    assert slider.get_attribute("max") == str(len(s) - 1)
    assert slider.get_attribute("aria-valuetext") == f"Step 2 of {len(s)}: {s[1].sentence}"
    slider.send_keys(Keys.ARROW_RIGHT)
    assert (player.step, player.sentence) == (2, s[2].sentence), "one step a key, not two"
    player.script("(arguments[0].value = 7, arguments[0].dispatchEvent(new Event('input')))", slider)
    assert player.sentence == s[7].sentence
    assert player.id("next").get_attribute("aria-disabled") == "false"
    slider.send_keys(Keys.END)
    assert player.id("next").get_attribute("aria-disabled") == "true"


def wait(player: Player, condition: Any) -> None:
    WebDriverWait(player.driver, 15, poll_frequency=0.05).until(lambda _: condition())


def test_play_and_pause(player):
    s = steps(Value(2.0, label="a") * 3.0)
    player.open(s)
    player.press(" ")
    assert player.id("play").text == "Pause"
    assert player.id("sentence").get_attribute("aria-live") == "off", "a player is not read out at every step"
    wait(player, lambda: player.step == 1)
    player.press(" ")
    assert player.id("play").text == "Play"
    assert player.id("sentence").get_attribute("aria-live") == "polite"
    time.sleep(1.9)  # longer than a step
    assert player.step == 1
    player.id("play").click()
    wait(player, lambda: player.step == len(s) - 1)
    wait(player, lambda: player.id("play").text == "Play")
    player.id("play").send_keys(" ")  # the key presses the button that has the focus, once; it starts anew
    assert (player.step, player.id("play").text) == (0, "Pause")
    player.press(Keys.ARROW_RIGHT)
    assert (player.step, player.id("play").text) == (1, "Play"), "a step by hand pauses"


def test_by_keyboard_alone(player):
    player.open(example())
    names = []
    for _ in range(6):
        player.press(Keys.TAB)
        names.append(player.script("document.activeElement.id"))
        assert player.script("getComputedStyle(document.activeElement).outlineStyle") == "solid", names
    assert names == ["pane", "slider", "previous", "play", "next", "numbers"]
    player.id("next").send_keys(Keys.ENTER)
    assert player.step == 1
    player.id("next").send_keys(" ")
    assert (player.step, player.id("play").text) == (2, "Play"), "on a button, space presses it"
    webdriver.ActionChains(player.driver).key_down(Keys.CONTROL).send_keys(Keys.ARROW_RIGHT).key_up(
        Keys.CONTROL
    ).perform()
    assert player.step == 2, "keys with Ctrl belong to the browser"


@pytest.mark.parametrize(("width", "height"), [(320, 568), (375, 740), (1280, 800), (320, 256)])
def test_sizes(player, width, height):
    s = example()
    player.open(s, width, height, prefers_reduced_motion="reduce")
    narrow = width < 720
    assert player.id("tall").is_displayed() == narrow
    assert player.id("wide").is_displayed() != narrow
    for _ in range(len(s)):
        assert player.script("document.documentElement.scrollWidth") <= width, "the page itself never scrolls sideways"
        for name in ("previous", "play", "next"):
            box = player.id(name).rect
            assert box["height"] >= 44
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
        changed = "now" if s[player.step].phase == "forward" else "lit"
        if player.lit(f"#wide .{changed}") and height >= 400:
            picture = "tall" if narrow else "wide"
            assert player.in_view(f"#{picture} .{changed} > rect", "#pane"), player.sentence
        player.press(Keys.ARROW_RIGHT)
    assert player.script("numbers.scrollWidth <= numbers.clientWidth"), "the table fits"
    size = "document.querySelector('#{} .data').getBoundingClientRect().height"
    assert player.script(size.format("tall" if narrow else "wide")) >= 11, "large enough to read"


def test_the_table_fits_a_telephone_whatever_stands_in_it(player):
    w, x = Value(-1.23456789e-200, label="layers.0.neurons.12.w.10"), Value(-9.87654321e-100, label="x" * 40)
    s = steps(w * x * -1.23456789e150)
    player.open(s, 320, 568, prefers_reduced_motion="reduce")
    player.press(Keys.END)
    assert any(len(text) > 11 for text in player.numbers("numbers", "grad").values())
    assert player.script("numbers.scrollWidth <= numbers.clientWidth")


@pytest.mark.parametrize(("width", "height"), [(320, 568), (375, 740), (812, 375)])
def test_next_stays_where_the_thumb_is(player, width, height):
    s = example()
    player.open(s, width, height, prefers_reduced_motion="reduce")
    player.id("next").click()
    place = "document.getElementById('next').getBoundingClientRect().toJSON()"
    first = player.script(place)
    assert first["bottom"] <= height
    for _ in range(len(s) - 2):
        player.id("next").click()
        assert player.script(place) == first, player.sentence
    if height < 480:
        return
    player.script("scrollTo(0, document.documentElement.scrollHeight)")
    rows = player.script("document.querySelector('tbody tr:last-child').getBoundingClientRect().bottom")
    assert rows <= player.script("controls.getBoundingClientRect().top"), "the table ends above the controls"


def test_print_shows_all_of_the_picture(player):
    y = x = Value(1.0, label="x")
    for _ in range(12):
        y = (y + x).tanh()
    player.open(steps(y), 375, 740, prefers_reduced_motion="reduce")
    hidden = "[pane.scrollHeight - pane.clientHeight, pane.scrollWidth - pane.clientWidth]"
    assert player.script(hidden)[0] > 0
    player.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert player.script(hidden) == [0, 0]
    assert not player.id("controls").is_displayed()


def test_a_large_graph_follows_what_is_lit(player):
    y = x = Value(1.0, label="x")
    for _ in range(60):
        y = (y + x).tanh()
    player.open(steps(y), 1280, 800, prefers_reduced_motion="reduce")
    for i in (1, 60, 119, 123, 180, 299):
        player.script("(slider.value = arguments[0], slider.dispatchEvent(new Event('input')))", i)
        assert player.in_view("#wide .now > rect", "#pane") or player.in_view("#wide .lit > rect", "#pane")
        assert player.in_view("tr.now", "#numbers")


@pytest.mark.parametrize(("width", "height"), [(320, 568), (375, 812), (1280, 800)])
def test_what_changes_is_in_sight_however_long_the_line_to_it(player, width, height):
    y = x = Value(1.0, label="x")
    for _ in range(6):
        y = (y + 1.0).tanh()
    s = steps(y * x + x)
    player.open(s, width, height, prefers_reduced_motion="reduce")
    picture = "tall" if width < 720 else "wide"
    for i in range(len(s)):
        player.script("(slider.value = arguments[0], slider.dispatchEvent(new Event('input')))", i)
        changed = "now" if s[i].phase == "forward" else "lit"
        if player.lit(f"#{picture} .box.{changed}"):
            assert player.in_view(f"#{picture} .box.{changed} > rect", "#pane"), s[i]


def test_reduced_motion_and_dark_colours(player):
    moving = "getComputedStyle(document.querySelector('.graph rect')).transitionDuration"
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    player.open(example())
    assert player.script(moving) != "0s"
    assert player.script(ground) == "rgb(255, 255, 255)"
    player.open(example(), prefers_reduced_motion="reduce", prefers_color_scheme="dark")
    assert player.script(moving) == "0s"
    assert player.script(ground) == "rgb(21, 24, 29)"


def test_labels_are_shown_and_never_run(player):
    y = Value(1.0)
    for label in HOSTILE:
        y = y + Value(2.0, label=label)
    player.open(steps(y))
    player.press(Keys.END)
    titles = player.script("[...document.querySelectorAll('#wide title')].map(e => e.textContent.split('\\n')[0])")
    assert set(HOSTILE) <= set(titles), "a label is whole in its tooltip"
    assert player.driver.title == "v5 = 9.0, step by step"
    assert player.script("document.querySelectorAll('script, img').length") == 2


def test_without_scripts(player):
    player.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    player.open(example())
    assert not player.id("controls").is_displayed()
    assert player.id("wide").is_displayed()
    assert player.id("last-wide").is_displayed()
    assert "After the last step" in player.driver.find_element(By.CLASS_NAME, "still").text


def test_in_a_notebook_styles_stay_apart(player):
    s = example()
    hostile = "<style>p, rect, button { display: none !important }</style>"
    player.open(f"<!doctype html><title>n</title><link rel=icon href='data:,'>{hostile}{s._repr_html_()}")
    player.driver.switch_to.frame(player.driver.find_element(By.TAG_NAME, "iframe"))
    assert player.id("play").is_displayed()
    player.id("next").click()
    player.press(Keys.ARROW_RIGHT)
    assert player.sentence == s[2].sentence
