"""What `rotation.publish` asks of AWS Lambda, against moto, which we did not write, and our stand-in against AWS's own Python SDK.

The calls are GetFunctionConfiguration, UpdateFunctionConfiguration, PublishVersion, GetAlias and UpdateAlias; CreateFunction and CreateAlias set the scene. Not in
the table: what a function answers when it is called, which neither is asked for. moto differs from AWS in five things, with rows of their own: no
configuration has a revision, no revision is compared, a change is in effect at once, nothing is too large, and one error has another name.
"""

import itertools
import json

import boto3
import botocore.config
import harness
from moto_process import Moto
from side_by_side import StandIn, code, table

NUMBERS = itertools.count()
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]}
# An empty archive: nobody runs it.
CODE = {"ZipFile": b"PK\5\6" + bytes(18)}
OTHERS = {"DB_PASSWORD": 'planted "\U0001f511" \\ =\r\n', "EMPTY": "", "SECRET2": "x"}


class Api:
    """boto3 at one endpoint."""

    def __init__(self, url, has_roles):
        config = botocore.config.Config(retries={"total_max_attempts": 1})
        self._keys = {"aws_access_key_id": "AKIDFAKE", "aws_secret_access_key": "fake", "region_name": "us-east-1", "endpoint_url": url, "config": config}
        self.lambdas = boto3.client("lambda", **self._keys)
        # moto looks for the role; the stand-in knows of none.
        self._role = self.role() if has_roles else "arn:aws:iam::123456789012:role/any"

    def role(self):
        """A role for functions."""
        iam = boto3.client("iam", **self._keys)
        return iam.create_role(RoleName=f"role-{next(NUMBERS)}", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]

    def function(self, name=None, **variables):
        """A new function with these variables, at rest; its name."""
        name = name or f"consumer-{next(NUMBERS)}"
        more = {"Environment": {"Variables": variables}} if variables else {}
        self.lambdas.create_function(FunctionName=name, Runtime="provided.al2023", Role=self._role, Handler="bootstrap", Code=CODE, **more)
        return name

    def look(self, name, **of):
        """Its configuration, as it is at this moment."""
        return self.lambdas.get_function_configuration(FunctionName=name, **of)

    def settled(self, name):
        """Its configuration, once no change is under way."""
        for _ in range(5):
            seen = self.look(name)
            if seen["LastUpdateStatus"] != "InProgress":
                return seen
        raise AssertionError(f"still under way: {seen}")

    def variables(self, name, **of):
        """Its variables."""
        return self.look(name, **of).get("Environment", {}).get("Variables", {})

    def update(self, name, variables, **more):
        """Other variables, at rest again."""
        self.change(name, variables, **more)
        return self.settled(name)

    def change(self, name, variables, **more):
        """Other variables; the change may be under way for a while."""
        return self.lambdas.update_function_configuration(FunctionName=name, Environment={"Variables": variables}, **more)

    def publish(self, name, **more):
        """The number of a version."""
        return self.lambdas.publish_version(FunctionName=name, **more)["Version"]

    def alias(self, name, version, alias="live"):
        """A new alias."""
        return self.lambdas.create_alias(FunctionName=name, Name=alias, FunctionVersion=version)

    def point(self, name, version, alias="live", **more):
        """Another version behind an alias."""
        return self.lambdas.update_alias(FunctionName=name, Name=alias, FunctionVersion=version, **more)

    def behind(self, name, alias="live"):
        """The version behind an alias."""
        return self.lambdas.get_alias(FunctionName=name, Name=alias)["FunctionVersion"]


def row_a_function_at_rest(api):
    """API_GetFunctionConfiguration: Version, State, LastUpdateStatus."""
    seen = api.settled(api.function(A="1"))
    return [seen[member] for member in ("Version", "State", "LastUpdateStatus", "Runtime", "Handler", "Timeout", "MemorySize")]


def row_made_twice(api):
    """API_CreateFunction: ResourceConflictException, "The resource already exists"."""
    name = api.function()
    return code(lambda: api.function(name))


def row_variables_come_back(api):
    """API_Environment: as they were given, byte for byte."""
    name = api.function(**OTHERS)
    return api.variables(name) == OTHERS


