"""What every interop script needs: start hallpass, read what it announces, stop it, report.

A script named ``*_test.py`` is run by ``cargo xtask interop`` with the binary's path in ``HALLPASS_BIN``. It prints one
line per check, ``ok NAME`` or ``not ok NAME: why``, and ends with a code that is not zero when one failed:

    import harness

    with harness.Hallpass("emulate", "--json") as hallpass:
        with harness.check("it says where it listens"):
            assert hallpass.announced["url"].startswith("http://127.0.0.1:")
    harness.finish()

Only the standard library is used here, so that a missing package is the script's own finding.
"""

import contextlib
import json
import os
import pathlib
import queue
import subprocess
import sys
import threading
import time
import traceback
import urllib.request

PATIENCE = 20.0

_failed = []
_counted = []


class Hallpass:
    """A running hallpass process whose first JSON object on stdout is its announcement."""

    def __init__(self, *arguments, env=None, cwd=None, patience=PATIENCE):
        self.announced = {}
        self.stdout = []
        self.stderr = []
        self._arguments = [os.environ["HALLPASS_BIN"], *arguments]
        self._environment = {**os.environ, **(env or {})}
        self._cwd = cwd
        self._patience = patience
        self._lines = queue.Queue()

    def __enter__(self):
        self.process = subprocess.Popen(
            self._arguments,
            env=self._environment,
            cwd=self._cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.stdout, True), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, self.stderr, False), daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        try:
            self.announced = self.next_json()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def next_json(self):
        """The next line of stdout that is a JSON object."""
        deadline = time.monotonic() + self._patience
        while True:
            try:
                line = self._lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no announcement within {self._patience:.0f} s; {self._said()}") from None
            if line is None:
                raise AssertionError(f"hallpass ended before it announced anything; {self._said()}")
            try:
                value = json.loads(line)
            except ValueError:
                continue
            if isinstance(value, dict):
                return value

    def stop(self):
        """Asks the process to end, and ends it when it does not; returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=self._patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join(timeout=2.0)
        return self.process.returncode

    def _read(self, stream, seen, is_data):
        for line in stream:
            seen.append(line)
            if is_data:
                self._lines.put(line)
        if is_data:
            self._lines.put(None)

    def _said(self):
        return f"stderr: {''.join(self.stderr)!r}"


def run(*arguments, env=None, cwd=None, stdin="", patience=PATIENCE):
    """Runs hallpass to its end; returns the completed process with its text streams."""
    return subprocess.run(
        [os.environ["HALLPASS_BIN"], *arguments],
        env={**os.environ, **(env or {})},
        cwd=cwd,
        input=stdin,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=patience,
        check=False,
    )


class Emulator(Hallpass):
    """A running emulator with its control door."""

    def __init__(self, *arguments):
        super().__init__("emulate", "--control", "--json", *arguments)

    def order(self, path, body=None):
        """Gives an order at the control door, or asks when there is no body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.announced["control_url"] + path, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def seen(self, client):
        """What the witness says of a client."""
        return self.order("/witness")["clients"].get(client, {})


class Sidecar(Hallpass):
    """A sidecar over integrations whose secrets lie in a local store, put there through standard input.

    ``integrations`` maps a name to its lines of configuration and its secret, a dictionary.
    """

    def __init__(self, folder, integrations, env=None):
        self.folder = pathlib.Path(folder)
        configuration = self.folder / "hallpass.toml"
        tables = "\n".join(f"[integrations.{name}]\n{lines}\n" for name, (lines, _) in integrations.items())
        configuration.write_text(HEAD.format(folder=folder) + tables)
        for name, (_, secret) in integrations.items():
            put = run("secret", "put", name, "--config", str(configuration), stdin=json.dumps(secret))
            assert put.returncode == 0, put.stderr
        super().__init__("serve", "--json", "--config", str(configuration), env=env)

    @property
    def url(self):
        """Where it listens."""
        return self.announced["url"]

    @property
    def the_pass(self):
        """The pass, as callers find it."""
        return (self.folder / "pass").read_text().strip()


HEAD = """version = 1
environment = "test"

[sidecar]
listen = "127.0.0.1:0"
pass_file = "{folder}/pass"

[outbound]
private_networks = ["127.0.0.0/8"]

[stores.local]
path = "{folder}/store"
key_file = "{folder}/key"

"""


@contextlib.contextmanager
def check(name):
    """Reports the block as one check; a failure does not stop the checks after it."""
    try:
        yield
    except Exception as fault:  # whatever an SDK raises is a finding, not the end of the script
        not_ok(name, f"{type(fault).__name__}: {fault}")
        traceback.print_exc(file=sys.stderr)
    else:
        ok(name)


def ok(name):
    """Reports a check that held."""
    _counted.append(name)
    print(f"ok {name}", flush=True)


def not_ok(name, why):
    """Reports a check that did not hold."""
    _counted.append(name)
    _failed.append(name)
    one_line = " ".join(str(why).split())
    print(f"not ok {name}: {one_line}", flush=True)


def finish():
    """Ends the script: well only when there was something to check and all of it held."""
    sys.exit(1 if _failed or not _counted else 0)
