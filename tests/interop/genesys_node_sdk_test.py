"""The vendor's own JavaScript SDK, unmodified, through the sidecar with `setGateway`, run by the Node in HALLPASS_NODE."""

import json
import os
import subprocess
import tempfile

import harness

SCRIPT = """
const { createRequire } = require('node:module');
const platform = createRequire(process.env.HALLPASS_NODE_MODULES + '/')('purecloud-platform-client-v2');
const [host, port, name, pass, conversation, participant] = process.argv.slice(1);
const client = platform.ApiClient.instance;
client.config.live_reload_config = false;
client.setGateway({ host, port: Number(port), protocol: 'http', path_params_login: name, path_params_api: name });
(async () => {
  const login = await client.loginClientCredentialsGrant(name, pass);
  const queues = await new platform.RoutingApi().getRoutingQueues({ pageNumber: 1, pageSize: 25 });
  await new platform.ConversationsApi().patchConversationParticipantAttributes(
    conversation, participant, { attributes: { node: 'was here' } });
  let refused = null;
  await new platform.UsersApi().getUsersMe().catch((fault) => { refused = fault.status; });
  console.log(JSON.stringify({ same: login.accessToken === pass, total: queues.total, refused }));
  process.exit(0);
})().catch((fault) => { console.error(fault); process.exit(1); });
"""


def use(sidecar, the_pass, path):
    """Runs the script; returns what it says."""
    host, port = sidecar.url.removeprefix("http://").split(":")
    _, _, _, _, conversation, _, participant, _ = path.split("/")
    command = [os.environ["HALLPASS_NODE"], "-e", SCRIPT, host, port, "queue-sync", the_pass, conversation, participant]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def main():
    """Logs in, lists, patches, and asks for what is not allowed; once more after the token was revoked."""
    with harness.Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        announced, keys = emulator.announced, emulator.announced["clients"][0]
        lines = f"""platform = "genesys"
token_url = "{announced['token_url']}"
api_url = "{announced['api_url']}"
secret = "local:queue-sync"
allow = ["GET /api/v2/routing/queues/**", "PATCH /api/v2/conversations/*/participants/*/attributes"]"""
        secret = {"client_id": keys["id"], "client_secret": keys["secret"]}
        path = announced["conversation"]["attributes_path"]
        with harness.Sidecar(folder, {"queue-sync": (lines, secret)}) as sidecar:
            expected = {"same": True, "total": 3, "refused": 403}
            with harness.check("node: login, queues, attributes, a refusal"):
                assert use(sidecar, sidecar.the_pass, path) == expected
            with harness.check("node: a revoked token is healed"):
                emulator.order(f"/clients/{keys['id']}/revoke-tokens", {})
                assert use(sidecar, sidecar.the_pass, path) == expected
            with harness.check("node: two tokens in all"):
                assert emulator.seen(keys["id"])["mints"] == 2, emulator.seen(keys["id"])
    harness.finish()


main()
