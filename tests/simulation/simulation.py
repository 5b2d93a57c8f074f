"""One seed: people work, faults rage, processes die and overtake each other; then all is quiet, and auditors come.

Deterministic: one clock that only moves when told, one source of chance, no socket.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from random import Random

from engine.acme import CONTROLLER
from ml_connector.bootstrap import Installation
from ml_connector.core.ledger import OPEN, State, Step
from ml_connector.demo.connection import NAME
from ml_connector.engine import proposal
from ml_connector.engine.door import Door
from ml_connector.engine.lane import Lane
from ml_connector.engine.recosting import recost
from ml_connector.engine.resolution import Verdict, resolve
from ml_connector.engine.run import recorded, run_inbox, run_lane
from ml_connector.errors import ConnectorError, InvariantBroken, Refused
from ml_connector.store import holds, postings
from ml_connector.store.principals import Principal
from ml_connector.wire import Request
from ml_connector_sandbox import wire as sandbox
from ml_connector_sandbox.front import Dropped
from simulation import auditors
from simulation.history import KEYS, History
from simulation.life import AFTER_SEND, BEFORE_SEND, Killed, Life
from simulation.world import ON_SQLITE, Options, Scenery, Stage, stage

ROUNDS = (1, 1, 1, 1, 1, 2)
DEEDS = (3, 8)
QUIET_ROUNDS_MAX = 12
UNCHANGED_MAX = 3
"""Rounds in which nothing came into the ledger before a lane counts as done."""
BEGINNING = 3
"""Entries that there are before anything happens."""
POINTS_MAX = 200
SENDS_MAX = 60
STAGE, VALIDATE, RELEASE, ROLL_BACK = STEPS = "fsm.stage", "fsm.validate", "fsm.release", "fsm.roll_back"
"""The calls of a posting."""
READ = "jira.worklogs.list"
MOMENTS = (STAGE, STAGE, STAGE, RELEASE, RELEASE, VALIDATE, ROLL_BACK, READ, READ, READ, READ)
"""Calls at which a stop is awkward."""
INTERVALS = (90.0, 300.0)
"""Seconds from one run to the next: past the lag of Jira's feeds, and past what is read again of them."""
LEASE_OVER = 100.0
SETTLE_OVER = 400.0
TOLD_MAX = 60
STATING = (CONTROLLER, Principal("treasurer", frozenset({"approver"})))


@dataclass(slots=True)
class Report:
    """What a seed came to."""

    seed: int
    options: Options
    told: list[str] = field(default_factory=list)
    points: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    overtakings: int = 0
    deliveries: int = 0
    lines: int = 0


def _answer(door: Door, life: Life, url: str, headers: dict[str, str], body: bytes) -> int:
    """What a delivery is answered: 0 where nobody answers any more."""
    *_, name, path = url.split("/")
    if not life.alive:
        return 0
    try:
        return int(door.take(name, headers, body) if door.opens(name, path) else HTTPStatus.NOT_FOUND)
    except Killed:
        return 0


def simulate(seed: int, scenery: Scenery = ON_SQLITE) -> Report:
    """Run one seed. Raises auditors.Wrong with what happened as a note."""
    random = Random(seed)
    options = Options.drawn(random)
    run = Simulation(random, stage(seed, options, scenery), Report(seed, options))
    try:
        run.rage()
        run.calm()
    except Exception as error:
        error.add_note(f"seed {seed}: {options}\n" + "\n".join(run.report.told[-TOLD_MAX:]))
        raise
    finally:
        run.stage.close()
    return run.report


