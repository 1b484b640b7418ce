"""Microsoft's own Python SDKs drive our stand-in for Azure through the table of behaviours that our stores rely on.

No emulator of Key Vault or App Configuration installs without a container, so our tests use a stand-in of ours. A
stand-in that is merely convenient to us would be found out here: every check names the page of the vendor that promises
the behaviour, and the client is the vendor's.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import urllib.request

import harness
from azure.appconfiguration import AzureAppConfigurationClient, ConfigurationSetting, SecretReferenceConfigurationSetting
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
    ResourceNotModifiedError,
)
from azure.core.pipeline.policies import RetryPolicy
from azure.identity import ClientAssertionCredential, ClientSecretCredential, ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

GET = "Microsoft.KeyVault/vaults/secrets/getSecret/action"


@contextlib.contextmanager
def stand_in():
    """The running stand-in's announcement; it ends when its standard input does."""
    process = subprocess.Popen(
        [os.environ["HALLPASS_CLOUD_EMULATOR"], "azure"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(timeout=harness.PATIENCE)


def refused(kind, status, call, *arguments, **named):
    """The error of a call that must fail like this."""
    try:
        call(*arguments, **named)
    except kind as error:
        assert error.status_code == status, error
        return error
    raise AssertionError(f"it was not refused with {status}")


def inner_code(error):
    """The code inside the error's code: https://learn.microsoft.com/azure/key-vault/general/rest-error-codes"""
    return error.error.innererror["code"]


def check_vault(vault, order):
    """https://learn.microsoft.com/rest/api/keyvault/secrets"""
    with harness.check("azure: an unversioned read returns the newest version"):
        one = vault.set_secret("queue-sync", "one", tags={"hallpass-version": "v1"}, content_type="application/json")
        two = vault.set_secret("queue-sync", "two")
        assert len(one.properties.version) == 32 and one.properties.version != two.properties.version
        assert vault.get_secret("queue-sync").value == "two"
        assert vault.get_secret("queue-sync", one.properties.version).value == "one"
    with harness.check("azure: versions list tags and attributes and no value"):
        versions = {it.version: it for it in vault.list_properties_of_secret_versions("queue-sync")}
        first = versions[one.properties.version]
        assert len(versions) == 2 and first.tags == {"hallpass-version": "v1"} and first.enabled
        assert first.content_type == "application/json" and first.created_on is not None
        assert not versions[two.properties.version].tags
    with harness.check("azure: an update changes what it names and nothing else"):
        changed = vault.update_secret_properties("queue-sync", one.properties.version, enabled=False)
        assert changed.tags == {"hallpass-version": "v1"} and changed.enabled is False
        assert vault.get_secret("queue-sync").value == "two", "another version's state is its own"
    with harness.check("azure: a disabled version is refused with 403 SecretDisabled and stays listed"):
        error = refused(HttpResponseError, 403, vault.get_secret, "queue-sync", one.properties.version)
        assert error.error.code == "Forbidden" and inner_code(error) == "SecretDisabled"
        assert len(list(vault.list_properties_of_secret_versions("queue-sync"))) == 2
    with harness.check("azure: a disabled newest version hides the older one from unversioned reads"):
        vault.update_secret_properties("queue-sync", two.properties.version, enabled=False)
        assert inner_code(refused(HttpResponseError, 403, vault.get_secret, "queue-sync")) == "SecretDisabled"
        vault.update_secret_properties("queue-sync", two.properties.version, enabled=True)
    with harness.check("azure: what is not there is 404 SecretNotFound"):
        error = refused(ResourceNotFoundError, 404, vault.get_secret, "nothing-here")
        assert error.error.code == "SecretNotFound"
        assert error.response.headers["x-ms-request-id"], "every answer names its request"
        assert list(vault.list_properties_of_secret_versions("nothing-here")) == []
    with harness.check("azure: special characters survive"):
        value = '{"client_secret":"a:b%25+c= \\n\\u0000 \N{KEY}"}\r\n'
        vault.set_secret("special", value)
        assert vault.get_secret("special").value == value
    with harness.check("azure: 25600 bytes are stored, one more is 400 BadParameter"):
        vault.set_secret("large", "x" * 25600)
        assert len(vault.get_secret("large").value) == 25600
        assert refused(HttpResponseError, 400, vault.set_secret, "large", "x" * 25601).error.code == "BadParameter"
    with harness.check("azure: names have letters, digits and hyphens only"):
        refused(HttpResponseError, 400, vault.set_secret, "with_underscore", "x")
    with harness.check("azure: long lists come in pages"):
        for index in range(30):
            vault.set_secret(f"page-{index}", "x")
        names = [it.name for it in vault.list_properties_of_secrets() if it.name.startswith("page-")]
        assert len(names) == 30 == len(set(names))
    with harness.check("azure: a deleted secret is recoverable and its name is taken meanwhile"):
        vault.begin_delete_secret("page-0").wait()
        refused(ResourceNotFoundError, 404, vault.get_secret, "page-0")
        error = refused(ResourceExistsError, 409, vault.set_secret, "page-0", "x")
        assert inner_code(error) == "ObjectIsDeletedButRecoverable"
        vault.begin_recover_deleted_secret("page-0").wait()
        assert vault.get_secret("page-0").value == "x"
    with harness.check("azure: a missing role is 403 ForbiddenByRbac and names the action"):
        order(deny=GET)
        error = refused(HttpResponseError, 403, vault.get_secret, "special")
        assert inner_code(error) == "ForbiddenByRbac" and GET in error.message
        order(allow_all=True)
    with harness.check("azure: a missing access policy is 403 ForbiddenByPolicy"):
        order(deny=GET, policy=True)
        assert inner_code(refused(HttpResponseError, 403, vault.get_secret, "special")) == "ForbiddenByPolicy"
        order(allow_all=True)
    with harness.check("azure: too many requests are 429 with Retry-After"):
        order(throttle=1, after=7)
        error = refused(HttpResponseError, 429, vault.get_secret, "special")
        assert error.response.headers["Retry-After"] == "7"
    with harness.check("azure: a token that no longer counts meets a new challenge"):
        order(expire_tokens=True)
        refused(ClientAuthenticationError, 401, vault.get_secret, "special")


def check_configuration(config, order, stranger):
    """https://learn.microsoft.com/azure/azure-app-configuration/rest-api-key-value"""
    with harness.check("azure: a key-value is found by key and label"):
        config.set_configuration_setting(ConfigurationSetting(key="prod/queue-sync", value="plain"))
        config.set_configuration_setting(ConfigurationSetting(key="prod/queue-sync", label="eu", value="europe"))
        assert config.get_configuration_setting(key="prod/queue-sync").value == "plain"
        assert config.get_configuration_setting(key="prod/queue-sync", label="eu").value == "europe"
        refused(ResourceNotFoundError, 404, config.get_configuration_setting, key="nothing")
    with harness.check("azure: an unchanged entity tag is 304, a foreign one stops a write with 412"):
        present = config.get_configuration_setting(key="prod/queue-sync")
        unchanged = {"etag": present.etag, "match_condition": MatchConditions.IfModified}
        assert config.get_configuration_setting(key="prod/queue-sync", **unchanged) is None
        present.value = "second"
        written = config.set_configuration_setting(present, match_condition=MatchConditions.IfNotModified)
        assert written.etag != unchanged["etag"]
        present.etag = unchanged["etag"]
        refused(
            ResourceModifiedError,
            412,
            config.set_configuration_setting,
            present,
            match_condition=MatchConditions.IfNotModified,
        )
    with harness.check("azure: adding what is there already is refused, so that a key can be a lease"):
        config.add_configuration_setting(ConfigurationSetting(key="lease", value="me"))
        again = ConfigurationSetting(key="lease", value="somebody else")
        refused(ResourceExistsError, 412, config.add_configuration_setting, again)
    with harness.check("azure: a deleted key cannot be replaced by its entity tag, and can be added again"):
        lease = config.get_configuration_setting(key="lease")
        config.delete_configuration_setting(key="lease")
        lease.value = "late"
        only_that = {"match_condition": MatchConditions.IfNotModified}
        refused(ResourceModifiedError, 412, config.set_configuration_setting, lease, **only_that)
        added = config.add_configuration_setting(ConfigurationSetting(key="lease", value="next"))
        assert added.etag and added.etag != lease.etag and added.value == "next"
    with harness.check("azure: every write has an entity tag of its own, that of the same value too"):
        tags = {config.set_configuration_setting(ConfigurationSetting(key="tagged", value="same")).etag for _ in range(3)}
        assert len(tags) == 3, "a value that comes back is not mistaken for one that stayed"
    with harness.check("azure: the tag of a key without a label says nothing of the same key with one"):
        plain = config.get_configuration_setting(key="prod/queue-sync")
        other = ConfigurationSetting(key="prod/queue-sync", label="eu", value="x", etag=plain.etag)
        refused(
            ResourceModifiedError,
            412,
            config.set_configuration_setting,
            other,
            match_condition=MatchConditions.IfNotModified,
        )
    with harness.check("azure: who shows the token of a write sees it, who shows none may be behind"):
        config.set_configuration_setting(ConfigurationSetting(key="synced", value="old"))
        config.set_configuration_setting(ConfigurationSetting(key="synced", value="new"))
        order(lag_key_values=1)
        assert config.get_configuration_setting(key="synced").value == "new", "the vendor's client shows its token"
        with stranger() as other:
            assert other.get_configuration_setting(key="synced").value == "old", "the one read that is behind"
            assert other.get_configuration_setting(key="synced").value == "new"
    with harness.check("azure: a locked key is read and not replaced: 409"):
        locked = config.set_read_only(config.get_configuration_setting(key="lease"))
        assert locked.read_only and config.get_configuration_setting(key="lease").value == "next"
        locked.value = "other"
        refused(HttpResponseError, 409, config.set_configuration_setting, locked)
        locked = config.set_read_only(locked, False)
        assert not locked.read_only
        locked.value = "other"
        config.set_configuration_setting(locked)
    with harness.check("azure: a Key Vault reference has its own content type"):
        uri = "https://v.vault.azure.net/secrets/queue-sync"
        config.set_configuration_setting(SecretReferenceConfigurationSetting(key="reference", secret_id=uri))
        read = config.get_configuration_setting(key="reference")
        assert isinstance(read, SecretReferenceConfigurationSetting) and read.secret_id == uri
        assert read.content_type == "application/vnd.microsoft.appconfig.keyvaultref+json;charset=utf-8"
    with harness.check("azure: a list of keys comes in pages and without what was not selected"):
        for index in range(110):
            config.set_configuration_setting(ConfigurationSetting(key=f"many/{index:03}", value="canary"))
        found = list(config.list_configuration_settings(key_filter="many/*", fields=["key", "etag"]))
        assert [it.key for it in found] == [f"many/{index:03}" for index in range(110)]
        assert all(it.value is None for it in found)
    with harness.check("azure: a writer without its role is refused with 403, and may read"):
        order(deny="Microsoft.AppConfiguration/configurationStores/keyValues/write")
        refused(
            HttpResponseError, 403, config.set_configuration_setting, ConfigurationSetting(key="lease", value="x")
        )
        assert config.get_configuration_setting(key="lease").value == "other"
        order(allow_all=True)
    with harness.check("azure: a reader without its role is refused with 403"):
        order(deny="Microsoft.AppConfiguration/configurationStores/keyValues/read")
        refused(HttpResponseError, 403, config.get_configuration_setting, key="reference")
        order(allow_all=True)


def check_identities(announced, certificate, vault_of):
    """Each way to a token, with the vendor's own library."""
    tenant, client, entra = announced["tenant"], announced["client"], announced["entra_url"]
    common = {"authority": entra, "disable_instance_discovery": True, "connection_verify": certificate}
    with harness.check("azure: a federated assertion earns a token"):
        credential = ClientAssertionCredential(tenant, client, lambda: announced["assertion"], **common)
        assert vault_of(credential).get_secret("special").value
    with harness.check("azure: a wrong client secret is refused with its number"):
        credential = ClientSecretCredential(tenant, client, "wrong", **common)
        try:
            credential.get_token("https://vault.azure.net/.default")
        except ClientAuthenticationError as error:
            assert "AADSTS7000215" in str(error), error
        else:
            raise AssertionError("it was let in")
    with harness.check("azure: the endpoint of App Service hands out a token"):
        os.environ["IDENTITY_ENDPOINT"] = announced["identity_url"]
        os.environ["IDENTITY_HEADER"] = announced["identity_header"]
        assert vault_of(ManagedIdentityCredential()).get_secret("special").value
        del os.environ["IDENTITY_ENDPOINT"], os.environ["IDENTITY_HEADER"]
    with harness.check("azure: the metadata service hands out a token"):
        os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = announced["metadata_url"]
        assert vault_of(ManagedIdentityCredential()).get_secret("special").value


def application(announced, certificate):
    """The application of the stand-in's tenant, with its secret."""
    return ClientSecretCredential(
        announced["tenant"],
        announced["client"],
        announced["client_secret"],
        authority=announced["entra_url"],
        disable_instance_discovery=True,
        connection_verify=certificate,
    )


def main():
    with stand_in() as announced, tempfile.TemporaryDirectory() as folder:
        certificate = str(pathlib.Path(folder) / "authority.pem")
        pathlib.Path(certificate).write_text(announced["authority_pem"])
        # What the service answers first is the subject here, so nothing is repeated behind our back.
        plain = {"connection_verify": certificate, "retry_policy": RetryPolicy.no_retries()}

        def vault_of(identity):
            return SecretClient(announced["vault_url"], identity, verify_challenge_resource=False, **plain)

        def order(**what):
            data = json.dumps(what).encode()
            with urllib.request.urlopen(urllib.request.Request(announced["control_url"], data=data), timeout=10) as it:
                return json.loads(it.read())

        with vault_of(application(announced, certificate)) as vault:
            check_vault(vault, order)
        # A new one: the tokens of the first were ended, and it would go on using what it remembers.
        identity = application(announced, certificate)
        with AzureAppConfigurationClient(announced["config_url"], identity, **plain) as config:

            def stranger():
                # With an identity and a policy of its own: two clients that share one share its place in the pipeline.
                of_its_own = {"connection_verify": certificate, "retry_policy": RetryPolicy.no_retries()}
                other = application(announced, certificate)
                return AzureAppConfigurationClient(announced["config_url"], other, **of_its_own)

            check_configuration(config, order, stranger)
        check_identities(announced, certificate, vault_of)
    harness.finish()


if __name__ == "__main__":
    main()
