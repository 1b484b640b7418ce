"""Where a rotation is drilled: moto, the emulated platforms and the real binary in one time that a test moves, two machines to run it on, and a case for each secret.

The time is a file, by which the binary goes through libfaketime, and moto; the emulator is told. So every wait of a rotation is one that all sides agree on, the days
in which a platform counts uses included.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import tempfile
import threading
import time

import harness
from moto_process import Moto
from rotated import ENVIRONMENT, HEAD, REGION, Rotated, Shelf, place
from wires import PATIENCE, Wires

# A lease is taken for five minutes (docs/design/rotation.md).
LEASE = 6 * 60


class Clock:
    """What time it is, as an offset to the machine's clock."""

    def __init__(self, folder):
        self.file = pathlib.Path(folder) / "clock"
        self.offset = 0
        self.advance(0)
        # The monotonic clock stays the machine's: nobody's waits for an answer become longer.
        self.environment = {
            "LD_PRELOAD": os.environ["HALLPASS_FAKETIME"],
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
        }

    def now(self):
        """Seconds since the epoch."""
        return time.time() + self.offset

    def advance(self, seconds):
        """So many seconds go by."""
        self.offset += seconds
        beside = self.file.with_suffix(".new")
        beside.write_text(f"+{self.offset}")
        os.replace(beside, self.file)


class Process:
    """One run of hallpass."""

    def __init__(self, arguments, environment, cwd, wires):
        self._begun = threading.Event()
        wires.victim = self
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self._process = subprocess.Popen([os.environ["HALLPASS_BIN"], *arguments], env=environment, cwd=cwd, text=True, errors="replace", **pipes)
        self._begun.set()

    def cut(self):
        """SIGKILL."""
        self._begun.wait()
        self._process.kill()

    def end(self):
        """Waits for its end."""
        try:
            out, self.talk = self._process.communicate(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise AssertionError(f"it hangs: {self._process.communicate()}") from None
        lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
        self.code, told = self._process.returncode, lines[-1] if lines else {}
        self.ended, self.again, self.findings = told.get("ended"), told.get("again_in_seconds"), told.get("findings")
        return self

    @property
    def was_killed(self):
        """Whether it did not come to its end."""
        return self.code == -9

    def __repr__(self):
        return f"code {self.code}, {self.ended}, again in {self.again} s, {self.findings}, {self.talk[-500:]!r}"


class Machine:
    """A machine with wires of its own to the world, and a disk that the other one does not see."""

    def __init__(self, name, world):
        self.name, self._world = name, world
        self.wires = Wires()
        self.aws = self.wires.to(world.moto.url)
        announced = world.emulator.announced
        platform = self.wires.to(announced["url"])
        # All surfaces of the emulator have one listener here, so one wire leads to all of them.
        self.place = {surface: address.replace(announced["url"], platform) for surface, address in place(world.emulator).items()}
        assert all(address.startswith(platform) for address in self.place.values()), self.place

    def reference(self, entry):
        """Where hallpass finds it: behind the wire."""
        return f"aws-sm:{entry}?region={REGION}&endpoint={self.aws}"

    def start(self, case, *arguments):
        """A run of hallpass about a case."""
        folder = case.folder / self.name
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "HALLPASS_CONFIG": str(folder / "hallpass.toml"), **ENVIRONMENT}
        return Process(arguments, {**environment, **self._world.clock.environment}, folder, self.wires)

    def run(self, case, *arguments):
        """A run, to its end."""
        return self.start(case, *arguments).end()


class World:
    """Everything there is, for many cases of one shape."""

    def __init__(self, stack, shape):
        self.shape = shape
        self.folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self.clock = Clock(self.folder)
        self.moto = stack.enter_context(Moto(clock=self.clock.file))
        self.emulator = stack.enter_context(harness.Emulator())
        self.shelf = Shelf(self.moto.url)
        self.machines = [Machine(name, self) for name in ("one", "two")]
        for machine in self.machines:
            stack.callback(machine.wires.close)
        self.shelf.put("prod/admin", shape.administrator(self.emulator))
        self._cases = 0

    def passes(self, seconds):
        """Time goes by, for everybody."""
        self.clock.advance(seconds)
        self.emulator.order("/clock/advance", {"seconds": seconds})

    def case(self):
        """A new integration, whose secret nobody has rotated yet."""
        self._cases += 1
        return Case(self, self._cases)