class Simulation:
    """One seed's run."""

    def __init__(self, random: Random, set_up: Stage, report: Report) -> None:
        self.random = random
        self.stage = set_up
        self.report = report
        self.history = History(set_up, random, self.undisturbed)
        self.sleepers: list[Request] = []
        report.told = self.history.told

    def rage(self) -> None:
        """Work, faults, deaths and overtakings. Whatever happens, nothing wrong is ever in the ledger."""
        for _ in range(BEGINNING):
            self.history.told.append(self.history.log_hours())
        for _ in range(self.random.choice(ROUNDS)):
            for _ in range(self.random.randrange(*DEEDS)):
                self.history.happen()
            self.history.break_something()
            self.live(self._mortal())
            if self.sleepers:
                self.live(self._taking_over(), at_once=True)
            self._note_faults()
            self.stage.world.faults.put([])
            self.audit()

    def _taking_over(self) -> Life:
        """A process that takes over from one that was stopped, whose call arrives during it.

        It does so within the settle time: what comes later is not promised, unless the ERP enforces its keys.
        """
        step = self.random.choice(("", RELEASE, RELEASE, RELEASE))
        at = None if step else self.random.randrange(1, SENDS_MAX)
        return Life(stops_at=at, stops_before=step, meanwhile=partial(self._wake, self.sleepers.pop()))

    def _mortal(self) -> Life:
        """A process that ends, one that is overtaken, or an ordinary one."""
        chance = self.random.random()
        if chance < 0.25:
            return Life(dies_at=self.random.randrange(1, POINTS_MAX))
        if chance < 0.5:
            return Life(dies_on=(self.random.choice((BEFORE_SEND, AFTER_SEND)), self.random.choice(MOMENTS)))
        if chance < 0.6 and not self.stage.options.keys_enforced:
            return Life(dies_on=(BEFORE_SEND, STAGE))
        if chance < 0.7:
            step = self.random.choice(("", STAGE, STAGE, *STEPS))
            at = None if step else self.random.randrange(1, SENDS_MAX)
            return Life(stops_at=at, stops_before=step, meanwhile=self._overtake)
        return Life()

    def live(self, life: Life, *, sweeping: bool = False, at_once: bool = False) -> None:
        """One process: a cycle, and an approval of what it proposed, unless it dies before."""
        self.stage.clock.advance(0.0 if at_once else self.random.choice(INTERVALS))
        self.history.begun = True
        try:
            installed = self.stage.process(life)
            self._deliver(installed, life)
            lane = installed.lane(NAME)
            outcome = run_lane(lane, sweeping=sweeping, prepared_by="analyst")
            if outcome.proposal and not self.stage.options.automatic:
                proposal.approve(lane, outcome.proposal, CONTROLLER)
                recorded(lane, partial(proposal.apply, lane, outcome.proposal))
            if self.history.recoded:
                self._recost(lane)
        except Killed:
            self._bury(life)
        except InvariantBroken:
            raise
        except ConnectorError as error:
            self.history.told.append(f"the run ended: {type(error).__name__}: {error}")
        self.report.points.update(life.seen)

    def _deliver(self, installed: Installation, life: Life) -> None:
        """Jira makes the deliveries that are due, to this process; sometimes it takes them in before its cycle."""
        door = installed.door()

        def send(jobs: list[tuple[str, dict[str, str], bytes]]) -> list[int]:
            return [_answer(door, life, *job) for job in jobs]

        self.report.deliveries += self.stage.world.deliver_all(send)
        life.check()
        if self.stage.options.webhook != "off" and self.random.random() < 0.5:
            run_inbox(installed.lane(NAME))

    def _recost(self, lane: Lane) -> None:
        """A person accepts what the posted hours cost by today's rates and coding."""
        plan = recorded(lane, partial(recost, lane, (), "analyst"))
        with lane.database.read() as tx:
            under_way = postings.by_states(tx, NAME, OPEN)
        # With its clock slow, the product has not read yet what changed lately.
        self.history.recoded = bool(plan.operations or plan.findings or under_way or self.stage.skew)
        if plan.operations:
            self.history.told.append(f"{len(plan.worklogs)} worklogs are costed anew")
            proposal.approve(lane, plan.hash, CONTROLLER)
            recorded(lane, partial(proposal.apply, lane, plan.hash))

    def _bury(self, life: Life) -> None:
        self.report.deaths[life.died_at] += 1
        self.history.told.append(f"died {life.died_at}: {life.died_before and life.died_before.operation}")
        self.stage.clock.advance(LEASE_OVER)
        if life.died_before is not None:
            self.sleepers = [life.died_before]

    def _overtake(self, call: Request) -> None:
        """A worker is stopped between its lease check and its send; another takes its lane over, and finishes.

        Where all of its rows are in the ledger by then, even an ERP that enforces no keys must not take harm.
        """
        self.history.told.append("a worker is stopped, and another takes over")
        self.report.overtakings += 1
        self.stage.clock.advance(LEASE_OVER)
        self.live(Life())
        self.stage.clock.advance(SETTLE_OVER)
        self.live(Life())
        if call.operation == STAGE and self._is_in_the_ledger(call):
            world = self.stage.world
            world.faults.put([{"name": KEYS, "vendor": "cloudsuite", "probability": 1.0}])
        self.history.told.append(f"the first worker wakes, and sends {call.operation}")

    def _wake(self, request: Request, _call: Request) -> None:
        """A process that was stopped just before a send wakes, and sends: nothing can keep it from that."""
        world = self.stage.world
        front = world.cloudsuite_front if "cloudsuite" in request.url else world.jira_front
        self.history.told.append(f"a stopped process wakes and sends {request.operation}")
        with suppress(Dropped):
            front(sandbox.Request.to(request.method, request.target, request.headers, request.body or b""))

    def _is_in_the_ledger(self, request: Request) -> bool:
        body = (request.body or b"").decode()
        return any(line["reference"] in body for line in auditors.lines(self.stage))

    def _note_faults(self) -> None:
        self.report.faults |= self.stage.world.faults.struck

    def undisturbed(self) -> bool:
        """No faults, no deaths: run until nothing more is owed (True), or nothing more is done about it."""
        unchanged, before = 0, -1
        for place in range(QUIET_ROUNDS_MAX):
            self.stage.clock.advance(SETTLE_OVER)
            self.live(Life(), sweeping=self.history.hidden or (self.history.silent and place > 0))
            self._release_holds()
            self._state_absences()
            self.audit()
            if auditors.ledger_by_bucket(self.stage) == auditors.owed_by_bucket(self.stage):
                return True
            done = len(auditors.lines(self.stage))
            unchanged, before = (unchanged + 1 if done == before else 0), done
            if unchanged == UNCHANGED_MAX:
                break
        return False

    def calm(self) -> None:
        """All is set right. Everything must finish, and the books must be right to the cent."""
        self.history.set_right()
        self.stage.skew = timedelta()
        self.undisturbed()
        auditors.in_the_end(self.stage)
        self.report.lines = len(auditors.lines(self.stage))

    def audit(self) -> None:
        """What must be true at every moment."""
        auditors.at_every_moment(self.stage, self.history.closings)

    def _release_holds(self) -> None:
        """A person lets everything be planned again that the ERP refused."""
        with self.stage.process(Life()).database.begin() as tx:
            for hold in holds.listing(tx, NAME):
                holds.release(tx, NAME, hold.worklog_id)

    def _state_absences(self) -> None:
        """Where no key refuses a row, people delete what a stopped process left in part, and state that it is gone."""
        lane = self.stage.process(Life()).lane(NAME)
        with lane.database.read() as tx:
            doubtful = [postings.load(tx, NAME, name) for name in postings.by_states(tx, NAME, {State.IN_DOUBT})]
        for posting in doubtful:
            if posting.orphaned and posting.step is Step.STAGE and not self.stage.options.keys_enforced:
                self.history.told.append(f"people judge what was staged of {posting.reference}")
                self.stage.world.cloudsuite.ledger.delete_all(posting.reference)
                for person in STATING:
                    with suppress(Refused):  # not yet, or no longer
                        recorded(lane, partial(resolve, lane, posting.reference, Verdict.ABSENT, person))
