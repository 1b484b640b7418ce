"""Rotations by the real binary with the secret in moto, killed at their requests and gone on with.

Every request of a run to moto or the platform goes through a wire, and at each of them in turn the process is ended with SIGKILL: before the request takes
effect, or when it did and only the answer is missing. After each, whoever reads the secret gets a token with it; another run goes on, on the same machine or on one
that has nothing but the document; and where that comes to rest everything is as it is where nobody disturbed the rotation. boto3 says what is in the store, the
emulator what is at the platform.

To the world a death before a request is one after the last that changed something. So by default it is after each of those for the first shape, and before and after
each call that changes something at the platform, for the others with a third of the calls to the store, other ones for each; requests that only ask are few. With
HALLPASS_DRILLS=all it is every place: before and after, and each request that only asks.

Then two machines at once: both begin, or one is frozen in the middle, and thaws when its lease is over and the other has taken over.

The shapes are processes of their own, as there are two cores: `aws_drills_test.py SHAPE` runs one.
"""

import concurrent.futures
import contextlib
import itertools
import os
import subprocess
import sys
import threading

import harness
from drills import LEASE, World, changes, told
from rotated import Applications, Clients, Keys, Regenerated
from wires import PATIENCE

# The longest first, so that the cores are done at the same time.
SHAPES = {shape.name: shape for shape in (Keys, Clients, Applications, Regenerated)}
ALL = os.environ.get("HALLPASS_DRILLS") == "all"


class Whole:
    """A rotation that nobody disturbs: the requests of each of its runs, and what there is at rest after each."""

    def __init__(self, world):
        self.requests, self.rests, self.made = [], [], []
        machine, case = world.machines[0], world.case()
        # At every moment, which is after every request.
        machine.wires.after_each = case.never_without if case.shape.safe else None
        while True:
            before = machine.wires.count
            run = machine.run(case, *case.command("run"))
            assert run.ended in ("waiting", "rotated"), run
            self.requests.append(machine.wires.log[before:])
            self.rests.append(case.at_rest())
            self.made.append(case.made_here())
            if run.ended == "rotated":
                break
            world.passes(run.again + 1)
        machine.wires.after_each = None
        assert run.code == 0 and case.has_journal(machine), run
        settled(case, machine)

    def places(self, offset):
        """Where to die, for each case a place in each of its runs: which request, and when. A case ends with its last."""
        runs = []
        for requests in self.requests:
            writes = [number for number, request in enumerate(requests, 1) if changes(request)]
            asks = [number for number in range(1, len(requests) + 1) if number not in writes]
            asking = [(number, ("before", "after")[number % 2]) for number in asks]
            if ALL:
                runs.append([(number, when) for number in writes for when in ("before", "after")] + asking)
                continue
            store = [number for number in writes if "secretsmanager" in requests[number - 1]]
            calls = [(number, when) for number in writes if number not in store for when in ("before", "after")]
            after = [(number, "after") for number in (store[offset::3] if offset else store)]
            before = [(number, "before") for number in store[offset + 1 :: 6]]
            runs.append(calls + after + before + asking[offset::16])
        return list(itertools.zip_longest(*runs))

    def writes(self, run):
        """The numbers of the requests of that run that change something."""
        return [number for number, request in enumerate(self.requests[run], 1) if changes(request)]


def settled(case, machine):
    """It is over, and nothing is due: who asks again changes nothing."""
    assert case.is_over(), case.document()
    before, made = machine.wires.count, case.made()
    run = machine.run(case, "rotate", "due", case.shape.integration, "--json")
    assert (run.code, run.ended) == (10, "not-due"), run
    changed = [request for request in machine.wires.log[before:] if changes(request)]
    assert not changed and case.made() == made, changed


def safe(case):
    """Whoever reads the secret now gets a token, where that is promised."""
    if case.shape.safe:
        case.never_without()
        case.gets_a_token()


def goes_on(world, case, machine, verb):
    """Runs until time has to pass that is not the lease of somebody who is gone; the last run, or none if it was over already."""
    for verb in (verb, *["run"] * 5):
        if case.is_over():
            return None
        run = machine.run(case, *case.command(verb))
        safe(case)
        if run.ended in ("waiting", "rotated"):
            return run
        # There is nothing to resume where nothing was begun.
        assert run.ended == "lease-held" or (verb, run.ended) == ("resume", "nothing"), run
        world.passes((run.again or 0) + 1)
    raise AssertionError(f"it never comes to rest: {run}")


def as_undisturbed(case, expected):
    """Everything is as it is where nobody disturbed the rotation: nothing pending, no orphan, the same slots on and off."""
    found = case.at_rest()
    different = {name: (one, expected[name]) for name, one in found.items() if one != expected[name]}
    assert not different, f"not as undisturbed (found, expected): {different}"


def rests(world, case, whole, index, machine, verb="run"):
    """Goes on with the run of that index to where it comes to rest, and looks; then lets the time pass that it says."""
    run = goes_on(world, case, machine, verb)
    as_undisturbed(case, whole.rests[index])
    if index + 1 == len(whole.rests):
        settled(case, machine)
    elif run:
        world.passes(run.again + 1)


