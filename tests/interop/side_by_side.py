"""A table of behaviours of AWS, shown by moto and by our stand-in alike.

A row is a function `row_WHAT`, whose docstring cites AWS; beside it stand what AWS does and whether moto does it, too. Where moto is known to differ the row says how,
and moto has to differ: a difference that a newer moto has not is named no longer.
"""

import json
import os
import subprocess
import urllib.request

import botocore.exceptions
import harness


class StandIn:
    """Ours, as a process of its own."""

    def __enter__(self):
        command = [os.environ["HALLPASS_CLOUD_EMULATOR"], "aws"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.announced = json.loads(self.process.stdout.readline())
        self.url = self.announced["url"]
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=20)


def code(call):
    """The error's code, or "none"."""
    try:
        call()
    except botocore.exceptions.ClientError as fault:
        return fault.response["Error"]["Code"]
    return "none"


def answer(row, api, expected):
    """What the row finds; where it is expected to find something else than on AWS, that may be nothing at all."""
    try:
        return row(api)
    except (botocore.exceptions.ClientError, KeyError) as fault:
        if expected:
            raise
        return repr(fault)


def table(rows, api, moto, stand_in):
    """Every row, on both; `api` makes of an address what the rows talk to."""
    for row, expected, both in rows:
        name = row.__name__.removeprefix("row_").replace("_", " ")
        with harness.check(f"aws: the stand-in: {name}"):
            found = row(api(stand_in.url))
            assert found == expected, f"{found!r} instead of {expected!r}"
        with harness.check(f"aws: moto: {name}" if both else f"aws: moto differs: {name}"):
            found = answer(row, api(moto.url), both)
            assert (found == expected) == both, f"{found!r}, and AWS: {expected!r}"
    urllib.request.urlopen(urllib.request.Request(f"{moto.url}/moto-api/reset", method="POST"), timeout=20).close()
