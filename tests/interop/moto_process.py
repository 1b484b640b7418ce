"""moto, the stand-in for AWS that we did not write, as a process of its own.

As a script it is that process: moto's server, whose Lambda hands every invocation to the HTTP address in its argument in the place of a container,
and fails where that answers with an error, as Lambda's callers see it.
"""

import subprocess
import sys
import threading
import urllib.request


class Moto:
    """moto's server on a free port. With `invoke_url` its Lambda functions are whatever listens there."""

    def __init__(self, invoke_url=None):
        program = [__file__, invoke_url] if invoke_url else ["-m", "moto.server", "-H", "127.0.0.1", "-p", "0"]
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


def serve(invoke_url):
    """Runs moto, with functions that are not in containers."""
    from moto.awslambda.models import LambdaBackend
    from moto.server import main

    def invoke(_, function_name, qualifier, body, headers, response_headers):
        name = function_name.split(":function:")[-1]
        data = body if isinstance(body, bytes) else body.encode()
        # No limit here: whoever answers has its own.
        with urllib.request.urlopen(urllib.request.Request(f"{invoke_url}/{name}", data=data)) as answer:
            return answer.read()

    # moto promotes whatever a function says, even an error; one that is raised here stops it where AWS would stop.
    LambdaBackend.invoke = invoke
    main(["-H", "127.0.0.1", "-p", "0"])


if __name__ == "__main__":
    serve(sys.argv[1])