def killed(world, whole, number, places):
    """A rotation that dies once in each run that has a place for it; how often it did."""
    case, one, trace, deaths = world.case(), world.machines[0], [], 0
    with told(lambda: trace):
        for index, place in enumerate(places):
            if place is None:
                break
            one.wires.cut(*place)
            run = one.run(case, *case.command("run"))
            assert run.was_killed or one.wires.mend(), run
            trace.append((f"run {index + 1}", *place, one.wires.log[-1] if run.was_killed else run))
            deaths += run.was_killed
            safe(case)
            world.passes(LEASE)
            # The other machine has the document alone, and no journal.
            machine = world.machines[number % 2]
            assert machine is one or index or not case.has_journal(machine)
            rests(world, case, whole, index, machine, ("run", "resume")[number // 2 % 2])
    return deaths


def together(world, whole, number, to_the_end):
    """Both machines begin, and wait for each other before their request of that number."""
    case, barrier = world.case(), threading.Barrier(2)

    def meet():
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait(PATIENCE)
        return True

    for machine in world.machines:
        machine.wires.at(number, "before", meet)
    processes = [machine.start(case, *case.command("run")) for machine in world.machines]
    with concurrent.futures.ThreadPoolExecutor() as both:
        # Who ends waits for nobody, and is waited for by nobody.
        ended = [both.submit(lambda process=process: (process.end(), barrier.abort())[0]) for process in processes]
    runs = [one.result() for one in ended]
    for machine in world.machines:
        machine.wires.mend()
    with told(lambda: (number, runs)):
        assert {run.ended for run in runs} in ({"waiting"}, {"waiting", "lease-held"}), "one of them came to the soak"
        safe(case)
        assert case.made_here() == whole.made[0], "one secret was made"
        for index in range(len(whole.rests) if to_the_end else 1):
            rests(world, case, whole, index, world.machines[index % 2])
            assert case.made_here() == whole.made[index]


def frozen(world, whole, number, to_the_end):
    """One machine is frozen when its request of that number took effect, and thaws when the other has taken over and come to the soak."""
    one, two = world.machines
    case, there, thaw = world.case(), threading.Event(), threading.Event()

    def freeze():
        there.set()
        return thaw.wait(PATIENCE)

    one.wires.at(number, "after", freeze)
    process = one.start(case, *case.command("run"))
    try:
        assert there.wait(PATIENCE), "it never came there"
        world.passes(LEASE)
        taken = goes_on(world, case, two, "run")
    finally:
        thaw.set()
        thawed = process.end()
    with told(lambda: (number, one.wires.log[-1], taken, thawed)):
        assert thawed.code in (5, 6, 11), "it ends quietly"
        safe(case)
        for index in range(len(whole.rests) if to_the_end else 1):
            rests(world, case, whole, index, world.machines[index % 2])


def drills(name):
    """Everything about one shape."""
    with contextlib.ExitStack() as stack:
        world = World(stack, SHAPES[name])
        with harness.check(f"drills: {name}: undisturbed, what the store calls current opens the door after every request"):
            whole = Whole(world)
        places = whole.places(list(SHAPES).index(name))
        deaths = 0
        with harness.check(f"drills: {name}: killed at its requests, before and after they take effect, it comes to the same end"):
            for number, chosen in enumerate(places):
                deaths += killed(world, whole, number, chosen)
            # A run that meets what is there already may be over sooner.
            assert deaths >= 0.9 * sum(place is not None for one in places for place in one), deaths
            counts = "+".join(str(len(requests)) for requests in whole.requests)
            print(f"figure: {name}: {deaths} SIGKILLs in {len(places)} rotations of {counts} requests, 0 orphans", flush=True)
        if not world.shape.safe:
            harness.finish()
        at_work = whole.writes(0)[:: 1 if ALL else 5]
        with harness.check(f"drills: {name}: two machines that begin at once rotate once"):
            for index, number in enumerate([1, *at_work]):
                together(world, whole, number, ALL or index % 4 == 0)
            print(f"figure: {name}: {1 + len(at_work)} times begun by two machines at once, one rotation each", flush=True)
        with harness.check(f"drills: {name}: a machine that was frozen past its lease harms nothing when it thaws"):
            for index, number in enumerate(at_work):
                frozen(world, whole, number, ALL or index % 4 == 0)
            print(f"figure: {name}: {len(at_work)} machines frozen and thawed, 0 orphans", flush=True)
    harness.finish()


def part(name):
    """One shape in a process of its own; its lines are passed on."""
    process = subprocess.Popen([sys.executable, __file__, name], stdout=subprocess.PIPE, text=True)
    reported = False
    for line in process.stdout:
        verdict, _, rest = line.rstrip("\n").partition(" ")
        if verdict == "ok":
            harness.ok(rest)
        elif line.startswith("not ok "):
            reported = True
            harness.not_ok(f"drills: {name}", rest)
        else:
            print(line, end="", flush=True)
    if process.wait() != 0 and not reported:
        harness.not_ok(f"drills: {name}", f"it ended with {process.returncode}")


def main():
    """All shapes, as many at once as there are cores."""
    if len(sys.argv) == 2:
        drills(sys.argv[1])
    with concurrent.futures.ThreadPoolExecutor(2) as cores:
        for done in [cores.submit(part, name) for name in SHAPES]:
            done.result()
    harness.finish()


main()
