"""How to test an integration of yours without an account: `hallpass emulate` plays the platform, and counts.

    HALLPASS_BIN=target/release/hallpass python3 examples/python/test_queue_sync.py

Only the standard library is used. The script prints one line per test and ends with a code that is not zero when one failed.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import urllib.request

sys.dont_write_bytecode = True

import queue_sync  # noqa: E402

HALLPASS = os.environ.get("HALLPASS_BIN", "hallpass")


class Running:
    """A hallpass process that has said, in one line of JSON, where it listens."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen(
            [HALLPASS, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"`{HALLPASS} {' '.join(arguments)}` ended with {self.process.wait(10)}")
        self.announced = json.loads(line)

    def stop(self):
        """Ends it, and waits until it has."""
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()


class QueueSync(unittest.TestCase):
    """`queue_sync` through a real sidecar, to an emulated platform."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        emulator = Running("emulate", "--control", "--json")
        self.addCleanup(emulator.stop)
        self.platform = emulator.announced
        self.client = self.platform["clients"][0]
        sidecar = Running("serve", "--json", "--config", str(self.configure(pathlib.Path(folder.name))))
        self.addCleanup(sidecar.stop)
        os.environ["HALLPASS_URL"] = sidecar.announced["url"]
        os.environ["HALLPASS_PASS_FILE"] = str(pathlib.Path(folder.name) / "pass")

    def configure(self, folder):
        """A configuration for the emulated platform; its play secret lies in a file beside it."""
        secret = folder / "secret.json"
        secret.touch(mode=0o600)
        secret.write_text(json.dumps({"client_id": self.client["id"], "client_secret": self.client["secret"]}))
        path = folder / "hallpass.toml"
        path.write_text(
            f"""version = 1
environment = "test"

[sidecar]
listen = "127.0.0.1:0"
pass_file = "pass"

[outbound]
private_networks = ["127.0.0.0/8"]

[stores.local]
path = "store"

[integrations.queue-sync]
platform = "genesys"
token_url = "{self.platform['token_url']}"
api_url = "{self.platform['api_url']}"
secret = "file:secret.json"
allow = ["GET /api/v2/routing/queues"]
"""
        )
        return path

    def order(self, path, order=None):
        """Gives the emulator an order, or asks it when there is none."""
        data = None if order is None else json.dumps(order).encode()
        request = urllib.request.Request(self.platform["control_url"] + path, data=data)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def seen(self):
        """What the emulator saw of our client."""
        return self.order("/witness")["clients"][self.client["id"]]

    def test_queues_are_counted_with_one_token(self):
        self.assertEqual([queue_sync.count_queues() for _ in range(3)], [3, 3, 3])
        self.assertEqual((self.seen()["mints"], self.seen()["calls"]), (1, 3))

    def test_a_token_that_dies_goes_unnoticed(self):
        queue_sync.count_queues()
        self.order(f"/clients/{self.client['id']}/revoke-tokens", {})
        self.assertEqual(queue_sync.count_queues(), 3)
        self.assertEqual(self.seen()["mints"], 2)

    def test_a_bad_day_of_the_platform_is_told(self):
        self.order("/misbehave", {"on": "api", "act": {"kind": "fail", "status": 503}})
        with self.assertRaises(queue_sync.Refused) as refused:
            queue_sync.count_queues()
        self.assertEqual((refused.exception.status, refused.exception.code), (503, None))

    def test_what_it_may_not_call_never_leaves_the_sandbox(self):
        with self.assertRaises(queue_sync.Refused) as refused:
            queue_sync.get("/api/v2/users/me")
        self.assertEqual((refused.exception.status, refused.exception.code), (403, "path-not-allowed"))
        self.assertEqual(self.seen()["calls"], 0)


class Lines(unittest.TextTestResult):
    """One line per test, as the interop runner counts them."""

    def addSuccess(self, test):
        super().addSuccess(test)
        print(f"ok {test.id()}", flush=True)

    def addError(self, test, err):
        super().addError(test, err)
        print(f"not ok {test.id()}: {err[1]}", flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        print(f"not ok {test.id()}: {' '.join(str(err[1]).split())}", flush=True)


if __name__ == "__main__":
    tests = unittest.defaultTestLoader.loadTestsFromTestCase(QueueSync)
    outcome = unittest.TextTestRunner(resultclass=Lines, verbosity=0).run(tests)
    sys.exit(0 if outcome.wasSuccessful() and outcome.testsRun else 1)
