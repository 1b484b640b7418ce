"""The vendor's own Python SDK as a second administrator: it must see exactly the clients, roles and divisions that hallpass sees and makes.

Both look at one emulated organisation. Whatever hallpass says in `inventory` and `provision plan` is compared with what the SDK reads for itself, before and
after a client is made, changed by hand, put right, rotated and removed.
"""

import json
import tempfile

import PureCloudPlatformClientV2 as genesys

import harness
from estate import Estate

genesys.configuration.live_reload_config = False

RULES = 'allow = ["GET /api/v2/routing/queues/**"]'
PROVISION = """[integrations.figures.provision]
administrator = "admin"
name = "figures of hallpass"
grants = [{ role = "figures", division = "Sales" }, { role = "queues", division = "*" }]
token_lifetime = "1h\""""
ROTATION = """[integrations.queue-sync.rotation]
administrator = "admin"
clients = ["{}", "{}"]
verify = ["GET /api/v2/routing/queues?pageSize=1"]"""


class Sdk:
    """What the vendor's SDK says, with a token of the administrator's."""

    def __init__(self, emulator, keys):
        genesys.configuration.host = emulator.announced["url"]
        client = genesys.api_client.ApiClient()
        client.get_client_credentials_token(keys["id"], keys["secret"])
        self.oauth, self.authorization = genesys.OAuthApi(client), genesys.AuthorizationApi(client)

    def roles(self):
        """The names of roles, by their ids."""
        listed = self.authorization.get_authorization_roles(page_size=100)
        return {role.id: role.name for role in listed.entities}

    def divisions(self):
        """The names of divisions, by their ids."""
        listed = self.authorization.get_authorization_divisions(page_size=100)
        return {division.id: division.name for division in listed.entities}

    def clients(self):
        """Every client by its id, in the words of the inventory."""
        roles, divisions = self.roles(), self.divisions()

        def grant(one):
            where = "every division" if one.division_id == "*" else divisions[one.division_id]
            return f"{roles[one.role_id]} in {where}"

        listed = self.oauth.get_oauth_clients()
        assert listed.page_count == 1, "the SDK has no way to ask for another page"
        return {
            one.id: {
                "name": one.name,
                "active": one.state == "active",
                "grant_type": one.authorized_grant_type,
                "lifetime": one.access_token_validity_seconds,
                "roles": sorted(grant(role) for role in one.role_divisions or []),
            }
            for one in listed.entities
        }

    def named(self, name):
        """The one client of this name, as the SDK has it; None if there is none."""
        found = [one for one in self.oauth.get_oauth_clients().entities if one.name == name]
        assert len(found) <= 1, found
        return found[0] if found else None


def ours(here):
    """Every client of the inventory by its id, and the kind and owner of each."""
    rows = [row for row in here.json("inventory")["rows"] if row["client"]]
    clients = {
        row["client"]["id"]: {
            "name": row["client"]["name"],
            "active": row["client"]["active"],
            "grant_type": row["client"]["grant_type"],
            "lifetime": row["client"]["token_lifetime_seconds"],
            "roles": sorted(row["client"]["roles"]),
        }
        for row in rows
    }
    assert len(clients) == len(rows), "each client has one line"
    return clients, {row["client"]["id"]: (row["kind"], row["owner"]) for row in rows}


def same(sdk, here, when):
    """Both see the same; the kinds and owners that only hallpass knows."""
    by_us, kinds = ours(here)
    by_sdk = sdk.clients()
    assert by_us == by_sdk, f"{when}: {by_us} is not {by_sdk}"
    return kinds


def changes(here):
    """What the plan would do: sign and subject, and each detail that is or shall be."""
    planned = here.run("provision", "plan", "figures", "--json")
    assert planned.returncode in (0, 10), planned.stderr
    return json.loads(planned.stdout)["changes"]