class Case(Rotated):
    """One integration with a configuration on both machines. What goes wrong names it."""

    def __init__(self, world, number):
        super().__init__(world.shelf, world.emulator, world.shape(number), f"prod/{world.shape.name}-{number}")
        self.world, self.folder = world, world.folder / str(number)
        self._planted = self.shape.register(self.emulator)
        self.shelf.put(self.entry, self._planted)
        for machine in world.machines:
            folder = self.folder / machine.name
            folder.mkdir(parents=True)
            tables = self.shape.tables(machine.place.get, machine.reference(self.entry), machine.reference("prod/admin"))
            (folder / "hallpass.toml").write_text(HEAD + STATE + tables)
        self.first, self._made = self.slot(), self.made()

    def command(self, verb):
        """The words for a run."""
        more = self.shape.consent if verb == "run" else []
        return ["rotate", verb, self.shape.integration, "--wait", "0s", "--json", *more]

    def has_journal(self, machine):
        """Whether that machine wrote one."""
        return any((self.folder / machine.name / "state" / "rotations").glob("*.jsonl"))

    def made_here(self):
        """How many secrets the platform made for this case."""
        return self.made() - self._made

    def is_over(self):
        """Whether the rotation came to its end."""
        document = self.document() or {}
        return document.get("rotation") is None and (document.get("last") or {}).get("outcome") == "rotated"

    def at_rest(self):
        """What there is where nothing happens: equal for two cases that came to the same point on different ways."""
        labels, beside, over = self.labels(), self.shelf.labels(f"{self.entry}.rotation"), self.is_over()
        value, document = self.value(), self.document()
        slot, secret = self.shape.members
        # Ids and secrets are drawn, so what is left of them is whose they are; an id that nobody can explain stands for itself.
        roles = {**self.shape.roles, self.first[0]: "the first", value[slot]: "the current"}
        others = {name: one for name, one in value.items() if name not in (slot, secret, "serial")}
        return {
            "labels": sorted(label for label in labels if over or label != "AWSPENDING" or labels[label] != labels["AWSCURRENT"]),
            "document": {name: nameless(document[name], roles) for name in KEPT},
            "value": (roles[value[slot]], value.get("serial"), others == {name: self._planted[name] for name in others}),
            # One that ran out stays where it is, as whoever had it was killed.
            "leased": document["lease"] is not None and document["lease"]["until"] > self.world.clock.now() * 1000,
            "slots": sorted((roles.get(one, one), on) for one, on in self.shape.slots(self.console).items()),
            "live": sorted(roles.get(one, one) for one in self.live()),
            "the first secret opens": self.opens(self.first),
            # Until it is over, a document that lost a race may lie there until the next is written, and a call may be open that was announced and never made. A label
            # that a death left on the version that is current says nothing, and is taken off the secret at the end.
            "pending beside": over and beside.get("AWSPENDING") not in (None, beside["AWSCURRENT"]),
            # Where the only slot is reset in place nothing could be an orphan, and it is all over before the call is too old to count.
            "open": over and self.shape.safe and document["open"],
        }


# Of the document: who holds it may have another name, and counts differ with what was repeated.
KEPT = ("rotation", "doomed", "announced", "hold", "last")


def nameless(value, roles):
    """What of a document is the same on every way: no times, no versions."""
    if isinstance(value, list):
        return [nameless(one, roles) for one in value]
    if isinstance(value, dict):
        return {name: nameless(one, roles) for name, one in value.items() if name not in ("id", "version", "fingerprint", "revision", "tries")}
    if isinstance(value, str):
        return roles.get(value, value)
    return "some time" if isinstance(value, int) and value > 1_000_000 else value


# The journals lie beside the local store, which is not used for anything else here.
STATE = """[stores.local]
path = "state/store"
"""


def changes(request):
    """Whether a request of the log changes something: a death before any other is one before the next that does."""
    if "secretsmanager." in request:
        return request.rsplit(".", 1)[1] not in ("DescribeSecret", "GetSecretValue", "ListSecretVersionIds")
    return not request.startswith("GET ") and "token" not in request


@contextlib.contextmanager
def told(about):
    """A failure of the block says what it is about."""
    try:
        yield
    except Exception as fault:
        raise AssertionError(f"{fault or type(fault).__name__}: {about()}") from fault
