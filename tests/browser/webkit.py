"""WebKitGTK's MiniBrowser, driven through W3C WebDriver: the engine of Safari, with the face of firefox.py.

A command is one request over HTTP. WebDriver tells nothing by itself: what went wrong on a page is kept by a script in it, which every question
brings along, so what goes wrong before the first question is not known. Under automation MiniBrowser keeps nothing on the disk: who comes again
is a second window of the same instance.
"""
import base64
import contextlib
import glob
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time

from tests.browser import network_namespace
from tests.browser import firefox

SCREEN = "1280x2400x24"  # a window grows when it saves (Tab.saved)
PROGRAM = "/usr/lib/*/webkit2gtk-4.1/MiniBrowser"
KEEP = """const kept = window.__complaints ??= (kept => {
    const keep = (...words) => kept.push(words.map(String).join(" "));
    const { error } = console;
    console.error = (...words) => (keep(...words), error.apply(console, words));
    addEventListener("error", event => keep("error:", event.message ?? `${event.target.src ?? event.target.href} could not be loaded`), true);
    addEventListener("unhandledrejection", event => keep("unhandled:", event.reason));
    addEventListener("securitypolicyviolation", event => keep("refused:", event.effectiveDirective, event.blockedURI));
    return kept;
})([]);"""


class WebKitError(Exception):
    """What WebKit answered instead of a result, or that it did not answer."""


def find():
    """The paths of an installed MiniBrowser, of its WebDriver, and of a display in memory."""
    paths = [next(iter(glob.glob(PROGRAM)), None), shutil.which("WebKitWebDriver"), shutil.which("Xvfb")]
    assert all(paths), "No WebKitGTK was found: install it (Debian: apt-get install webkit2gtk-driver xvfb) and run the tests again."
    return paths