def row_variables_are_replaced_as_a_whole(api):
    """Developer guide, "Working with Lambda environment variables": "When you apply the changes with the update-function-configuration command, it replaces the entire contents of the Environment structure"."""
    name = api.function(A="1", B="2")
    api.update(name, {"B": "3"})
    return api.variables(name)


def row_no_variables_at_all(api):
    """The same: an empty map takes all of them away."""
    name = api.function(A="1")
    api.update(name, {})
    return api.variables(name)


def row_an_answer_of_an_update(api):
    """API_UpdateFunctionConfiguration: the answer shows the new variables of $LATEST."""
    name = api.function(A="1")
    answer = api.change(name, {"A": "2"})
    return answer["Version"], answer["Environment"]["Variables"]


def row_versions_are_counted(api):
    """API_PublishVersion."""
    name = api.function(A="1")
    first = api.publish(name)
    api.update(name, {"A": "2"})
    return first, api.publish(name)


def row_nothing_new_is_no_version(api):
    """API_PublishVersion: "Lambda doesn't publish a version if the function's configuration and code haven't changed since the last version"."""
    name = api.function(A="1")
    return api.publish(name), api.publish(name)


def row_a_version_stays_as_it_is(api):
    """Developer guide, "Manage Lambda function versions": code and most settings are locked."""
    name = api.function(A="1")
    version = api.publish(name)
    api.update(name, {"A": "2"})
    seen = api.look(name, Qualifier=version)
    return seen["Version"], seen["Environment"]["Variables"], api.variables(name)


def row_a_version_has_the_code_of_latest(api):
    """API_PublishVersion: "Creates a version from the current code and configuration"."""
    name = api.function(A="1")
    version = api.publish(name)
    return api.look(name)["CodeSha256"] == api.look(name, Qualifier=version)["CodeSha256"]


def row_latest_by_its_name(api):
    """API_GetFunctionConfiguration, Qualifier."""
    name = api.function(A="1")
    return api.variables(name, Qualifier="$LATEST")


def row_an_alias(api):
    """API_CreateAlias, API_GetAlias: it names a version."""
    name = api.function(A="1")
    api.alias(name, api.publish(name))
    return api.behind(name), api.lambdas.get_alias(FunctionName=name, Name="live").get("RoutingConfig") or {}


def row_an_alias_made_twice(api):
    """API_CreateAlias, Errors: ResourceConflictException. moto calls it ConflictException."""
    name = api.function(A="1")
    api.alias(name, api.publish(name))
    return code(lambda: api.alias(name, "1"))


def row_an_alias_points_elsewhere(api):
    """API_UpdateAlias; API_GetFunctionConfiguration, Qualifier: "a version number or alias"."""
    name = api.function(A="1")
    api.alias(name, api.publish(name))
    api.update(name, {"A": "2"})
    second = api.publish(name)
    before = api.variables(name, Qualifier="live")
    answer = api.point(name, second)
    return before, answer["FunctionVersion"], api.behind(name), api.variables(name, Qualifier="live")


def row_named_by_arn(api):
    """API_GetFunctionConfiguration, FunctionName: name, ARN, or partial ARN."""
    name = api.function(A="1")
    whole = api.look(name)["FunctionArn"]
    return api.variables(whole) == api.variables(name), api.update(whole, {"A": "2"})["Environment"]["Variables"]


def row_absent(api):
    """ResourceNotFoundException for whatever is not there."""
    name = api.function(A="1")
    api.publish(name)
    return [
        code(lambda: api.look("absent")),
        code(lambda: api.change("absent", {})),
        code(lambda: api.publish("absent")),
        code(lambda: api.look(name, Qualifier="7")),
        code(lambda: api.behind(name)),
        code(lambda: api.point(name, "1")),
    ]


def row_a_configuration_has_a_revision(api):
    """API_GetFunctionConfiguration, RevisionId: "The latest updated revision of the function or alias". moto's has none."""
    name = api.function(A="1")
    first = api.settled(name)["RevisionId"]
    second = api.update(name, {"A": "2"})["RevisionId"]
    return bool(first), first != second, api.look(name)["RevisionId"] == second


