"""A small integration: counts the queues of a contact centre through hallpass.

It knows two things, both from its environment: where the sidecar is (HALLPASS_URL) and the pass (HALLPASS_PASS, or a file named by
HALLPASS_PASS_FILE). It never holds a client secret or a token, asks for none and renews none.

    hallpass exec -- python3 queue_sync.py
"""

import json
import os
import pathlib
import urllib.error
import urllib.request


class Refused(Exception):
    """The call was answered with an error; `code` is hallpass's own name for it, or None when the platform said so."""

    def __init__(self, status, code, hint):
        super().__init__(f"{status} {code or 'from the platform'}: {hint}")
        self.status, self.code = status, code


def the_pass():
    """The pass, read anew for every call: a sidecar that restarts has another one."""
    path = os.environ.get("HALLPASS_PASS_FILE")
    return pathlib.Path(path).read_text().strip() if path else os.environ["HALLPASS_PASS"]


def get(path):
    """The platform's answer to GET `path`, as the integration `queue-sync`."""
    request = urllib.request.Request(
        f"{os.environ['HALLPASS_URL']}/queue-sync{path}", headers={"Authorization": f"Bearer {the_pass()}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        text = error.read().decode(errors="replace")
        raise Refused(error.code, error.headers.get("Hallpass-Fault"), text) from None


def count_queues():
    """How many queues there are."""
    return get("/api/v2/routing/queues?pageSize=25&pageNumber=1")["total"]


if __name__ == "__main__":
    print(count_queues())
