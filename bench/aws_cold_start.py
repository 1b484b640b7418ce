"""From exec to the first 200 through the sidecar, with the secret in AWS Secrets Manager; beside it the first secret of AWS's own agent.

    cargo build --profile dist -p hallpass-cli
    python3 -m venv target/bench-aws && target/bench-aws/bin/pip install 'moto[server,secretsmanager]==5.2.5' boto3==1.44.5
    target/bench-aws/bin/python bench/aws_cold_start.py target/dist/hallpass [AGENT|-] [RUNS]

Everything is on loopback: moto plays Secrets Manager over plain HTTP, `hallpass emulate` plays Genesys Cloud. AGENT is the binary of
aws-secretsmanager-agent, built from its repository; without it our own figures stand alone. Ours does more in the time: it gets a token with the secret and
forwards a call. Interleaved; minimum, median and maximum in milliseconds, the phases that the sidecar itself reports, and the ratio of the medians. Then
the same start while the first place refuses connections, hangs, or is the only place and hangs.
"""

import http.client
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import boto3

KEYS = {"AWS_ACCESS_KEY_ID": "AKIDFAKE", "AWS_SECRET_ACCESS_KEY": "fake", "AWS_EC2_METADATA_DISABLED": "true"}
REGION, NAME, CALL = "us-east-1", "prod/queue-sync", "/api/v2/routing/queues"

CONFIGURATION = """version = 1
environment = "bench"

[sidecar]
listen = "127.0.0.1:{port}"
pass_file = "{folder}/pass"

[outbound]
private_networks = ["127.0.0.0/8"]

[audit]
file = "{folder}/audit"

[integrations.queue-sync]
platform = "genesys"
token_url = "{login}/oauth/token"
api_url = "{api}"
secret = {references}
allow = ["GET /api/v2/routing/queues/**"]
"""


def free_port():
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until_200(process, port, path, headers, started):
    """Milliseconds from `started` to the first 200 at `path`; the last status and its time if there is another one for ten seconds."""
    last = None
    while time.perf_counter() - started < 10:
        if process.poll() is not None:
            raise SystemExit(f"ended with {process.returncode}")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=12)
        try:
            connection.request("GET", path, headers=headers())
            answer = connection.getresponse()
            answer.read()
            last = (answer.status, (time.perf_counter() - started) * 1000)
            if answer.status == 200 or answer.status == 503:
                return last
        except (OSError, FileNotFoundError):
            time.sleep(0.0002)
        finally:
            connection.close()
    raise SystemExit(f"no answer: {last}")


def hallpass(binary, folder, platform, references):
    """One start: status and milliseconds of the first answer, and the phases."""
    port = free_port()
    path = pathlib.Path(folder) / "hallpass.toml"
    (pathlib.Path(folder) / "pass").unlink(missing_ok=True)
    path.write_text(
        CONFIGURATION.format(port=port, folder=folder, references=json.dumps(references), **platform)
    )
    shown = lambda: {"Hallpass": (pathlib.Path(folder) / "pass").read_text()}
    started = time.perf_counter()
    process = subprocess.Popen(
        [binary, "serve", "--config", str(path)],
        env=KEYS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        status, took = until_200(process, port, "/queue-sync" + CALL, shown, started)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", "/-/status", headers=shown())
        phases = json.loads(connection.getresponse().read())["start_ms"]
        return status, took, phases
    finally:
        process.terminate()
        process.wait()


def agent(binary, folder, moto):
    """One start of AWS's agent, to its first secret."""
    port = free_port()
    config = pathlib.Path(folder) / "agent.toml"
    config.write_text(f'http_port = "{port}"\nregion = "{REGION}"\nlog_to_file = false\n')
    environment = {**KEYS, "AWS_TOKEN": "file://" + str(pathlib.Path(folder) / "token"), "AWS_ENDPOINT_URL": moto}
    (pathlib.Path(folder) / "token").write_text("x" * 32)
    started = time.perf_counter()
    process = subprocess.Popen(
        [binary, "--config", str(config)],
        env=environment,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        shown = lambda: {"X-Aws-Parameters-Secrets-Token": "x" * 32}
        return until_200(process, port, f"/secretsmanager/get?secretId={NAME.replace('/', '%2F')}", shown, started)[1]
    finally:
        process.terminate()
        process.wait()


class Silent:
    """A listener that accepts and never answers."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.held = []
        threading.Thread(target=self.accept, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def accept(self):
        """Holds every connection."""
        while True:
            self.held.append(self.socket.accept())


def show(name, times):
    """One line."""
    print(f"{name:44} min {min(times):7.1f}  median {statistics.median(times):7.1f}  max {max(times):7.1f} ms")


def measure(binary, theirs, runs, folder, moto, platform):
    """All of it."""
    at = f"aws-sm:{NAME}?region={REGION}&endpoint="
    ours, agents, phases = [], [], {}
    for run in range(runs + 1):
        status, took, reported = hallpass(binary, folder, platform, [at + moto])
        if status != 200:
            raise SystemExit(f"answered {status}")
        other = agent(theirs, folder, moto) if theirs else 0
        if run:
            ours.append(took)
            agents.append(other)
            for phase, value in reported.items():
                phases.setdefault(phase, []).append(value)
    show("hallpass serve, exec to first 200", ours)
    for phase in ("config", "listening", "store_connect", "secret", "token", "first_answer"):
        show(f"  until {phase}", phases[phase])
    if theirs:
        show("aws-secretsmanager-agent, exec to first secret", agents)
        print(f"ratio of medians {statistics.median(ours) / statistics.median(agents):.2f} over {runs} runs")
    silent, closed = Silent().url, f"http://127.0.0.1:{free_port()}"
    for name, references in (
        ("first place refuses, second answers", [at + closed, at + moto]),
        ("first place hangs, second answers", [at + silent, at + moto]),
        ("only place refuses", [at + closed]),
        ("only place hangs", [at + silent]),
    ):
        results = [hallpass(binary, folder, platform, references)[:2] for _ in range(3)]
        show(f"{name}: {sorted({status for status, _ in results})}", [took for _, took in results])


def main():
    """Starts moto and the platform, measures, ends both."""
    binary = str(pathlib.Path(sys.argv[1]).resolve())
    theirs = sys.argv[2] if len(sys.argv) > 2 and sys.argv[2] != "-" else None
    theirs = str(pathlib.Path(theirs).resolve()) if theirs else None
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    server = [os.path.join(os.path.dirname(sys.executable), "moto_server"), "-H", "127.0.0.1", "-p", "0"]
    moto = subprocess.Popen(server, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    emulate = subprocess.Popen([binary, "emulate", "--json"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url = next(line for line in moto.stderr if "Running on http://" in line).split("Running on ")[1].split()[0]
        threading.Thread(target=moto.stderr.read, daemon=True).start()
        told = json.loads(emulate.stdout.readline())
        client = told["clients"][0]
        secret = json.dumps({"client_id": client["id"], "client_secret": client["secret"]})
        keys = {"aws_access_key_id": "AKIDFAKE", "aws_secret_access_key": "fake", "region_name": REGION}
        boto3.client("secretsmanager", endpoint_url=url, **keys).create_secret(Name=NAME, SecretString=secret)
        platform = {"login": told["url"], "api": told["api_url"]}
        with tempfile.TemporaryDirectory() as folder:
            measure(binary, theirs, runs, folder, url, platform)
    finally:
        for process in (moto, emulate):
            process.terminate()
            process.wait()


main()
