"""From exec to the first 200 at /-/health, and beside it the same for Python's own `http.server`, interleaved.

    cargo build --profile dist -p hallpass-cli
    python3 bench/start_to_health.py target/dist/hallpass [RUNS]

Prints one line per program with minimum, median and maximum in milliseconds, and the ratio of the medians. Absolute times differ from machine
to machine; the ratio is what to compare. Every process started is ended, and everything stays on loopback.
"""

import http.client
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

CONFIGURATION = """version = 1
environment = "bench"

[sidecar]
listen = "127.0.0.1:{port}"
pass_file = "{folder}/pass"

[integrations.queue-sync]
platform = "genesys"
region = "us-east-1"
secret = "env:NOT_READ_AT_START"
allow = ["GET /api/v2/routing/queues/**"]
"""


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def first_answer(command, port, path):
    """Milliseconds from starting `command` to a 200 at `path`."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while time.perf_counter() - started < 10:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", path)
                if connection.getresponse().status == 200:
                    return (time.perf_counter() - started) * 1000
            except OSError:
                time.sleep(0.0002)
            finally:
                connection.close()
        raise SystemExit(f"no answer from {command[0]}")
    finally:
        process.terminate()
        process.wait()


def hallpass(binary, folder):
    """One start of the sidecar."""
    port = free_port()
    path = pathlib.Path(folder) / "hallpass.toml"
    path.write_text(CONFIGURATION.format(port=port, folder=folder))
    return first_answer([binary, "serve", "--config", str(path)], port, "/-/health")


def http_server(folder):
    """One start of Python's file server."""
    port = free_port()
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, str(port)]
    return first_answer(command, port, "/")


def main():
    """Interleaves the two, after one warm-up each."""
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    runs = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for run in range(runs + 1):
            pair = hallpass(binary, folder), http_server(folder)
            if run:
                ours.append(pair[0])
                theirs.append(pair[1])
    for name, times in (("hallpass serve", ours), ("python3 -m http.server", theirs)):
        print(f"{name:24} min {min(times):6.1f}  median {statistics.median(times):6.1f}  max {max(times):6.1f} ms")
    print(f"ratio of medians {statistics.median(ours) / statistics.median(theirs):.3f} over {runs} runs")


main()
