"""What a run does, from its seed alone: the shape of the hub, its cycles, who orders, and which faults come when.

Times are seconds after the first client begins. What the hub makes of it differs from run to run; what is done to it
does not.
"""

from dataclasses import dataclass, replace
from random import Random

from cabas.parts import NAMES
from chassis.crash import POINTS

ONE, FIVE = "one process", "five processes"
SHAPES = ((FIVE, "sqlite"), (ONE, "sqlite"), (FIVE, "postgresql"))
LONG_EVERY = 40
"""One seed in so many has stops of 40 s and a broker that is away for 60 s."""
LATER_EVERY = 2
"""One seed in so many goes on to the days after, for so many seconds:"""
LATER_SECONDS = 6.0
ANSWERS = ("all", "short", "refused", "twice", "at once", "none")
"""How a producer answers its list: see `producer.py`."""
LINKED = 0.7
"""Of so many pools a cycle offers all sizes; of the others those that chance brings."""
ACTING = ("ordering", "logistics", "billing", "notify")


@dataclass(frozen=True)
class Fault:
    """`at`: when it begins; `seconds`: how long it lasts, or how wrong a clock is; `number`: of events, of services."""

    at: float
    kind: str
    target: str = ""
    seconds: float = 0.0
    number: int = 0

    def __str__(self) -> str:
        lasting = f" {self.seconds:g}s" if self.seconds else ""
        counted = f" ×{self.number}" if self.number else ""
        return f"{self.at:.1f} {self.kind}{' ' if self.target else ''}{self.target}{lasting}{counted}"


@dataclass(frozen=True)
class CyclePlan:
    """`closes_at` by the hour that was announced, or by hand; `scarce`: index of a product -> thousandths there are;
    `without`: index of the group that has no part in it, None where all have.

    After the closing: `extended`, once; `by_default`: the coordinator leaves what it has not decided to the deadline;
    `redecided` where it changes a decision once the cycle is closed. `answers`: how one producer after the other
    answers its list, see `producer.py`; none for nobody does.
    """

    products: tuple[int, ...]
    scarce: dict[int, int]
    closes_at: float
    by_hour: bool
    extended: bool = False
    by_default: bool = False
    redecided: bool = False
    answers: tuple[str, ...] = ()
    without: int | None = None


@dataclass(frozen=True)
class ClientPlan:
    """One browser. `households`: indices; some belong to two clients. `pause`: between two orders; `patience`: how
    long it waits for an answer; `until`: when it has ordered enough."""

    households: tuple[int, ...]
    pause: float
    patience: float
    until: float = float("inf")


@dataclass(frozen=True)
class Plan:
    seed: int
    shape: str
    database: str
    seconds: float
    cycles: tuple[CyclePlan, ...]
    clients: tuple[ClientPlan, ...]
    faults: tuple[Fault, ...]
    armed: dict[str, str]
    """Service -> crash point it is first started with."""
    later: tuple[Fault, ...] = ()
    """In the days after, when goods are handed out: `at` counts from then. Without any the run ends before."""
    sabotage: str = ""
    """Protections taken off: in negative controls only."""

    @property
    def long(self) -> bool:
        return self.seconds > 30

    def __str__(self) -> str:
        armed = "".join(f"; {service} armed at {point}" for service, point in self.armed.items())
        later = f"; days later {', '.join(map(str, self.later))}" if self.later else ""
        return f"{self.shape}, {self.database}: {', '.join(map(str, self.faults))}{armed}{later}"


def shape_of(seed: int) -> tuple[str, str]:
    """Processes and database."""
    return SHAPES[seed % len(SHAPES)]


