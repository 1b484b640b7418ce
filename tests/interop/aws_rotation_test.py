"""The rotation function of Secrets Manager: the real program behind a Runtime API, with moto as Secrets Manager and Lambda.

A consumer, which is a function too, gets the secret by its environment, and boto3 looks at that after every rotation.

moto rotates: it makes room for the version, and its Lambda hands each of the four steps to this script, which hands it to the function as AWS would (by ARN, and
with the token of newer flows). Every request of the function goes through a wire that counts, and that can be cut together with the function's life: before the
request takes effect, or when only its answer is missing. What the platform did is said by the emulator's witness.
"""

import base64
import contextlib
import json
import os
import pathlib
import queue
import tempfile
import uuid

import boto3
import botocore.exceptions
import harness
from lambda_runtime import Function
from moto_process import Moto
from rotated import ENVIRONMENT, HEAD, NUMBERS, REGION, Clients, Keys, Rotated, Shelf, place
from wires import Listening, Quiet, Wires

PROGRAM = pathlib.Path(os.environ["HALLPASS_BIN"]).with_name("hallpass-rotation-function")
STEPS = ["createSecret", "setSecret", "testSecret", "finishSecret"]
MINUTE, DAY = 60_000, 86_400_000


class Lambda:
    """What moto's Lambda calls: whoever plays Secrets Manager just now."""

    def __init__(self):
        answering = self
        self.play = None
        self.failed = queue.Queue()

        class Invoked(Quiet):
            """One invocation."""

            def do_POST(self):
                event = json.loads(self.body())
                try:
                    answering.play(event)
                except Exception as fault:  # the script's finding, told where the rotation was begun
                    answering.failed.put(fault)
                    self.send(500, b"the step failed")
                else:
                    self.send(200, b"null")

        self._listening = Listening(Invoked)
        self.url = self._listening.url

    def close(self):
        """Ends."""
        self._listening.close()


