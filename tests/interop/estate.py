"""An organisation with more than one integration, for scripts that look at all of it: an emulated platform, a configuration, a store.

    with harness.Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        estate = Estate(emulator, folder)
        narrow = estate.role("queue-sync", "routing:queue:view")
        estate.administrator()
        estate.integration("queue-sync", estate.client("queue-sync", [(narrow, "*")]))
        assert estate.run("inventory").returncode == 0
"""

import json
import pathlib

import harness

ADMINISTRATION = [
    "oauth:client:view",
    "oauth:client:add",
    "oauth:client:edit",
    "oauth:client:delete",
    "usage:client:view",
    "authorization:role:view",
]

ADMINISTRATIVE_CALLS = """[
    "GET /api/v2/oauth/clients/**", "POST /api/v2/oauth/clients", "PUT /api/v2/oauth/clients/*",
    "POST /api/v2/oauth/clients/*/secret", "DELETE /api/v2/oauth/clients/*",
    "GET /api/v2/authorization/**", "GET /api/v2/tokens/me",
]"""

DAY = 86_400


class Estate:
    """What an organisation has, at its platform and here."""

    def __init__(self, emulator, folder, faketime=None):
        """With libfaketime, secrets can be as old as a script wants."""
        self._faketime = faketime
        self.emulator = emulator
        self.folder = pathlib.Path(folder)
        self.environment = {"AUDIT_KEY": "planted-audit-key-0123456789abcdef-0123456789"}
        self._tables = {}
        (self.folder / "private").mkdir(mode=0o700)

    def role(self, name, *permissions):
        """A role at the platform; its id."""
        return self.emulator.order("/roles", {"name": name, "permissions": list(permissions)})["id"]

    def division(self, name):
        """A division at the platform; its id."""
        return self.emulator.order("/divisions", {"name": name})["id"]

    def client(self, name, roles=(), **more):
        """A client at the platform, with roles in divisions; its id and secret."""
        granted = [{"roleId": role, "divisionId": division} for role, division in roles]
        return self.emulator.order("/clients", {"name": name, "roles": granted, **more})

    def administrator(self, *roles):
        """The integration `admin`, which may administer and holds these roles, so that it may give them."""
        own = self.role("administration", *ADMINISTRATION)
        keys = self.client("admin", [(role, "*") for role in (own, *roles)], permissions=[])
        self.integration("admin", keys, f"administers = true\nallow = {ADMINISTRATIVE_CALLS}")
        return keys

    def integration(self, name, keys=None, lines='allow = ["GET /api/v2/routing/queues/**"]', tables="", age=0):
        """An integration of the configuration, whose secret, if there is one, was stored `age` days ago."""
        announced = self.emulator.announced
        self._tables[name] = f"""[integrations.{name}]
platform = "genesys"
token_url = "{announced['token_url']}"
api_url = "{announced['api_url']}"
secret = "local:{name}"
{lines}

{tables}
"""
        self._write()
        if keys:
            self.store(name, keys, age)

    def forget(self, name):
        """Takes an integration out of the configuration; its secret stays where it is."""
        del self._tables[name]
        self._write()

    def store(self, name, keys, age=0):
        """Puts a secret into the store, `age` days ago."""
        material = json.dumps({"client_id": keys["id"], "client_secret": keys["secret"]})
        then = {"LD_PRELOAD": self._faketime, "FAKETIME": f"-{age * DAY}"} if age else {}
        put = self.run("secret", "put", name, stdin=material, env=then)
        assert put.returncode == 0, put.stderr

    def run(self, *arguments, stdin="", env=None):
        """hallpass, to its end, in the folder of the configuration."""
        return harness.run(
            *arguments, env={**self.environment, **(env or {})}, cwd=self.folder, stdin=stdin, patience=120
        )

    def json(self, *arguments):
        """What hallpass says in one line of JSON."""
        finished = self.run(*arguments, "--json")
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    def _write(self):
        (self.folder / "hallpass.toml").write_text(HEAD + "\n".join(self._tables.values()))


HEAD = """version = 1
environment = "test"

[sidecar]
listen = "127.0.0.1:0"
pass_file = "private/pass"

[outbound]
private_networks = ["127.0.0.0/8"]

[stores.local]
path = "private/store"
key_file = "private/key"

[audit]
file = "audit.jsonl"
key = "env:AUDIT_KEY"

"""