def row_another_revision_is_refused(api):
    """API_UpdateFunctionConfiguration, RevisionId: "Update the function only if the revision ID matches". moto does not look at it."""
    name = api.function(A="1")
    first = api.settled(name)["RevisionId"]
    api.update(name, {"A": "2"}, RevisionId=first)
    late = code(lambda: api.change(name, {"A": "3"}, RevisionId=first))
    return late, code(lambda: api.publish(name, RevisionId=first)), api.variables(name)


def row_the_present_revision_is_taken(api):
    """API_PublishVersion, RevisionId: "Only update the function if the revision ID matches the ID that's specified"."""
    name = api.function(A="1")
    return api.publish(name, RevisionId=api.settled(name)["RevisionId"])


def row_an_alias_that_somebody_moved(api):
    """API_UpdateAlias, RevisionId: "Only update the alias if the revision ID matches the ID that's specified". moto does not look at it, and gives a moved alias the revision that it had."""
    name = api.function(A="1")
    first = api.alias(name, api.publish(name))["RevisionId"]
    api.update(name, {"A": "2"})
    moved = api.point(name, api.publish(name), RevisionId=first)["RevisionId"]
    late = code(lambda: api.point(name, "1", RevisionId=first))
    return first != moved, late, api.behind(name)


def row_a_change_takes_time(api):
    """Developer guide, "Lambda function states": LastUpdateStatus is InProgress, and "the following operations fail" until it is over. moto's is over at once."""
    name = api.function(A="1")
    api.change(name, {"A": "2"})
    during = code(lambda: api.change(name, {"A": "3"}))
    return api.look(name)["LastUpdateStatus"], during, api.settled(name)["LastUpdateStatus"], api.variables(name)


def row_4096_bytes(api):
    """Quotas: "Environment variables 4 KB, for all environment variables associated with the function, in aggregate"."""
    return len(api.variables(api.function(A="x" * 4095))["A"])


def row_4097_bytes(api):
    """One more: InvalidParameterValueException. moto keeps it."""
    name = api.function(A="1")
    return code(lambda: api.change(name, {"A": "x" * 4096})), api.variables(name)


def row_an_alias_of_no_version(api):
    """API_CreateAlias: ResourceNotFoundException, "The resource specified in the request does not exist"."""
    return code(lambda: api.alias(api.function(), "7"))


STALE = "PreconditionFailedException"
CONFLICT = "ResourceConflictException"

# What AWS does; and whether moto does it too.
TABLE = [
    (row_a_function_at_rest, ["$LATEST", "Active", "Successful", "provided.al2023", "bootstrap", 3, 128], True),
    (row_made_twice, CONFLICT, True),
    (row_variables_come_back, True, True),
    (row_variables_are_replaced_as_a_whole, {"B": "3"}, True),
    (row_no_variables_at_all, {}, True),
    (row_an_answer_of_an_update, ("$LATEST", {"A": "2"}), True),
    (row_versions_are_counted, ("1", "2"), True),
    (row_nothing_new_is_no_version, ("1", "1"), True),
    (row_a_version_stays_as_it_is, ("1", {"A": "1"}, {"A": "2"}), True),
    (row_a_version_has_the_code_of_latest, True, True),
    (row_latest_by_its_name, {"A": "1"}, True),
    (row_an_alias, ("1", {}), True),
    (row_an_alias_made_twice, CONFLICT, False),
    (row_an_alias_points_elsewhere, ({"A": "1"}, "2", "2", {"A": "2"}), True),
    (row_named_by_arn, (True, {"A": "2"}), True),
    (row_absent, ["ResourceNotFoundException"] * 6, True),
    (row_a_configuration_has_a_revision, (True, True, True), False),
    (row_another_revision_is_refused, (STALE, STALE, {"A": "2"}), False),
    (row_the_present_revision_is_taken, "1", False),
    (row_an_alias_that_somebody_moved, (True, STALE, "2"), False),
    (row_a_change_takes_time, ("InProgress", CONFLICT, "Successful", {"A": "2"}), False),
    (row_4096_bytes, 4095, True),
    (row_4097_bytes, ("InvalidParameterValueException", {"A": "1"}), False),
    (row_an_alias_of_no_version, "ResourceNotFoundException", True),
]


def main():
    """All of it against one moto and one stand-in."""
    with Moto() as moto, StandIn() as stand_in:
        table(TABLE, lambda url: Api(url, url == moto.url), moto, stand_in)
    harness.finish()


main()