def before(sdk, here):
    """Nothing is made yet."""
    with harness.check("sdk: both see the same clients before anything is made"):
        kinds = same(sdk, here, "before")
        assert sorted(kind for kind, _ in kinds.values()) == ["foreign", "foreign", "in-use", "in-use", "standby"], kinds
    with harness.check("sdk: the plan is to make what the SDK does not find"):
        assert [(one["sign"], one["what"]) for one in changes(here)][0] == ("+", "OAuth client `figures of hallpass`")
        assert sdk.named("figures of hallpass") is None


def applied(sdk, here):
    """A client is made, and changed by another administrator."""
    with harness.check("sdk: what apply made is there, and no wider than configured"):
        made = here.run("provision", "apply", "figures", "--yes")
        assert made.returncode == 0, made.stderr
        found, roles, divisions = sdk.named("figures of hallpass"), sdk.roles(), sdk.divisions()
        held = {(roles[one.role_id], divisions.get(one.division_id, "*")) for one in found.role_divisions}
        assert held == {("figures", "Sales"), ("queues", "*")}, held
        assert (found.authorized_grant_type, found.access_token_validity_seconds) == ("CLIENT-CREDENTIALS", 3600)
        assert "hallpass:test/figures#" in found.description and found.secret is None
        assert same(sdk, here, "applied")[found.id] == ("in-use", "figures")
        assert changes(here) == []
    with harness.check("sdk: a change by its hand shows in the plan, and apply takes it back"):
        found = sdk.named("figures of hallpass")
        body = genesys.OAuthClientRequest()
        for member in ("name", "description", "authorized_grant_type", "role_divisions", "state"):
            setattr(body, member, getattr(found, member))
        body.access_token_validity_seconds = 86_400
        sdk.oauth.put_oauth_client(found.id, body)
        assert same(sdk, here, "changed")[found.id] == ("in-use", "figures")
        details = [detail for change in changes(here) for detail in change["details"]]
        assert details == [{"member": "token lifetime", "is": "86400 s", "shall": "3600 s"}], details
        assert here.run("provision", "apply", "figures", "--yes").returncode == 0
        assert sdk.named("figures of hallpass").access_token_validity_seconds == 3600


def rotated(sdk, here, first, second):
    """The idle client gets a new secret, and is the one in use from then on."""
    with harness.check("sdk: a rotation changes the idle client and nothing else"):
        clients = {one.id: one for one in sdk.oauth.get_oauth_clients().entities}
        run = here.run("rotate", "run", "queue-sync", "--wait", "20s")
        assert run.returncode == 11, run.stderr
        later = {one.id: one for one in sdk.oauth.get_oauth_clients().entities}
        changed = [id for id in later if later[id].date_modified != clients[id].date_modified]
        assert changed == [second["id"]], changed
        kinds = same(sdk, here, "rotated")
        assert kinds[second["id"]] == ("in-use", "queue-sync") and kinds[first["id"]] == ("standby", "queue-sync")


def removed(sdk, here):
    """Nothing is left."""
    with harness.check("sdk: what destroy removed is gone for both, and the rest is as it was"):
        others = {id for id, one in sdk.clients().items() if one["name"] != "figures of hallpass"}
        gone = here.run("provision", "destroy", "figures", "--yes", "--even-if-used")
        assert gone.returncode == 0, gone.stderr
        same(sdk, here, "destroyed")
        assert set(sdk.clients()) == others
        assert changes(here)[0]["sign"] == "+"


def main():
    """One organisation, two administrators."""
    with harness.Emulator("--client", "bystander") as emulator, tempfile.TemporaryDirectory() as folder:
        here = Estate(emulator, folder)
        queues, figures = here.role("queues", "routing:queue:view"), here.role("figures", "analytics:conversationDetail:view")
        here.division("Sales")
        keys = here.administrator(queues, figures)
        first, second = (here.client(f"queue-sync {turn}", [(queues, "*")]) for turn in "ab")
        here.client("somebody else's", [(figures, "*")])
        here.integration("queue-sync", first, RULES, ROTATION.format(first["id"], second["id"]))
        here.integration("figures", None, RULES, PROVISION)
        sdk = Sdk(emulator, keys)
        before(sdk, here)
        applied(sdk, here)
        rotated(sdk, here, first, second)
        removed(sdk, here)
    harness.finish()


main()