class WebKit:
    """One running MiniBrowser, a visitor who was never here, with a display of its own.

    Parameters
    ----------
    folder : Path
        Where its caches and its downloads go.
    without : Path, optional
        Run it without any network, and with this folder read-only (alone.py).
    proxy : str, optional
        The host and port that its requests go through.
    """

    def __init__(self, folder, without=None, proxy=None):
        program, driver, display = find()
        self.downloads, self.without, self.processes = folder / "downloads", without, []
        homes = {f"XDG_{name}_HOME": folder / name.lower() for name in ("CACHE", "CONFIG", "DATA", "STATE")}
        for home in (self.downloads, *homes.values()):
            home.mkdir(parents=True)
        (homes["XDG_CONFIG_HOME"] / "user-dirs.dirs").write_text(f'XDG_DOWNLOAD_DIR="{self.downloads}"\n')
        wishes = {"webkitgtk:browserOptions": {"binary": program, "args": ["--automation"]}, "timeouts": {"script": 600_000, "pageLoad": 300_000}}
        if proxy:
            wishes["proxy"] = {"proxyType": "manual", "httpProxy": proxy, "sslProxy": proxy}
        try:
            environment = os.environ | homes | {"DISPLAY": f":{self._display(display)}", "GDK_BACKEND": "x11", "GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1", "LANG": "C.UTF-8"}
            if os.geteuid() == 0:
                environment["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"
            self.port = free_port()
            self.process = self._start([*(network_namespace.prefix(without) if without else ()), driver, f"--port={self.port}"], stdout=subprocess.DEVNULL, env=environment)
            self._listening()
            self.session = "/session/" + self.send("POST", "/session", capabilities={"alwaysMatch": wishes})["sessionId"]
            self.first = self.current = self.send("GET", self.session + "/window")  # stays, as without a window there is no further one
        except BaseException:
            self.kill()
            raise

    def _start(self, command, **options):
        self.processes.append(subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL, **options))
        return self.processes[-1]

    def _display(self, program):
        """Start one; its number."""
        running = self._start([program, "-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp"], stdout=subprocess.PIPE, text=True)
        with running.stdout:
            number = running.stdout.readline().strip()
        if not number:
            raise WebKitError("The display ended before it was there.")
        return number

    def _listening(self):
        until = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError):
                if not self.without or os.readlink(f"/proc/{self.process.pid}/ns/net") != os.readlink("/proc/self/ns/net"):
                    return self.send("GET", "/status")
            if self.process.poll() is not None or time.monotonic() > until:
                raise WebKitError("The driver does not listen.")
            time.sleep(0.05)

    def send(self, verb, path, timeout=120, **parameters):
        """One command; its result. Raises WebKitError."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        if self.without:
            connection.sock = network_namespace.connect(self.process.pid, self.port)
            connection.sock.settimeout(timeout)
        with contextlib.closing(connection):
            connection.request(verb, path, json.dumps(parameters) if verb == "POST" else None)
            try:
                answer = json.load(connection.getresponse())["value"]
            except TimeoutError:
                raise WebKitError(f"{path}: no answer in {timeout} s") from None
        if isinstance(answer, dict) and "error" in answer:
            raise WebKitError(f"{path}: {answer['error']}: {answer['message']}")
        return answer

    def turn(self, window):
        """From now on, commands go to this window."""
        if self.current != window:
            self.send("POST", self.session + "/window", handle=window)
            self.current = window

    def open(self, address):
        """A new window with this page, loaded. A tab would lie behind another one, as hidden, and answer no mouse."""
        tab = Tab(self, self.send("POST", self.session + "/window/new", type="window")["handle"])
        tab.size(*firefox.WINDOW)
        tab.go(address)
        return tab

    def close(self):
        with contextlib.suppress(Exception):
            self.send("DELETE", self.session, timeout=10)
        self.kill()

    def kill(self):
        """End the process groups that it started, and nothing else."""
        for process in reversed(self.processes):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


class Tab(firefox.Tab):
    """One page of it, in a window of its own."""

    def __init__(self, browser, handle):
        self.browser, self.handle, self.told = browser, handle, []

    def send(self, verb, path, timeout=120, **parameters):
        """A command to this window."""
        self.browser.turn(self.handle)
        return self.browser.send(verb, self.browser.session + path, timeout, **parameters)

    def go(self, address):
        self.send("POST", "/url", 300, url=address)
        if self.evaluate("() => location.href") == "about:blank" != address:
            raise WebKitError(f"{address}: refused, or not there")

    def reload(self):
        self.evaluate("() => 0")  # what was complained of before is received with the answer
        self.send("POST", "/refresh", 300)

    def close(self):
        self.send("DELETE", "/window")
        self.browser.turn(self.browser.first)

    @property
    def complaints(self):
        """What went wrong on its pages up to now, as sentences."""
        self.evaluate("() => 0")
        return self.told

    def evaluate(self, function, *arguments, timeout=120):
        """What a function of JavaScript gives for these arguments; promises are awaited. Values travel as JSON."""
        called = f"({function})({', '.join(map(json.dumps, arguments))})"
        script = f"""{KEEP}
            const [answer] = arguments;
            (async () => JSON.stringify(await {called}) ?? "null")().then(text => answer([kept.splice(0), text]), error => answer([kept.splice(0), null, String(error)]));"""
        complaints, text, *wrong = self.send("POST", "/execute/async", timeout, script=script, args=[])
        self.told += complaints
        if wrong:
            raise WebKitError(wrong[0])
        return json.loads(text)

    def size(self, width, height):
        self.send("POST", "/window/rect", x=0, y=0, width=width, height=height)

    def saved(self, act):
        """Do something that saves a file; its name and its bytes. The browser names the file at its foot: the window grows, so that the page does not
        shrink. It does not save under a name that is there: the file is deleted."""
        tall = self.evaluate("() => innerHeight")
        name, data = super().saved(act)
        (self.browser.downloads / name).unlink()
        window = self.send("GET", "/window/rect")
        self.size(window["width"], window["height"] + tall - self.evaluate("() => innerHeight"))
        return name, data

    def act(self, *sources):
        self.send("POST", "/actions", actions=list(sources))

    def screenshot(self):
        """The window as a PNG."""
        return base64.b64decode(self.send("GET", "/screenshot"))


def free_port():
    """A port that nobody listens on right now."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return trial.getsockname()[1]
