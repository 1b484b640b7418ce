"""A certified authorization server that we did not write, behind the platform `oauth2`, run by the Node in HALLPASS_NODE.

{basic encoded, basic raw, post} x {opaque, JWT} x {expires_in as a number, a string, missing, zero}; then two secrets alive at once, swapped under load.
"""

import concurrent.futures
import itertools
import json
import os
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request

import harness

RESOURCE = "urn:example:api"


class Provider:
    """The server, running."""

    def __enter__(self):
        command = [os.environ["HALLPASS_NODE"], "oidc_provider.mjs"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.announced = json.loads(self.process.stdout.readline())
        self.url = self.announced["url"]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=20)

    def ask(self, path, body=None):
        """An order, or a question."""
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data), timeout=20) as answer:
            return json.loads(answer.read())


def integration(provider, client, auth, form, name, secret):
    """One integration's lines and secret."""
    lines = f"""platform = "oauth2"
token_url = "{provider.url}/token"
api_url = "{provider.url}"
client_auth = "{auth}"
scope = "read"
secret = "local:{name}"
allow = ["GET /api/**"]"""
    if form == "jwt":
        lines += f'\nresource = "{RESOURCE}"'
    return lines, {"client_id": client, "client_secret": secret}


def call(sidecar, name):
    """One call; the status and what the API says of the token it saw."""
    request = urllib.request.Request(f"{sidecar.url}/{name}/api/whoami", headers={"Hallpass": sidecar.the_pass})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as fault:
        return fault.code, json.loads(fault.read())


AUTHENTICATIONS = {"basic": "basic", "basic-raw": "plain", "post": "post"}
FORMS = ["opaque", "jwt"]


def names_and_integrations(provider):
    """Every way to authenticate, for both kinds of token."""
    odd = provider.announced["odd_secret"]
    found = {}
    for (auth, client), form in itertools.product(AUTHENTICATIONS.items(), FORMS):
        name = f"{auth}-{form}"
        secret = "plain-secret" if client == "plain" else odd
        found[name] = integration(provider, client, auth, form, name, secret)
    return found


def matrix(provider):
    """One call each, with a sidecar of its own for each look of `expires_in`, since tokens are kept."""
    for look in ("int", "string", "missing", "zero"):
        provider.ask("/-/expires", {"as": look})
        with tempfile.TemporaryDirectory() as folder, harness.Sidecar(folder, names_and_integrations(provider)) as sidecar:
            for (auth, client), form in itertools.product(AUTHENTICATIONS.items(), FORMS):
                with harness.check(f"oidc: {auth}, {form}, expires_in {look}"):
                    status, seen = call(sidecar, f"{auth}-{form}")
                    assert (status, seen.get("client"), seen.get("form"), seen.get("scope")) == (200, client, form, "read"), seen
    provider.ask("/-/expires", {"as": "int"})


def refused(provider):
    """A secret that needs encoding, sent raw: the server decodes it into another one and refuses; encoded it is right."""
    secret = "plus+and+plus"
    provider.ask("/-/secrets", {"client": "plain", "secrets": [secret]})
    table = {auth: integration(provider, "plain", auth, "opaque", auth, secret) for auth in ("basic-raw", "basic")}
    with tempfile.TemporaryDirectory() as folder, harness.Sidecar(folder, table) as sidecar:
        with harness.check("oidc: a secret that needs encoding is refused raw, once"):
            before = provider.ask("/-/counts")["token"]
            status, problem = call(sidecar, "basic-raw")
            assert status == 503 and problem["type"].endswith("credential-refused"), problem
            assert secret not in json.dumps(problem)
            assert provider.ask("/-/counts")["token"] - before == 1, "a refused secret is not tried again"
        with harness.check("oidc: and accepted encoded"):
            assert call(sidecar, "basic")[0] == 200
    provider.ask("/-/secrets", {"client": "plain", "secrets": ["plain-secret"]})


def swap(provider):
    """Two secrets alive at once, the stored one replaced while callers call, the old one then refused: no call fails."""
    name, old, new = "rotated", provider.announced["odd_secret"], "another/secret+with=odd:characters"
    table = {name: integration(provider, "basic", "basic", "opaque", name, old)}
    with tempfile.TemporaryDirectory() as folder, harness.Sidecar(folder, table) as sidecar:
        done, statuses = threading.Event(), []

        def keep_calling():
            while not done.is_set():
                statuses.append(call(sidecar, name)[0])

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            callers = [pool.submit(keep_calling) for _ in range(4)]
            try:
                provider.ask("/-/secrets", {"client": "basic", "secrets": [old, new]})
                configuration = str(sidecar.folder / "hallpass.toml")
                secret = json.dumps({"client_id": "basic", "client_secret": new})
                put = harness.run("secret", "put", name, "--config", configuration, stdin=secret)
                assert put.returncode == 0, put.stderr
                provider.ask("/-/secrets", {"client": "basic", "secrets": [new]})
                # The next token request carries the old secret, is refused, and finds the new one in the store.
                fresh = harness.run("call", name, "GET", "/api/whoami", "--config", configuration)
                assert fresh.returncode == 0, fresh.stderr
            finally:
                done.set()
            for caller in callers:
                caller.result(timeout=60)
        with harness.check("oidc: no call fails while a secret is swapped"):
            assert statuses and set(statuses) == {200}, statuses


def main():
    """All of it against one server."""
    with Provider() as provider:
        matrix(provider)
        refused(provider)
        swap(provider)
    harness.finish()


main()
