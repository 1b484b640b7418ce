"""A real browser, driven through its own debugging pipe (Chrome DevTools Protocol): no driver, no package, no open port.

    with browser.Browser(os.environ["HALLPASS_CHROMIUM"]) as chromium:
        page = chromium.open("file:///tmp/report.html", width=390, scheme="dark")
        assert page.complaints == [] and page.requests == ["file:///tmp/report.html"]
        print(page.run("document.title"))

The browser starts with a new profile and with nothing of its own that speaks to a network; names are resolved to nothing, so that a page that asks for
something elsewhere is seen asking and gets no answer.
"""

import base64
import fcntl
import json
import os
import queue
import struct
import subprocess
import tempfile
import threading
import zlib

PATIENCE = 60.0

FLAGS = [
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-domain-reliability",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
    "--no-default-browser-check",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-device-scale-factor=1",
    "--hide-scrollbars",
]

# Chromium reads orders from this descriptor and answers on the next.
PIPE = 3
# Above anything that is moved onto those two.
FREE = 64


class Browser:
    """A running browser; everything it was started with goes when it ends."""

    def __init__(self, program):
        self._program = program
        self._answers = queue.Queue()
        self._number = 0
        self._pages = {}

    def __enter__(self):
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        (orders_in, self._orders), (self._events, events_out) = _pipe(), _pipe()
        # The sandbox of Chromium does not start as root, which is what a build machine runs as.
        flags = FLAGS + (["--no-sandbox"] if os.geteuid() == 0 else [])
        self.process = subprocess.Popen(
            [self._program, *flags, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(PIPE, PIPE + 1),
            preexec_fn=lambda: (os.dup2(orders_in, PIPE), os.dup2(events_out, PIPE + 1)),
        )
        os.close(orders_in)
        os.close(events_out)
        threading.Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_):
        try:
            self.order("Browser.close")
            self.process.wait(timeout=PATIENCE)
        except (AssertionError, OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        os.close(self._orders)
        self._profile.cleanup()

    def open(self, address, width, height=900, scheme="light", media="screen"):
        """A page of its own, loaded to its end."""
        target = self.order("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.order("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        page = Page(self, session)
        self._pages[session] = page
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            page.order(f"{domain}.enable")
        page.order("Page.setLifecycleEventsEnabled", {"enabled": True})
        page.show(width, height, scheme, media)
        document = page.order("Page.navigate", {"url": address})["loaderId"]
        while page.loaded.get(timeout=PATIENCE) != document:
            pass
        return page

    def order(self, method, parameters=None, session=None):
        """Gives an order and waits for what comes of it."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._orders, data) :]
        try:
            answer = self._answers.get(timeout=PATIENCE)
        except queue.Empty:
            raise AssertionError(f"the browser did not answer {method}") from None
        assert answer is not None, f"the browser ended before it answered {method}"
        assert answer["id"] == self._number and "error" not in answer, f"{method}: {answer}"
        return answer["result"]

    def _listen(self):
        """Orders are given one after the other, so the next answer belongs to the last; everything else is an event of some page."""
        rest = b""
        while chunk := os.read(self._events, 1 << 16):
            *messages, rest = (rest + chunk).split(b"\0")
            for message in map(json.loads, messages):
                if "id" in message:
                    self._answers.put(message)
                elif page := self._pages.get(message.get("sessionId")):
                    page.hear(message["method"], message["params"])
        os.close(self._events)
        self._answers.put(None)


class Page:
    """One page: what it asked for and complained of, and what it looks like."""

    def __init__(self, chromium, session):
        self._browser, self._session = chromium, session
        self.loaded = queue.Queue()
        self.requests = []
        self.complaints = []

    def order(self, method, parameters=None):
        """Gives an order about this page."""
        return self._browser.order(method, parameters, self._session)

    def hear(self, method, event):
        """Takes note of an event."""
        if method == "Page.lifecycleEvent" and event["name"] == "load":
            self.loaded.put(event["loaderId"])
        elif method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"a dialog: {event['message']}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(event["exceptionDetails"]["text"])
        elif method == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
            self.complaints.append(event["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
            self.complaints.append(" ".join(str(one.get("value")) for one in event["args"]))

    def show(self, width, height=900, scheme="light", media="screen"):
        """On a screen, or on paper, of this size. Never as a telephone does it, which zooms out until everything fits: what is too wide could not be seen."""
        self.order(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.order("Emulation.setEmulatedMedia", {"media": media, "features": [feature]})

    def run(self, expression):
        """The value of a JavaScript expression in the page."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = self.order("Runtime.evaluate", asked)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def named(self, role):
        """The accessible names of everything that has this role, as a screen reader hears them."""
        nodes = self.order("Accessibility.getFullAXTree")["nodes"]
        wanted = [node for node in nodes if not node["ignored"] and node["role"]["value"] == role]
        return [node.get("name", {}).get("value", "") for node in wanted]

    def picture(self, scale=1.0):
        """The whole page as PNG."""
        size = self.order("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": scale}
        asked = {"format": "png", "captureBeyondViewport": True, "clip": clip}
        return base64.b64decode(self.order("Page.captureScreenshot", asked)["data"])

    def paper(self):
        """The page as PDF, as it would be printed on A4."""
        asked = {"printBackground": False, "paperWidth": 8.27, "paperHeight": 11.69}
        return base64.b64decode(self.order("Page.printToPDF", asked)["data"])


def pixels(png):
    """The pixels of a PNG as browsers write them (8 bits a channel, not interlaced; W3C PNG, third edition): rows of (red, green, blue)."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed = 8, b""
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", body)
            assert (depth, interlaced) == (8, 0) and colour in (2, 6), "another kind of PNG"
            step = 3 if colour == 2 else 4
        elif kind == b"IDAT":
            packed += body
        at += length + 12
    data, before, rows = zlib.decompress(packed), bytes(width * step), []
    for number in range(height):
        start = number * (width * step + 1)
        before = _unfiltered(data[start], bytearray(data[start + 1 : start + 1 + width * step]), before, step)
        rows.append([tuple(before[at : at + 3]) for at in range(0, len(before), step)])
    return rows


def _unfiltered(kind, row, above, step):
    """One row without its filter (PNG section 9.2)."""
    for at in range(len(row)) if kind else ():
        left, up = row[at - step] if at >= step else 0, above[at]
        corner = above[at - step] if at >= step else 0
        row[at] = (row[at] + (0, left, up, (left + up) // 2, _paeth(left, up, corner))[kind]) & 255
    return row


def _paeth(left, up, corner):
    """What of the three is nearest to their sum (PNG section 9.4)."""
    near = {which: abs(left + up - corner - which) for which in (left, up, corner)}
    return min((left, up, corner), key=near.get)


def _pipe():
    """A pipe whose ends are out of the way of the descriptors that Chromium wants."""
    ends = os.pipe()
    moved = tuple(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, FREE) for end in ends)
    for end in ends:
        os.close(end)
    return moved