def plan_of(seed: int, *, products: int, households: int, groups: int, sizes: tuple[tuple[int, ...], ...]) -> Plan:
    """The run of a seed, in a village with so many products, households and groups. `sizes`: products that draw on one
    quantity, by index."""
    random = Random(f"faults {seed}")
    shape, database = shape_of(seed)
    long = seed % LONG_EVERY == LONG_EVERY - 1
    seconds = 80.0 if long else round(random.uniform(6, 9), 1)
    faults = _faults(random, shape, database, seconds, long=long)
    armed = {}
    if random.random() < 0.5:
        service = random.choice(ACTING)
        armed[service] = _crash_point(random, service)
    return Plan(
        later=_later(seed, shape, database) if seed % LATER_EVERY == 0 else (),
        seed=seed,
        shape=shape,
        database=database,
        seconds=seconds,
        cycles=_cycles(random, products, groups, sizes, seconds),
        clients=_clients(random, households),
        faults=tuple(sorted(faults, key=lambda fault: fault.at)),
        armed=armed,
    )


def stretched(plan: Plan, by: float) -> Plan:
    """The same run in slower time, for a machine that has other things to do: all comes later and lasts longer."""

    def later(fault: Fault) -> Fault:
        lasting = fault.seconds if fault.kind == "clock" else round(fault.seconds * by, 1)
        return replace(fault, at=round(fault.at * by, 1), seconds=lasting)

    return replace(
        plan,
        seconds=plan.seconds * by,
        cycles=tuple(replace(cycle, closes_at=cycle.closes_at * by) for cycle in plan.cycles),
        clients=tuple(
            replace(client, patience=client.patience * by, until=client.until * by) for client in plan.clients
        ),
        faults=tuple(later(fault) for fault in plan.faults),
        later=tuple(later(fault) for fault in plan.later),
    )


def _cycles(
    random: Random, products: int, groups: int, sizes: tuple[tuple[int, ...], ...], seconds: float
) -> tuple[CyclePlan, ...]:
    """Some goods are in all of them: who misses a case or a minimum may join another cycle that is open still."""
    count, common = random.randint(2, 3), random.sample(range(products), 12)
    return tuple(
        _cycle(random, {*common, *random.sample(range(products), 4)}, groups, sizes, seconds, last=number == count)
        for number in range(1, count + 1)
    )


def _cycle(
    random: Random,
    products: set[int],
    groups: int,
    sizes: tuple[tuple[int, ...], ...],
    seconds: float,
    *,
    last: bool,
) -> CyclePlan:
    linked = [size for its in sizes if random.random() < LINKED for size in its]
    offered = tuple(sorted({*products, *linked}))
    scarce = {product: random.choice((2, 5, 10, 20)) * 1000 for product in random.sample(offered, random.randint(2, 5))}
    # The first cycles close while faults go on, the last may close after them.
    closes_at = round((random.uniform(0.8, 1.2) if last else random.uniform(0.4, 0.8)) * seconds, 1)
    return CyclePlan(
        offered,
        scarce,
        closes_at,
        by_hour=random.random() < 0.5,
        extended=random.random() < 0.25,
        by_default=random.random() < 0.5,
        redecided=random.random() < 0.5,
        answers=tuple(random.choices(ANSWERS, k=4)),
        without=random.randrange(groups) if random.random() < 0.4 else None,
    )


def _clients(random: Random, households: int) -> tuple[ClientPlan, ...]:
    numbers = list(range(households))
    random.shuffle(numbers)
    count = random.randint(3, 5)
    shared = numbers[0]
    return tuple(
        ClientPlan(
            households=tuple(dict.fromkeys((*numbers[client::count], *((shared,) if client < 2 else ())))),
            pause=round(random.uniform(0.02, 0.25), 2),
            patience=round(random.uniform(1, 3), 1),
        )
        for client in range(count)
    )


# --- faults ---

EVERYWHERE = {
    "kill": 5,
    "crash": 5,
    "crash leaving": 1,
    "restart": 2,
    "kill hub": 1,
    "broker down": 3,
    "stop": 3,
    "stop broker": 2,
    "broker hangs": 1,
    "wipe broker": 1,
    "duplicates": 3,
    "old versions": 3,
    "replay": 2,
    "ask twice": 1,
    "clock": 2,
    "poison": 2,
    "unknown type": 1,
    "newer version": 1,
}
"""Kind of fault -> how often, in proportion."""
ON_POSTGRESQL = {"postgresql restart": 3, "postgresql connections": 3, "disk full": 2}
IN_ONE_PROCESS = {"second hub": 2}
ON_FILES = {"disk full": 2}


