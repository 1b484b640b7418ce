"""Wires: small HTTP servers between a process and the world, which count what goes through them and can end the process at any request."""

import http.client
import http.server
import threading
import urllib.parse

PATIENCE = 60.0


class Quiet(http.server.BaseHTTPRequestHandler):
    """HTTP/1.1 without a log."""

    protocol_version = "HTTP/1.1"
    # One write for an answer: in two, each waits 40 ms for the other side's acknowledgement.
    wbufsize = -1

    def log_message(self, *_):
        """Silence."""

    def send(self, status, body=b"", headers=()):
        """One whole answer, with these headers alone: a date of this script's would not be the world's."""
        self.send_response_only(status)
        for name, value in (*headers, ("Content-Length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def body(self):
        """What was sent."""
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)


class Listening:
    """A server on a free port of 127.0.0.1."""

    def __init__(self, handler):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        # A client that was killed is no news.
        self._server.handle_error = lambda *_: None
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        """Takes nothing any more."""
        self._server.shutdown()
        self._server.server_close()


class Wires:
    """Every request of a process to the world, counted, and cut where a test says so: with the process's life.

    `victim` has a method `cut`, which ends the process. `after_each` is called when a request took effect and its answer was not yet passed on.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self._planned = None
        self._listening = []
        self.count = 0
        self.log = []
        self.victim = None
        self.after_each = None

    def to(self, upstream):
        """The address of a wire to `upstream`."""
        wires = self

        class Wire(Quiet):
            """Passes everything on."""

            def _pass(self):
                body = self.body()
                when, act = wires._next(f"{self.command} {self.path} {self.headers.get('X-Amz-Target', '')}".strip())
                if when == "before" and not act():
                    self.close_connection = True
                    return
                answer = forward(upstream, self, body)
                if wires.after_each:
                    wires.after_each()
                if when == "after" and not act():
                    self.close_connection = True
                    return
                self.send(*answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass

        self._listening.append(Listening(Wire))
        return self._listening[-1].url

    def cut(self, number, when):
        """The request `number` from now on is the process's last: cut "before" it takes effect, or "after"."""
        self.at(number, when, self._die)

    def at(self, number, when, act):
        """Calls `act` at the request `number` from now on, "before" it takes effect or "after"; it says whether the request goes on."""
        with self._lock:
            self._planned = (self.count + number, when, act)

    def mend(self):
        """Nothing is cut; whether something would have been."""
        with self._lock:
            left, self._planned = self._planned is not None, None
        return left

    def close(self):
        """Ends."""
        for listening in self._listening:
            listening.close()

    def _next(self, what):
        with self._lock:
            self.count += 1
            self.log.append(what)
            if self._planned and self._planned[0] == self.count:
                (_, when, act), self._planned = self._planned, None
                return when, act
        return None, None

    def _die(self):
        self.victim.cut()
        return False


def forward(upstream, handler, body):
    """Status, body and headers of what `upstream` answers. It sees the wire's own name, so that addresses which it tells lead through the wire."""
    hop = {"connection", "transfer-encoding", "content-length"}
    headers = {name: value for name, value in handler.headers.items() if name.lower() not in hop}
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(upstream).netloc, timeout=PATIENCE)
    try:
        connection.request(handler.command, handler.path, body=body or None, headers=headers)
        answer = connection.getresponse()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in hop]
        return answer.status, answer.read(), kept
    finally:
        connection.close()
