"""What AWS Lambda is to a function on `provided.al2023`: the Runtime API, and the hand that kills a sandbox.

    GET  /2018-06-01/runtime/invocation/next          waits for an event
    POST /2018-06-01/runtime/invocation/ID/response   what came of it
    POST /2018-06-01/runtime/invocation/ID/error      what failed

(AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".)
"""

import itertools
import json
import queue
import subprocess
import threading
import time

from wires import Listening, Quiet

PATIENCE = 60.0


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
