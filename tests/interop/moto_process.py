"""moto, the stand-in for AWS that we did not write, as a process of its own.

As a script it is that process: moto's server, with a Lambda or a time of the test's, as its two arguments say; an empty one stands for moto's own. The first is an HTTP
address, to which Lambda hands every invocation in the place of a container, failing where that answers with an error, as Lambda's callers see it. The second is a
file with the seconds by which its wall clock goes before the machine's.
"""

import pathlib
import subprocess
import sys
import threading
import time
import urllib.request


class Moto:
    """moto's server on a free port. With `invoke_url` its Lambda functions are whatever listens there; with `clock` its time is what that file says."""

    def __init__(self, invoke_url="", clock=""):
        program = [__file__, invoke_url, str(clock)] if invoke_url or clock else ["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
        self._command = [sys.executable, *program]

    def __enter__(self):
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "Running on http://" in line:
                self.url = line.split("Running on ")[1].split()[0]
                break
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)


def invoke_at(invoke_url):
    """Its functions are not in containers."""
    from moto.awslambda.models import LambdaBackend

    def invoke(_, function_name, qualifier, body, headers, response_headers):
        name = function_name.split(":function:")[-1]
        data = body if isinstance(body, bytes) else body.encode()
        # No limit here: whoever answers has its own.
        with urllib.request.urlopen(urllib.request.Request(f"{invoke_url}/{name}", data=data)) as answer:
            return answer.read()

    # moto promotes whatever a function says, even an error; one that is raised here stops it where AWS would stop.
    LambdaBackend.invoke = invoke


def go_by(clock):
    """Its wall clock is the machine's and what the file says. Not by libfaketime, under which moto takes ten times as long."""
    machine, file = time.time, pathlib.Path(clock)
    time.time = lambda: machine() + float(file.read_text())


def serve(invoke_url, clock):
    """Runs moto."""
    from moto.server import main

    if invoke_url:
        invoke_at(invoke_url)
    if clock:
        go_by(clock)
    main(["-H", "127.0.0.1", "-p", "0"])


if __name__ == "__main__":
    serve(*sys.argv[1:])
