"""The real binary under clocks that freeze and jump, by libfaketime: its wall clock moves, its monotonic one does not.

That is what a serverless sandbox sees when it is frozen between calls. The emulator has a clock of its own, which is moved along with the truth: a token
that the platform takes for expired is answered 401, so a 401 in the witness's count is an expired token that was sent.
"""

import os
import pathlib
import tempfile
import urllib.request

import harness

LIFETIME = 3600


class Clock:
    """The wall clock of the sidecar, moved through a file."""

    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "clock"
        self.offset = 0
        self.step(0)

    def step(self, seconds):
        """Moves the wall clock, and nothing else."""
        self.offset += seconds
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{self.offset:+d}")
        os.replace(beside, self.file)

    @property
    def environment(self):
        """What the process needs to see this clock."""
        return {
            "LD_PRELOAD": os.environ["HALLPASS_FAKETIME"],
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
        }


def call(sidecar):
    """One call; its status."""
    request = urllib.request.Request(sidecar.url + "/queue-sync/api/v2/routing/queues", headers={"Hallpass": sidecar.the_pass})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return answer.status


def freeze(clock, emulator, seconds):
    """The sandbox sleeps: the truth goes on, and of its clocks only the wall clock."""
    clock.step(seconds)
    emulator.order("/clock/advance", {"seconds": seconds})


def main():
    """Freezes of growing length, then wall clocks that are stepped by a day without any time having passed."""
    arguments = ("--validity", str(LIFETIME))
    with harness.Emulator(*arguments) as emulator, tempfile.TemporaryDirectory() as folder:
        announced, keys = emulator.announced, emulator.announced["clients"][0]
        lines = f"""platform = "genesys"
token_url = "{announced['token_url']}"
api_url = "{announced['api_url']}"
secret = "local:queue-sync"
allow = ["GET /api/v2/routing/queues/**"]"""
        secret = {"client_id": keys["id"], "client_secret": keys["secret"]}
        clock = Clock(folder)
        with harness.Sidecar(folder, {"queue-sync": (lines, secret)}, env=clock.environment) as sidecar:
            with harness.check("faketime: a first call"):
                assert call(sidecar) == 200
            mints = 1
            for hours in (1, 2, 14, 48):
                with harness.check(f"faketime: the first call after {hours} h of freeze succeeds with one new token"):
                    freeze(clock, emulator, hours * 3600)
                    assert call(sidecar) == 200
                    mints += 1
                    assert emulator.seen(keys["id"])["mints"] == mints, emulator.seen(keys["id"])
            with harness.check("faketime: a wall clock set back a day does not keep a token alive, nor kill it"):
                clock.step(-86_400)
                assert call(sidecar) == 200
                assert emulator.seen(keys["id"])["mints"] == mints
            with harness.check("faketime: a wall clock set on a day costs one token at most"):
                clock.step(2 * 86_400)
                assert call(sidecar) == 200
                assert emulator.seen(keys["id"])["mints"] <= mints + 1
            with harness.check("faketime: no expired token was ever sent"):
                assert "401" not in emulator.seen(keys["id"])["calls_by_status"], emulator.seen(keys["id"])
    harness.finish()


main()
