"""The vendor's own Python SDK, unmodified, as the caller: straight against the emulator, then through the sidecar.

Straight against the emulator judges the emulator; through the sidecar, with the integration's name and the pass as its
credentials, judges hallpass. What is counted comes from the emulator's witness.
"""

import json
import tempfile

import PureCloudPlatformClientV2 as genesys
from PureCloudPlatformClientV2.rest import ApiException

import harness

genesys.configuration.live_reload_config = False


def sdk_at(host):
    """An SDK whose login and API both live below one base address."""
    genesys.configuration.host = host
    return genesys.api_client.ApiClient()


def sdk_behind(host, port, prefix):
    """An SDK that goes through a gateway with path prefixes."""
    client = genesys.api_client.ApiClient()
    client.set_gateway(host, "http", port, prefix, prefix)
    return client


def use(client, example):
    """Lists queues and patches a participant's attributes; returns how many queues there are."""
    _, _, _, _, conversation, _, participant, _ = example.split("/")
    total = genesys.RoutingApi(client).get_routing_queues(page_size=25, page_number=1).total
    body = genesys.ParticipantAttributes()
    body.attributes = {"hallpass": "was here"}
    genesys.ConversationsApi(client).patch_conversation_participant_attributes(conversation, participant, body)
    return total


def refused(action):
    """The status with which the SDK raises."""
    try:
        action()
    except ApiException as fault:
        return fault.status
    return None


def straight(emulator):
    """The SDK against the emulator, with the real client's id and secret."""
    announced = emulator.announced
    keys = announced["clients"][0]
    client = sdk_at(announced["url"])
    with harness.check("straight: login, queues, attributes"):
        client.get_client_credentials_token(keys["id"], keys["secret"])
        assert use(client, emulator.announced["conversation"]["attributes_path"]) == 3
    with harness.check("straight: tokens/me names the client"):
        assert genesys.TokensApi(client).get_tokens_me().o_auth_client.id == keys["id"]
    with harness.check("straight: a wrong secret raises with the platform's body"):
        try:
            sdk_at(announced["url"]).get_client_credentials_token(keys["id"], "wrong")
        except ApiException as fault:
            assert json.loads(fault.body)["error"] == "invalid_client", fault.body
        else:
            raise AssertionError("it was accepted")
    with harness.check("straight: a revoked token is the caller's problem"):
        emulator.order(f"/clients/{keys['id']}/revoke-tokens", {})
        assert refused(lambda: genesys.RoutingApi(client).get_routing_queues()) == 401


def integration(emulator):
    """The integration's lines and its secret."""
    announced, keys = emulator.announced, emulator.announced["clients"][0]
    lines = f"""platform = "genesys"
token_url = "{announced['token_url']}"
api_url = "{announced['api_url']}"
secret = "local:queue-sync"
allow = [
    "GET /api/v2/routing/queues/**",
    "GET /api/v2/tokens/me",
    "PATCH /api/v2/conversations/*/participants/*/attributes",
]"""
    return lines, {"client_id": keys["id"], "client_secret": keys["secret"]}


def through(emulator, sidecar):
    """The same SDK through the sidecar, with the integration's name and the pass."""
    the_pass, client_id = sidecar.the_pass, emulator.announced["clients"][0]["id"]
    before = emulator.seen(client_id)
    host, port = sidecar.url.removeprefix("http://").split(":")
    with harness.check("through: configuration.host, login, queues, attributes"):
        client = sdk_at(sidecar.url + "/queue-sync")
        client.get_client_credentials_token("queue-sync", the_pass)
        assert client.access_token == the_pass, "the SDK holds the pass, not a token"
        assert use(client, emulator.announced["conversation"]["attributes_path"]) == 3
    with harness.check("through: set_gateway, login, queues, attributes"):
        client = sdk_behind(host, int(port), "queue-sync")
        client.get_client_credentials_token("queue-sync", the_pass)
        assert use(client, emulator.announced["conversation"]["attributes_path"]) == 3
    with harness.check("through: the pass as access token, without a login"):
        client = sdk_at(sidecar.url + "/queue-sync")
        client.access_token = the_pass
        assert use(client, emulator.announced["conversation"]["attributes_path"]) == 3
    with harness.check("through: a revoked token is healed"):
        emulator.order(f"/clients/{client_id}/revoke-tokens", {})
        assert use(client, emulator.announced["conversation"]["attributes_path"]) == 3
    with harness.check("through: a wrong pass is refused as the platform would"):
        wrong = sdk_at(sidecar.url + "/queue-sync")
        assert refused(lambda: wrong.get_client_credentials_token("queue-sync", "wrong")) == 401
    with harness.check("through: a call outside the rules is refused and never sent"):
        calls = emulator.seen(client_id)["calls"]
        assert refused(lambda: genesys.UsersApi(client).get_users_me()) == 403
        assert emulator.seen(client_id)["calls"] == calls
    with harness.check("through: two tokens in all, one before and one after the revocation"):
        after = emulator.seen(client_id)
        assert after["mints"] - before.get("mints", 0) == 2, (before, after)


def main():
    """Runs both halves against one emulator."""
    with harness.Emulator() as emulator, tempfile.TemporaryDirectory() as folder:
        straight(emulator)
        with harness.Sidecar(folder, {"queue-sync": integration(emulator)}) as sidecar:
            through(emulator, sidecar)
            with harness.check("through: it drains and ends well"):
                assert sidecar.stop() == 0, sidecar.stderr
    harness.finish()


main()