def _faults(random: Random, shape: str, database: str, seconds: float, *, long: bool) -> list[Fault]:
    kinds = dict(EVERYWHERE)
    if database == "postgresql":
        kinds |= ON_POSTGRESQL
    else:
        kinds |= ON_FILES
    if shape == ONE:
        kinds |= IN_ONE_PROCESS
    chosen = random.choices(list(kinds), list(kinds.values()), k=random.randint(3, 6))
    if long:
        chosen = [*chosen, "broker down", "stop"]
    small = "postgresql" if database == "postgresql" else ""
    return [_fault(random, kind, shape, seconds, small, long=long) for kind in chosen]


AFTERWARDS = ("kill", "kill", "crash", "kill hub", "broker down", "restart", "duplicates", "replay")


def _later(seed: int, shape: str, database: str) -> tuple[Fault, ...]:
    """Of a source of its own: what happens before does not depend on it."""
    random = Random(f"faults {seed} later")
    among = (*AFTERWARDS, *(ON_POSTGRESQL.keys() - {"disk full"} if database == "postgresql" else ()))
    chosen = random.choices(sorted(among), k=random.randint(2, 3))
    faults = [_fault(random, kind, shape, LATER_SECONDS, "", long=False) for kind in chosen]
    # Money is billing's.
    faults.append(Fault(2.0, "kill", "billing" if shape == FIVE else "hub", 0.2, 1))
    return tuple(sorted(faults, key=lambda fault: fault.at))


def _fault(random: Random, kind: str, shape: str, seconds: float, small: str, *, long: bool) -> Fault:
    """`small`: whose disk is full; "" for one of those who keep files."""
    at = round(random.uniform(0.8, 10 if long else seconds * 0.8), 1)
    some = round(random.uniform(0, 1.5), 1)
    pause = 40.0 if long else round(random.uniform(0.5, 4), 1)
    outage = 60.0 if long else round(random.uniform(0.2, 4), 1)
    few, many = random.randint(1, 3), random.randint(5, 60)
    process = random.choice(NAMES if shape == FIVE else ("hub",))
    acting = random.choice(ACTING)
    disk = small or (random.choice((*ACTING, "broker")) if shape == FIVE else "hub")
    made = {
        "kill": Fault(at, kind, process, some, random.choice((1, 1, 2, 3))),
        "crash": Fault(at, kind, f"{acting}/{_crash_point(random, acting)}"),
        "crash leaving": Fault(at, kind, acting, some),
        "restart": Fault(at, kind, process),
        "stop": Fault(at, kind, process, pause),
        "kill hub": Fault(at, kind, seconds=some),
        "wipe broker": Fault(at, kind, seconds=some),
        "broker down": Fault(at, kind, seconds=outage),
        "stop broker": Fault(at, kind, seconds=pause),
        "broker hangs": Fault(at, kind, seconds=pause),
        "duplicates": Fault(at, kind, number=many),
        "old versions": Fault(at, kind, number=many),
        "replay": Fault(at, kind, acting, some),
        "postgresql restart": Fault(at, kind, random.choice(("in order", "at once")), some),
        "disk full": Fault(at, kind, disk, 0.5 + some),
        "clock": Fault(at, kind, process, random.choice((-600.0, -30.0, -2.0, 2.0, 30.0, 600.0)), few),
    }
    return made.get(kind, Fault(at, kind, number=few))


def _crash_point(random: Random, service: str) -> str:
    """One that a running service comes by, and how many times it may do so unharmed."""
    points = sorted(set(POINTS) - {"during_migration", "during_shutdown"})
    return f"{random.choice(points)}:{random.choice((1, 1, 2, 3, 5, 10, 20))}"