class House(Rotated):
    """moto, an emulated platform, and a secret that is to be rotated."""

    def __init__(self, stack, shape):
        self.lambdas = Lambda()
        stack.callback(self.lambdas.close)
        self.moto = stack.enter_context(Moto(self.lambdas.url))
        super().__init__(Shelf(self.moto.url), stack.enter_context(harness.Emulator()), shape, f"prod/{shape.name}")
        self.secrets = self.shelf.secrets
        self.wires = Wires()
        stack.callback(self.wires.close)
        self._register(self.shelf.keys)
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.aws = self.wires.to(self.moto.url)
        self.arn = self.shelf.put(self.entry, shape.register(self.emulator))
        self.shelf.put("prod/admin", shape.administrator(self.emulator))
        self.others = {one["access_key_id"] for one in self.emulator.announced["cxone"]["access_keys"]} | {"ADMIN===="}
        tables = shape.tables(self.address(), self.reference(self.entry), self.reference("prod/admin"))
        tables += PUBLISH.format(name=shape.name, key=self.key, aws=self.aws)
        (folder / "hallpass.toml").write_text(HEAD + tables)
        environment = {"PATH": os.environ["PATH"], "HALLPASS_CONFIG": str(folder / "hallpass.toml"), **ENVIRONMENT}
        self.function = stack.enter_context(Function(str(PROGRAM), environment, folder))
        self.wires.victim = self.function
        self.first = self.slot()

    def address(self):
        """Where an address of the platform's leads: through a wire, but for logins at CXone."""
        if self.shape.name == "clients":
            # The platform's days of use are real ones, and nobody waits for those here.
            untold = {"on": "api", "path": "/api/v2/oauth/clients/*/usage/summary", "times": None, "act": {"kind": "fail", "status": 403}}
            self.emulator.order("/misbehave", untold)
        known = place(self.emulator)
        return lambda name: known[name] if name == "identity" else self.wires.to(known[name])

    def _register(self, keys):
        """A function whose code nobody looks at: moto wants one by that name."""
        trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}]})
        role = boto3.client("iam", **keys).create_role(RoleName="rotate", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
        self.functions, self.kms = boto3.client("lambda", **keys), boto3.client("kms", **keys)
        make = {"Runtime": "provided.al2023", "Role": role, "Handler": "bootstrap", "Code": {"ZipFile": b"PK\5\6" + bytes(18)}}
        self.rotate_arn = self.functions.create_function(FunctionName="rotate", **make)["FunctionArn"]
        self.functions.create_function(FunctionName="consumer", Environment={"Variables": OTHERS}, **make)
        self.functions.publish_version(FunctionName="consumer")
        self.functions.create_alias(FunctionName="consumer", Name="live", FunctionVersion="1")
        self.key = self.kms.create_key()["KeyMetadata"]["KeyId"]

    def reference(self, name):
        """Where hallpass finds it: behind the wire."""
        return f"aws-sm:{name}?region={REGION}&endpoint={self.aws}"

    def live(self):
        """Which of the integration's secrets open the door, by the emulator's own word; whoever's keys they are, nobody else has any."""
        if self.shape.name == "clients":
            return super().live()
        return {one["id"] for one in self.emulator.order("/secrets") if one["kind"] == "access_key" and one["id"] not in self.others}

    def event(self, step, token, **more):
        """As AWS sends it."""
        return {"Step": step, "SecretId": self.arn, "ClientRequestToken": token, "RotationToken": str(uuid.uuid4()), **more}

    def rotate(self, play, days=90):
        """Begins a rotation; `play` gets every step that moto asks for. The token."""
        token = str(uuid.UUID(int=next(NUMBERS) + (4 << 76) + (8 << 60)))

        def stepped(event):
            assert event["ClientRequestToken"] == token and event["SecretId"] in (self.entry, self.arn), event
            play(event["Step"], token)

        self.lambdas.play = stepped
        rules = {"AutomaticallyAfterDays": days} if days else {}
        # Long enough after the one before: hallpass rotates nothing twice within an hour.
        self.time_goes_by(DAY)
        try:
            self.secrets.rotate_secret(SecretId=self.entry, ClientRequestToken=token, RotationLambdaARN=self.rotate_arn, RotationRules=rules)
        except botocore.exceptions.ClientError:
            if self.lambdas.failed.empty():
                raise
        with contextlib.suppress(queue.Empty):
            raise self.lambdas.failed.get_nowait()
        return token

    def steps(self, step, token, times=1):
        """Hands a step to the function so often; each has to end well."""
        for _ in range(times):
            outcome = self.function.invoke(self.event(step, token))
            assert outcome == ("response", None), (step, outcome)

    def scheduled(self):
        """What EventBridge sends."""
        return self.function.invoke({"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}})

    def time_goes_by(self, by):
        """Every date of the checkpoint lies so many milliseconds further back, which to the next run is the same."""
        if document := self.document():
            self.shelf.replace(f"{self.entry}.rotation", aged(document, by))

    def retired(self):
        """Lets days go by with a schedule; what is still live then."""
        for _ in range(8):
            self.time_goes_by(4 * DAY)
            kind, said = self.scheduled()
            assert kind == "response", said
            if self.document()["rotation"] is None:
                break
        assert self.document()["rotation"] is None
        return self.live()

    def consumed(self):
        """What the consumer would find behind its alias, as boto3 and KMS say; the other variables have to be as they were."""
        variables = self.functions.get_function_configuration(FunctionName="consumer", Qualifier="live")["Environment"]["Variables"]
        sealed = base64.b64decode(variables.pop("SECRET", ""))
        mark = variables.pop("SECRET_PUBLISHED", "")
        assert variables == OTHERS, variables
        if not sealed:
            return None
        assert self.labels()["AWSCURRENT"] in mark, mark
        opened = self.kms.decrypt(CiphertextBlob=sealed, EncryptionContext={"LambdaFunctionName": "consumer"})
        return json.loads(opened["Plaintext"])

    def versions(self):
        """How many versions of the consumer were published."""
        return len(self.functions.list_versions_by_function(FunctionName="consumer")["Versions"])


def aged(value, by):
    """Moves every date in `value` back."""
    if isinstance(value, list):
        return [aged(one, by) for one in value]
    if not isinstance(value, dict):
        return value
    dates = {"at", "until", "since", "told", "generated", "resumed"}
    return {name: one - by if name in dates and isinstance(one, int) else aged(one, by) for name, one in value.items()}


# Somebody else's, which are nobody's business here.
OTHERS = {"DB_PASSWORD": 'planted "\U0001f511" \\ =\n', "EMPTY": "", "SECRET2": "x"}

PUBLISH = """
[integrations.{name}.rotation.publish.consumer]
aws_lambda = "consumer"
variable = "SECRET"
key = "{key}"
alias = "live"
endpoint = "{aws}"
"""


def unused(house):
    """An operator puts a key in the place of CURRENT that nobody has used: the platform tells uses by real time, and nobody waits for that here."""
    if house.shape.name == "clients":
        # Nothing is said of their use, so there is nothing to do.
        return
    new = {"access_key_id": f"NEW{next(NUMBERS)}====", "access_key_secret": "planted-new"}
    house.emulator.order(f"/access-keys/{house.slot()[0]}/state", {"state": "removed"})
    house.emulator.order("/access-keys", {"name": house.shape.app, "user_id": house.shape.user, "client_id": "app", "client_secret": "planted-app", **new})
    house.shelf.replace(house.entry, {**house.value(), **new})


def whole(house):
    """A rotation in which nothing goes wrong, every step twice; how many requests each step made."""
    name, requests = house.shape.name, {}

    def play(step, token):
        before = house.wires.count
        house.steps(step, token)
        requests[step] = house.wires.count - before
        house.steps(step, token)
        house.never_without()
        if step != "finishSecret":
            assert house.consumed() is None, "nothing is published before it is promoted"
            assert house.slot() == house.first and house.labels()["AWSPENDING"] == token, (step, house.labels())
            assert house.opens(house.slot("AWSPENDING")), "the pending secret was made and works"

    with harness.check(f"rotation function: {name}: four steps, each asked for twice, are one rotation"):
        token = house.rotate(play)
        labels = house.labels()
        assert labels["AWSCURRENT"] == token and "AWSPENDING" not in labels, labels
        assert house.slot() != house.first and house.slot("AWSPREVIOUS") == house.first
        assert house.opens(house.slot()) and house.opens(house.first), "both work until the old one is retired"
        assert house.made() == 1, "one secret was made"
        assert sorted(requests) == sorted(STEPS), requests
    with harness.check(f"rotation function: {name}: a consumer gets the new secret by its environment, and its other variables stay"):
        assert house.consumed() == house.value(), "what the alias names decrypts to what the store holds"
        assert house.versions() == 3, "$LATEST, the first, and one more"
    with harness.check(f"rotation function: {name}: a step that comes after the end is answered quietly and asks nothing of the platform"):
        before = house.emulator.order("/witness")["totals"]["requests"]
        for step in STEPS:
            house.steps(step, token)
        assert house.emulator.order("/witness")["totals"]["requests"] == before
        assert house.labels()["AWSCURRENT"] == token
    with harness.check(f"rotation function: {name}: a schedule retires the old one"):
        assert house.retired() == {house.slot()[0]}, house.live()
        assert not house.opens(house.first), "the old secret is dead"
        assert house.labels()["AWSCURRENT"] == token
    return requests


def refusals(house):
    """What AWS did not begin is refused, and nothing is asked of the platform for it."""
    before, labels = house.made(), house.labels()
    current = labels["AWSCURRENT"]
    token = str(uuid.uuid4())
    other = house.shelf.put("prod/other", {"client_id": "x"})
    rows = [
        ("a token that is no version", house.event("createSecret", token), "no version of this token"),
        ("a secret that no integration names", house.event("createSecret", current, SecretId=other), "no integration rotates this secret"),
        ("a secret that is not there", house.event("createSecret", current, SecretId=house.arn.replace(house.entry, "prod/gone")), "no integration rotates this secret"),
        ("a step by the name that the guide's prose has", house.event("create_secret", current), "no step of a rotation"),
        ("a token that is too short", house.event("createSecret", "short"), "no step of a rotation"),
    ]
    for what, event, words in rows:
        with harness.check(f"rotation function: refused: {what}"):
            kind, said = house.function.invoke(event)
            assert kind == "error" and words in said and "hint: " in said, (kind, said)
    with harness.check("rotation function: refused: a version that was AWSPENDING and no longer is"):
        house.secrets.put_secret_value(SecretId=house.entry, SecretString="{}", ClientRequestToken=token, VersionStages=["AWSPENDING"])
        house.secrets.update_secret_version_stage(SecretId=house.entry, VersionStage="OTHER", MoveToVersionId=token)
        house.secrets.update_secret_version_stage(SecretId=house.entry, VersionStage="AWSPENDING", RemoveFromVersionId=token)
        for step in STEPS:
            kind, said = house.function.invoke(house.event(step, token))
            assert kind == "error" and "is not AWSPENDING" in said, (step, kind, said)
        house.secrets.update_secret_version_stage(SecretId=house.entry, VersionStage="OTHER", RemoveFromVersionId=token)
    with harness.check("rotation function: refused: rotation was switched off, a finished one included"):
        house.secrets.cancel_rotate_secret(SecretId=house.entry)
        for step in STEPS:
            kind, said = house.function.invoke(house.event(step, current))
            assert kind == "error" and "not switched on" in said, (step, kind, said)
    with harness.check("rotation function: what was refused changed nothing"):
        assert house.made() == before and house.labels() == labels, (labels, token, house.labels())


def killed(house, requests, number):
    """One rotation in which every step dies once, somewhere; and each is asked for again, as AWS does."""
    points = []

    def play(step, token):
        if not requests[step]:
            house.steps(step, token, 2)
            return
        # Spread over the step: before the request takes effect, or when the answer is lost.
        at, when = number * 19 % requests[step] + 1, ("before", "after")[number % 2]
        house.wires.cut(at, when)
        kind, said = house.function.invoke(house.event(step, token))
        assert kind == "died" or house.wires.mend(), (step, at, when, kind, said)
        points.append((step, at, when, kind, house.wires.log[-1]))
        house.never_without()
        # At once the lease of the dead stands in the way; AWS asks again, and later still.
        for _ in range(5):
            kind, said = house.function.invoke(house.event(step, token))
            if kind == "response":
                break
            house.never_without()
            house.time_goes_by(10 * MINUTE)
        assert kind == "response", (points, said)
        house.steps(step, token)
        house.function.kill()
        house.never_without()

    unused(house)
    before = house.slot()
    try:
        token = house.rotate(play)
        labels = house.labels()
        assert labels["AWSCURRENT"] == token and "AWSPENDING" not in labels, labels
        assert house.slot() != before
        assert house.consumed() == house.value(), "the consumer has another secret than the store"
        assert house.live() == {house.slot()[0], before[0]}, f"an orphan: {house.live()}"
        assert house.retired() == {house.slot()[0]}, f"an orphan: {house.live()}"
    except Exception as fault:
        house.wires.mend()
        raise AssertionError(f"{fault} after {points}") from fault
    return sum(point[3] == "died" for point in points)


def drill(house, requests, rotations):
    """Rotations that die, one after the other."""
    deaths = 0
    with harness.check(f"rotation function: {house.shape.name}: steps that were killed at their requests come to the same end when they are asked for again"):
        for number in range(rotations):
            deaths += killed(house, requests, number)
        assert deaths >= rotations, deaths
    print(f"{house.shape.name}: {deaths} SIGKILLs in {rotations} rotations; requests of an undisturbed step: {requests}", flush=True)


def main():
    """Both shapes."""
    rotations = int(os.environ.get("HALLPASS_ROTATIONS", "8"))
    for shape in (Clients(), Keys()):
        with contextlib.ExitStack() as stack:
            house = House(stack, shape)
            requests = whole(house)
            drill(house, requests, rotations)
            if shape.name == "clients":
                refusals(house)
    harness.finish()


main()
