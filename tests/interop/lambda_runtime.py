"""What AWS Lambda is to a function on `provided.al2023`: the Runtime API, and the hand that kills a sandbox.

    GET  /2018-06-01/runtime/invocation/next          waits for an event
    POST /2018-06-01/runtime/invocation/ID/response   what came of it
    POST /2018-06-01/runtime/invocation/ID/error      what failed

(AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".)
"""

import http.server
import itertools
import json
import queue
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

PATIENCE = 60.0


class Quiet(http.server.BaseHTTPRequestHandler):
    """HTTP/1.1 without a log."""

    protocol_version = "HTTP/1.1"
    # One write for an answer: in two, each waits 40 ms for the other side's acknowledgement.
    wbufsize = -1

    def log_message(self, *_):
        """Silence."""

    def send(self, status, body=b"", headers=()):
        """One whole answer."""
        self.send_response(status)
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


class Sandbox:
    """One process of a function, with a Runtime API of its own: nothing of a dead one reaches the next."""

    def __init__(self, program, environment, cwd):
        self.said = []
        self._numbers = itertools.count(1)
        self._events, self._outcomes = queue.Queue(), queue.Queue()
        events, outcomes = self._events, self._outcomes

        class Runtime(Quiet):
            """The Runtime API."""

            def do_GET(self):
                event = events.get()
                if event is None:
                    self.close_connection = True
                    return
                number, text = event
                headers = (
                    ("Lambda-Runtime-Aws-Request-Id", number),
                    ("Lambda-Runtime-Deadline-Ms", str(int((time.time() + PATIENCE) * 1000))),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:rotate"),
                    ("Content-Type", "application/json"),
                )
                self.send(200, text.encode(), headers)

            def do_POST(self):
                body = self.body().decode()
                number, kind = self.path.rsplit("/", 2)[1:]
                self.send(202)
                outcomes.put((kind, number, body))

        self._api = Listening(Runtime)
        surroundings = {
            **environment,
            "AWS_LAMBDA_RUNTIME_API": self._api.url.removeprefix("http://"),
            "AWS_LAMBDA_FUNCTION_NAME": "rotate",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_LOG_GROUP_NAME": "g",
            "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        }
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self.process = subprocess.Popen([program], env=surroundings, cwd=cwd, text=True, errors="replace", **pipes)
        threading.Thread(target=lambda: self.said.extend(self.process.stdout), daemon=True).start()

    def invoke(self, event):
        """See [`Function.invoke`]."""
        number = str(next(self._numbers))
        self._events.put((number, json.dumps(event)))
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                kind, of, body = self._outcomes.get(timeout=0.02)
            except queue.Empty:
                if self.process.poll() is not None:
                    return "died", None
                continue
            if of == number:
                return (kind, json.loads(body)) if kind == "response" else (kind, json.loads(body)["errorMessage"])
        raise AssertionError(f"no answer to {event} within {PATIENCE:.0f} s: {''.join(self.said)[-1000:]}")

    def kill(self):
        """SIGKILL, as Lambda does it when the time is over."""
        self.process.kill()
        self.process.wait()
        self._events.put(None)
        self._api.close()


class Function:
    """One sandbox at a time of a function. It is started when it is first needed, and again after a kill."""

    def __init__(self, program, environment, cwd):
        self._made_of = (program, environment, cwd)
        self._sandbox = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def invoke(self, event):
        """What came of `event`: ("response", value), ("error", message), or ("died", None) for a sandbox that was killed meanwhile."""
        if self._sandbox is None or self._sandbox.process.poll() is not None:
            self.kill()
            self._sandbox = Sandbox(*self._made_of)
        return self._sandbox.invoke(event)

    def kill(self):
        """The next event meets a new sandbox."""
        if self._sandbox is not None:
            self._sandbox.kill()
        self._sandbox = None

    def cut(self):
        """SIGKILL while it is at work; who waits for it learns that it died."""
        self._sandbox.process.kill()


class Wires:
    """Every request of a function to the world, counted, and cut where a test says so: with the function's life."""

    def __init__(self):
        self._lock = threading.Lock()
        self._cut = None
        self._listening = []
        self.count = 0
        self.log = []
        self.victim = None

    def to(self, upstream):
        """The address of a wire to `upstream`."""
        wires = self

        class Wire(Quiet):
            """Passes everything on."""

            def _pass(self):
                body = self.body()
                cut = wires._next(f"{self.command} {self.path} {self.headers.get('X-Amz-Target', '')}".strip())
                if cut == "before":
                    wires._die(self)
                    return
                answer = forward(upstream, self, body)
                if cut == "after":
                    wires._die(self)
                    return
                self.send(*answer)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _pass

        self._listening.append(Listening(Wire))
        return self._listening[-1].url

    def cut(self, number, when):
        """The request `number` from now on is the function's last: cut "before" it takes effect, or "after"."""
        with self._lock:
            self._cut = (self.count + number, when)

    def mend(self):
        """Nothing is cut; whether something would have been."""
        with self._lock:
            left, self._cut = self._cut is not None, None
        return left

    def close(self):
        """Ends."""
        for listening in self._listening:
            listening.close()

    def _next(self, what):
        with self._lock:
            self.count += 1
            self.log.append(what)
            if self._cut and self._cut[0] == self.count:
                when, self._cut = self._cut[1], None
                return when
        return None

    def _die(self, handler):
        self.victim.cut()
        handler.close_connection = True


def forward(upstream, handler, body):
    """Status, body and headers of what `upstream` answers."""
    hop = {"connection", "transfer-encoding", "content-length", "host"}
    headers = {name: value for name, value in handler.headers.items() if name.lower() not in hop}
    request = urllib.request.Request(upstream + handler.path, data=body or None, headers=headers, method=handler.command)
    try:
        answer = urllib.request.urlopen(request, timeout=PATIENCE)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        kept = [(name, value) for name, value in answer.headers.items() if name.lower() not in hop]
        return answer.status, answer.read(), kept
