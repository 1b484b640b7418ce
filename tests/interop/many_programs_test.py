"""Many kinds of programs through one sidecar at once, for two integrations of two platforms' worlds: none sees the other's data.

Each program lists queues over and over and says which names it saw. The two emulators hold differently named queues, so one name in the
wrong place is a token, a connection or an answer that crossed over.
"""

import concurrent.futures
import http.client
import json
import os
import shutil
import socket
import subprocess
import tempfile
import urllib.request

import requests

import harness

ROUNDS = 15
PATH = "/api/v2/routing/queues"


def names(body):
    """The names in a listing."""
    return sorted(queue["name"] for queue in json.loads(body)["entities"])


def with_requests(url, the_pass):
    """Python requests, one session: keep-alive and its own headers."""
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {the_pass}"
        return [names(session.get(url, timeout=20).text) for _ in range(ROUNDS)]


def with_urllib(url, the_pass):
    """Python's own client: a connection per call."""
    request = urllib.request.Request(url, headers={"Hallpass": the_pass})
    seen = []
    for _ in range(ROUNDS):
        with urllib.request.urlopen(request, timeout=20) as answer:
            seen.append(names(answer.read()))
    return seen


def with_http_client(url, the_pass):
    """One kept connection, with an Authorization that the pass header overrides."""
    host, path = url.removeprefix("http://").split("/", 1)
    connection = http.client.HTTPConnection(host, timeout=20)
    seen = []
    for _ in range(ROUNDS):
        connection.request("GET", "/" + path, headers={"Hallpass": the_pass, "Authorization": "Bearer of something else"})
        seen.append(names(connection.getresponse().read()))
    return seen


def with_socket(url, the_pass, version, more=""):
    """Raw bytes, one connection per call."""
    host, path = url.removeprefix("http://").split("/", 1)
    name, port = host.split(":")
    seen = []
    for _ in range(ROUNDS):
        with socket.create_connection((name, int(port)), timeout=20) as stream:
            stream.sendall(f"GET /{path} HTTP/{version}\r\nhost: {host}\r\nHALLPASS:{the_pass}\r\n{more}\r\n".encode())
            answer = b""
            while piece := stream.recv(65536):
                answer += piece
        head, body = answer.split(b"\r\n\r\n", 1)
        assert b" 200 " in head.split(b"\r\n")[0], head
        seen.append(names(body))
    return seen


def with_raw_1_0(url, the_pass):
    """HTTP/1.0 with a Host."""
    return with_socket(url, the_pass, "1.0")


def with_raw_1_1(url, the_pass):
    """HTTP/1.1 that closes after each call."""
    return with_socket(url, the_pass, "1.1", "Connection: close, X-Noise\r\nX-Noise: 1\r\n")


def with_command(command, env=None):
    """A program that prints one listing a line."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **(env or {})})
    assert done.returncode == 0, done.stderr
    return [names(line) for line in done.stdout.splitlines() if line]


def with_curl(url, the_pass):
    """curl, many transfers over one connection."""
    return with_command(["curl", "-sS", "-H", f"Hallpass: {the_pass}", "-w", "\n"] + [url] * ROUNDS)


NODE_FETCH = """
const [url, pass, rounds] = process.argv.slice(1);
(async () => {
  for (let i = 0; i < Number(rounds); i++) {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${pass}` } });
    console.log(JSON.stringify(await answer.json()));
  }
})();
"""

NODE_HTTP = """
const http = require('node:http');
const [url, pass, rounds] = process.argv.slice(1);
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
let left = Number(rounds);
for (let i = 0; i < Number(rounds); i++) {
  http.get(url, { agent, headers: { Hallpass: pass } }, (answer) => {
    let body = '';
    answer.on('data', (piece) => { body += piece; });
    answer.on('end', () => { console.log(body); if (--left === 0) agent.destroy(); });
  });
}
"""


def with_node_fetch(url, the_pass):
    """Node's fetch."""
    return with_command([os.environ["HALLPASS_NODE"], "-e", NODE_FETCH, url, the_pass, str(ROUNDS)])


def with_node_http(url, the_pass):
    """Node's http with four connections at once."""
    return with_command([os.environ["HALLPASS_NODE"], "-e", NODE_HTTP, url, the_pass, str(ROUNDS)])


def with_reqwest(url, the_pass):
    """A Rust program with reqwest."""
    base, name = url.removesuffix(PATH).rsplit("/", 1)
    program = os.path.join(os.environ["HALLPASS_EXAMPLES"], "sidecar_caller")
    return with_command([program, str(ROUNDS), name], {"HALLPASS_URL": base, "HALLPASS_PASS": the_pass})


def with_hallpass_call(name, configuration):
    """Our own command line beside the sidecar."""
    seen = []
    for _ in range(3):
        done = harness.run("call", name, "GET", PATH, "--config", configuration)
        assert done.returncode == 0, done.stderr
        seen.append(names(done.stdout))
    return seen


PROGRAMS = [with_requests, with_urllib, with_http_client, with_raw_1_0, with_raw_1_1, with_node_fetch, with_node_http, with_reqwest]


def integration(emulator, queue):
    """An integration whose platform holds one more queue, by which it is known."""
    announced, keys = emulator.announced, emulator.announced["clients"][0]
    emulator.order("/queues", {"name": queue})
    lines = f"""platform = "genesys"
token_url = "{announced['token_url']}"
api_url = "{announced['api_url']}"
secret = "local:{queue}"
allow = ["GET {PATH}/**"]"""
    return lines, {"client_id": keys["id"], "client_secret": keys["secret"]}


def main():
    """Runs every program for both integrations at the same time."""
    programs = PROGRAMS + ([with_curl] if shutil.which("curl") else [])
    with harness.Emulator() as one, harness.Emulator() as two, tempfile.TemporaryDirectory() as folder:
        integrations = {"first": integration(one, "first"), "second": integration(two, "second")}
        expected = {name: sorted(["Billing", "Sales", "Support", name]) for name in integrations}
        with harness.Sidecar(folder, integrations) as sidecar, concurrent.futures.ThreadPoolExecutor(32) as pool:
            jobs = {}
            for name in integrations:
                url = f"{sidecar.url}/{name}{PATH}"
                for program in programs:
                    jobs[f"{program.__name__} for {name}"] = name, pool.submit(program, url, sidecar.the_pass)
                configuration = str(sidecar.folder / "hallpass.toml")
                jobs[f"hallpass call for {name}"] = name, pool.submit(with_hallpass_call, name, configuration)
            for what, (name, job) in jobs.items():
                with harness.check(f"programs: {what}"):
                    seen = job.result(timeout=120)
                    assert seen and all(one_listing == expected[name] for one_listing in seen), seen
        for emulator, name in ((one, "first"), (two, "second")):
            with harness.check(f"programs: tokens of {name}"):
                # One of the sidecar, one of each `hallpass call`, which is a process of its own.
                assert emulator.seen(emulator.announced["clients"][0]["id"])["mints"] == 4
    harness.finish()


main()
