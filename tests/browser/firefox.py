"""A stock Firefox, driven through WebDriver BiDi: just what the tests need of it. Playwright can only drive a Firefox of its own making.

Commands go over one WebSocket, one at a time; what the browser tells in between (console messages, downloads) is kept for its tab.
"""
import base64
import collections
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time

from tests.browser import network_namespace
from websockets.sync.client import connect

WINDOW = (1280, 900)
PREFERENCES = {
    # Firefox's own choice for automated runs would allow file:// pages more than a visitor's Firefox does (security.fileuri.strict_origin_policy).
    "remote.prefs.recommended": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "browser.startup.page": 0,
    "browser.download.useDownloadDir": True,
    "browser.download.folderList": 2,
    "browser.download.alwaysOpenPanel": False,
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "termsofuse.acceptedVersion": 99,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}


class FirefoxError(Exception):
    """What Firefox answered instead of a result, or that it did not answer."""


def find():
    """The path of an installed Firefox."""
    path = next(filter(None, map(shutil.which, ("firefox-esr", "firefox"))), None)
    assert path, "No Firefox was found: install it (Debian: apt-get install firefox-esr) and run the tests again."
    return path


class Firefox:
    """One running Firefox with a profile of its own.

    Parameters
    ----------
    folder : Path
        Where its profile and its downloads go.
    without : Path, optional
        Run it without any network, and with this folder read-only (alone.py).
    preferences : dict
        More of about:config.
    """

    def __init__(self, folder, without=None, preferences=None):
        self.downloads = folder / "downloads"
        profile = folder / "profile"
        self.downloads.mkdir(parents=True)
        profile.mkdir()
        wishes = PREFERENCES | {"browser.download.dir": str(self.downloads)} | (preferences or {})
        (profile / "user.js").write_text("".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in wishes.items()))
        self.process = subprocess.Popen(
            [*(network_namespace.prefix(without) if without else ()), find(), "--headless", f"--width={WINDOW[0]}", f"--height={WINDOW[1]}", "--no-remote", "--profile", profile, "--remote-debugging-port", "0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True, env={**os.environ, "MOZ_HEADLESS": "1", "LANG": "C.UTF-8"})
        self.told = collections.defaultdict(list)
        self.numbers = 0
        try:
            port = self._port()
            way = network_namespace.connect(self.process.pid, port) if without else None
            self.ending = contextlib.ExitStack()
            self.socket = self.ending.enter_context(connect(f"ws://127.0.0.1:{port}/session", sock=way, max_size=None, compression=None, open_timeout=60, proxy=None))
            self.send("session.new", capabilities={})
            self.send("session.subscribe", events=["log.entryAdded"])
        except BaseException:
            self.kill()
            raise

    def _port(self):
        for line in self.process.stderr:
            if found := re.search(r"WebDriver BiDi listening on ws://127.0.0.1:(\d+)", line):
                threading.Thread(target=self.process.stderr.read, daemon=True).start()  # so that it never waits for a reader
                return int(found[1])
        raise FirefoxError("Firefox ended before it listened.")

    def send(self, method, timeout=120, **parameters):
        """One command; its result. Raises FirefoxError."""
        self.numbers += 1
        self.socket.send(json.dumps({"id": self.numbers, "method": method, "params": parameters}))
        until = time.monotonic() + timeout
        while True:
            try:
                message = json.loads(self.socket.recv(timeout=max(0.1, until - time.monotonic())))
            except TimeoutError:
                raise FirefoxError(f"{method}: no answer in {timeout} s") from None
            if message.get("id") == self.numbers:
                if message["type"] == "error":
                    raise FirefoxError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]
            if message.get("method") == "log.entryAdded":
                self.told[message["params"]["source"].get("context")].append(message["params"])

    def open(self, address):
        """A new tab with this page, loaded."""
        tab = Tab(self, self.send("browsingContext.create", type="tab")["context"])
        tab.go(address)
        return tab

    def close(self):
        with contextlib.suppress(Exception):
            self.send("browser.close", timeout=10)
            self.process.wait(15)
        self.kill()
        with contextlib.suppress(Exception):
            self.ending.close()

    def kill(self):
        """End its process group, and nothing else."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class Tab:
    """One page of it."""

    def __init__(self, browser, context):
        self.browser, self.context = browser, context

    def go(self, address, wait="complete"):
        self.browser.send("browsingContext.navigate", context=self.context, url=address, wait=wait)

    def reload(self):
        self.browser.send("browsingContext.reload", context=self.context, wait="complete")

    def close(self):
        self.browser.send("browsingContext.close", context=self.context)

    @property
    def complaints(self):
        """Errors on its console up to now, as sentences."""
        self.evaluate("() => 0")  # what was told before has been received with the answer
        return [entry["text"] for entry in self.browser.told[self.context] if entry["level"] == "error"]

    def evaluate(self, function, *arguments, timeout=120):
        """What a function of JavaScript gives for these arguments; promises are awaited. Values travel as JSON."""
        called = f"({function})({', '.join(map(json.dumps, arguments))})"
        answer = self.browser.send("script.evaluate", timeout, expression=f"(async () => JSON.stringify(await {called}) ?? null)()",
                                   target={"context": self.context}, awaitPromise=True)
        if answer["type"] == "exception":
            raise FirefoxError(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"].get("value") or "null")

    def until(self, function, *arguments, timeout=60):
        """Ask again and again until the answer is true; that answer (an element is answered as true)."""
        until = time.monotonic() + timeout
        asked = f"async (...given) => {{ const answer = await ({function})(...given); return answer instanceof Node || answer; }}"
        while not (answer := self.evaluate(asked, *arguments)):
            assert time.monotonic() < until, f"still not, after {timeout} s: {function} {arguments}\n{self.evaluate('() => document.body.innerText')[:1500]}"
            time.sleep(0.1)
        return answer

    def act(self, *sources):
        self.browser.send("input.performActions", context=self.context, actions=list(sources))

    def drag(self, *places):
        """Press the mouse at the first place (x, y in the window), move over the others, release. One place alone is a click."""
        (x, y), *others = [(round(x), round(y)) for x, y in places]
        steps = [{"type": "pointerMove", "x": x, "y": y}, {"type": "pointerDown", "button": 0}]
        steps += [{"type": "pointerMove", "x": x, "y": y, "duration": 50} for x, y in others] + [{"type": "pointerUp", "button": 0}]
        self.act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps})

    click = drag

    def keys(self, text):
        self.act({"type": "key", "id": "keyboard", "actions": [{"type": kind, "value": letter} for letter in text for kind in ("keyDown", "keyUp")]})

    def select_all(self):
        """As Control and A do it in what has the focus."""
        keys = [("keyDown", "\ue009"), ("keyDown", "a"), ("keyUp", "a"), ("keyUp", "\ue009")]
        self.act({"type": "key", "id": "keyboard", "actions": [{"type": kind, "value": key} for kind, key in keys]})

    def saved(self, act):
        """Do something that saves a file; its name and its bytes."""
        before = self._downloads()
        act()
        until, seen = time.monotonic() + 60, {}
        while True:  # under other names first: until there is one new file, and it rests
            new = {path: size for path, size in self._downloads().items() if path not in before}
            if len(new) == 1 and new == seen and all(new.values()):
                (path,) = new
                return path.name, path.read_bytes()
            assert time.monotonic() < until, f"nothing was saved: {new}"
            seen = new
            time.sleep(0.15)

    def _downloads(self):
        """Every file there and its size; one that is being renamed right now is not."""
        sizes = {}
        for path in self.browser.downloads.iterdir():
            with contextlib.suppress(FileNotFoundError):
                sizes[path] = path.stat().st_size
        return sizes

    def screenshot(self):
        """The window as a PNG."""
        return base64.b64decode(self.browser.send("browsingContext.captureScreenshot", context=self.context)["data"])
