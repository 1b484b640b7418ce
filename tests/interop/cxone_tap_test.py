"""The Singer tap for NICE CXone, `tap-nice-incontact` 0.3.1, with its three host constants overridden, through the sidecar.

By itself it asks for a token before every call, because its check of the expiry is the wrong way round; and one 429 ends it. Through the sidecar the
platform sees one token, and a throttle that another caller has met is waited out.
"""

import tempfile
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone

from tap_nice_incontact import client as tap
from tap_nice_incontact.streams import ContactsCompleted

import harness

CONTACTS = 250


def reader(base, hub, key, secret):
    """The tap's own client, its hosts pointed elsewhere."""
    tap.API_AUTH_URI = hub + "/authentication/v1/token/access-key"
    tap.API_REFRESH_URI = hub + "/public/user/refresh"
    tap.API_BASE_URI = base + "/inContactAPI/services/v{1}"
    return tap.NiceInContactClient(key, secret, "c1", "21.0", "na1", "hallpass-test")


def read(client):
    """Every completed contact of the last days, page by page until the 204."""
    stream = ContactsCompleted(client)
    since = datetime.now(timezone.utc) - timedelta(days=20)
    return list(stream.get_records({}, since))


def integration(emulator, keys, profile):
    """One integration's lines and secret."""
    url = emulator.announced["url"]
    lines = f"""platform = "cxone"
profile = "{profile}"
secret = "local:{profile}"
allow = ["GET /inContactAPI/services/*/contacts/completed"]
"""
    if profile == "userhub":
        lines += f'token_url = "{url}/authentication/v1/token/access-key"\napi_url = "{url}"'
    else:
        lines += f'issuer = "{url}"'
    return lines, {
        "client_id": keys["client_id"],
        "client_secret": keys["client_secret"],
        "access_key_id": keys["access_key_id"],
        "access_key_secret": keys["access_key_secret"],
    }


def straight(emulator, keys):
    """As it is: a token for every call."""
    with harness.check("tap, straight: a token for every call"):
        url = emulator.announced["url"]
        rows = read(reader(url, url, keys["access_key_id"], keys["access_key_secret"]))
        seen = emulator.seen(keys["access_key_id"])
        assert len(rows) == CONTACTS, len(rows)
        assert seen["mints"] + seen["refreshes"] == seen["calls"] > 1, seen


def through(emulator, keys, profile):
    """Through the sidecar, with the integration's name and the pass as its access key."""
    with tempfile.TemporaryDirectory() as folder:
        with harness.Sidecar(folder, {profile: integration(emulator, keys, profile)}) as sidecar:
            base = f"{sidecar.url}/{profile}"
            with harness.check(f"tap, {profile}: one token, and the 204 ends it"):
                rows = read(reader(base, base, profile, sidecar.the_pass))
                seen = emulator.seen(keys["access_key_id"])
                assert len(rows) == CONTACTS, len(rows)
                assert (seen["mints"], seen["refreshes"]) == (1, 0), seen
            with harness.check(f"tap, {profile}: a throttle another caller met is waited out"):
                rule = {"on": "api", "act": {"kind": "throttle", "retry_after": 1}}
                emulator.order("/misbehave", rule)
                assert status(base, sidecar.the_pass) == 429
                assert len(read(reader(base, base, profile, sidecar.the_pass))) == CONTACTS
            with harness.check(f"tap, {profile}: a revoked token is healed"):
                emulator.order(f"/access-keys/{keys['access_key_id']}/revoke-tokens", {})
                assert len(read(reader(base, base, profile, sidecar.the_pass))) == CONTACTS
                assert emulator.seen(keys["access_key_id"])["mints"] == 2


def status(base, the_pass):
    """The status of one call beside the tap."""
    url = base + "/inContactAPI/services/v21.0/contacts/completed?skip=0"
    request = urllib.request.Request(url, headers={"Hallpass": the_pass})
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as fault:
        return fault.code


def main():
    """Straight, then through the sidecar with both profiles, each with an access key of its own."""
    with harness.Emulator() as emulator:
        emulator.order("/contacts", {"count": CONTACTS - len(emulator.announced["cxone"]["contacts"])})
        straight(emulator, emulator.order("/access-keys", {"name": "straight"}))
        for profile in ("userhub", "standard"):
            through(emulator, emulator.order("/access-keys", {"name": profile}), profile)
    harness.finish()


main()
