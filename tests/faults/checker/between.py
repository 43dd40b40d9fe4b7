"""What households paid for each other, and the transfers between them: each advance is there as it was typed, is for
households that together make its sum, and pays just that in its producer's book; the transfers of a round settle what
is owed to the cent, each went the way that somebody said, and both its ends were told of it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.faults.checker.desk import TAKEN, by_paper, sent_again, statuses, taken_or_not, there
from tests.faults.checker.violation import Violation
from tests.faults.evidence import Evidence, Rows
from tests.faults.history import Entry, History

GONE = "called_off"
OPEN = ("proposed", "paid")


def check(history: History, evidence: Evidence) -> Iterator[Violation]:
    status = statuses(history)
    advances = {row["id"]: row for row in evidence.of("billing", "advances")}
    yield from _advances(history, evidence, advances, status)
    yield from _books(evidence, advances)
    rounds = {row["id"]: row for row in evidence.of("billing", "rounds")}
    sent, off = by_paper(history.of("round")), by_paper(history.of("round called off"))
    yield from there("round", sent, rounds, status)
    cycles: dict[str, set[str]] = defaultdict(set)
    for row in evidence.of("billing", "round_cycles"):
        cycles[row["round_id"]].add(row["cycle_id"])
    for round_id in sorted(sent.keys() & rounds.keys()):
        yield from sent_again("round", round_id, sent[round_id], status)
        if cycles[round_id] != set(sent[round_id][0]["cycle_ids"]):
            yield Violation("round", f"{round_id} settles {cycles[round_id]}, and {sent[round_id][0]} was asked")
        if (rounds[round_id]["called_off_at"] is not None) not in taken_or_not(off.get(round_id, []), status):
            yield Violation("round", f"{rounds[round_id]} was called off, and nobody did, or was not, and somebody did")
    holding = [each for each, row in rounds.items() if row["called_off_at"] is None]
    settled = Counter(cycle_id for each in holding for cycle_id in cycles[each])
    if any(count > 1 for count in settled.values()):
        yield Violation("round", f"two rounds settle one delivery: {settled}")
    for round_id, row in rounds.items():
        yield from _settles(evidence, row, cycles[round_id])
    yield from _moves(history, evidence, status)
    yield from _told(evidence)


# Advances


def _advances(
    history: History, evidence: Evidence, register: Mapping[str, Any], status: Mapping[int, int]
) -> Iterator[Violation]:
    sent, undone = by_paper(history.of("advance")), by_paper(history.of("advance undone"))
    yield from there("advance", sent, register, status)
    parts: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in evidence.of("billing", "advance_parts"):
        parts[row["advance_id"]].append(row)
    for advance_id in sorted(sent.keys() & register.keys()):
        row, said = register[advance_id], sent[advance_id][0]
        if any(row[name] != said[name] for name in ("cycle_id", "household_id", "producer_id", "cents")):
            yield Violation("advance", f"{row} is not what was typed in: {said}")
        if (row["undone_at"] is not None) not in taken_or_not(undone.get(advance_id, []), status):
            yield Violation("advance", f"{row} was taken back, and nobody did, or was not, and somebody did")
        yield from sent_again("advance", advance_id, sent[advance_id], status)
        mine = [each for each in parts[advance_id] if each["undone_at"] is None]
        for_whom, once = {said["household_id"], *said["covers"]}, {each["household_id"] for each in mine}
        if not {each["household_id"] for each in parts[advance_id]} <= for_whom or len(once) < len(mine):
            yield Violation("advance", f"{advance_id} is for {mine}, and was for {said['covers']}")
        cents = 0 if row["undone_at"] is not None else row["cents"]
        if sum(each["cents"] for each in mine) != cents:
            yield Violation("advance", f"the parts of {row} are {mine}")


def parts_of(evidence: Evidence) -> Counter[tuple[str, str]]:
    """By household and producer the cents that others, or it itself, paid for it and others."""
    producer_of = {row["id"]: row["producer_id"] for row in evidence.of("billing", "advances")}
    found: Counter[tuple[str, str]] = Counter()
    for row in evidence.of("billing", "advance_parts"):
        if row["undone_at"] is None:
            found[row["household_id"], producer_of.get(row["advance_id"], "")] += row["cents"]
    return found


def _books(evidence: Evidence, advances: Mapping[str, Any]) -> Iterator[Violation]:
    found: Counter[tuple[str, str]] = Counter()
    for row in evidence.of("billing", "advanced"):
        for side, sign in (("debit", -1), ("credit", 1)):
            if row[side] == "household":
                found[row[f"{side}_of"], row["book"]] += sign * row["cents"]
    wanted = parts_of(evidence)
    for key in sorted(found.keys() | wanted.keys()):
        if found[key] != wanted[key]:
            yield Violation("advance", f"in the book {found[key]} are paid for {key}, the parts say {wanted[key]}")


# Transfers


def _settles(evidence: Evidence, row: Mapping[str, Any], cycle_ids: set[str]) -> Iterator[Violation]:
    """Nobody owes anybody anything once all that is not called off is made; a round that is called off has none."""
    mine = [each for each in evidence.of("billing", "between") if each["round_id"] == row["id"]]
    mine = [each for each in mine if each["stage"] != GONE]
    if row["called_off_at"] is not None:
        if mine:
            yield Violation("round", f"{row['id']} was called off, and has {mine}")
        return
    left = nets_of(evidence, cycle_ids)
    for each in mine:
        left[each["payer_id"]] -= each["cents"]
        left[each["receiver_id"]] += each["cents"]
    if any(left.values()):
        yield Violation("round", f"{mine} leave {dict(left)} of {row['id']}")


def nets_of(evidence: Evidence, cycle_ids: Iterable[str]) -> Counter[str]:
    """By household what others paid for it less what it paid for others, in these cycles."""
    among, nets = set(cycle_ids), Counter[str]()
    advances = {row["id"]: row for row in evidence.of("billing", "advances") if row["cycle_id"] in among}
    for row in advances.values():
        if row["undone_at"] is None:
            nets[row["household_id"]] -= row["cents"]
    for part in evidence.of("billing", "advance_parts"):
        if part["undone_at"] is None and part["advance_id"] in advances:
            nets[part["household_id"]] += part["cents"]
    return nets


def owed_of(evidence: Evidence) -> Counter[str]:
    """By household what it owes to others: of transfers nobody confirmed, and of what none are drawn up for."""
    owed: Counter[str] = Counter()
    holding = {row["id"] for row in evidence.of("billing", "rounds") if row["called_off_at"] is None}
    for row in evidence.of("billing", "between"):
        if row["round_id"] in holding and row["stage"] in OPEN:
            owed[row["payer_id"]] += row["cents"]
    drawn = {row["cycle_id"] for row in evidence.of("billing", "round_cycles") if row["round_id"] in holding}
    others = {row["cycle_id"] for row in evidence.of("billing", "advances")} - drawn
    for household_id, cents in nets_of(evidence, others).items():
        owed[household_id] += max(0, cents)
    return owed


def _moves(history: History, evidence: Evidence, status: Mapping[int, int]) -> Iterator[Violation]:
    said = by_paper(history.of("between"))
    went: dict[str, Counter[str]] = defaultdict(Counter)
    for row in evidence.of("billing", "between_steps"):
        went[row["transfer_id"]][row["what"]] += 1
    rows: Rows = evidence.of("billing", "between")
    for row in rows:
        way = went.pop(row["id"], Counter())
        answers: dict[str, set[int | None]] = defaultdict(set)
        for step in said.get(row["id"], []):
            answers[step["do"]].add(status.get(step["n"]))
        yield from _way(row, way, answers, said.get(row["id"], []))
    for transfer_id in sorted(went):
        yield Violation("between", f"{transfer_id} went {dict(went[transfer_id])}, and is not there")


def _way(
    row: Mapping[str, Any], way: Counter[str], answers: Mapping[str, set[int | None]], tries: list[Entry]
) -> Iterator[Violation]:
    """Steps lead where it stands, however they are ordered, and each was said by somebody who was not refused."""
    for do in way.keys() - {"call_off"}:
        if not {TAKEN, None} & answers.get(do, set()):
            yield Violation("between", f"{row} went {dict(way)}, and nobody said {do}: {tries}")
    in_turn = way["say_paid"] - way["not_here"], way["confirm"] - way["take_back"], way["call_off"]
    # Confirmed from where it was said to be paid, or at once.
    paid, received, gone = in_turn
    right = {
        "proposed": received == 0 and gone == 0 and paid >= 0,
        "paid": received == 0 and gone == 0 and paid >= 1,
        "received": received == 1 and gone == 0 and paid >= 0,
        "called_off": received == 0 and gone == 1 and paid >= 0,
    }
    if not right[row["stage"]]:
        yield Violation("between", f"{row} went {dict(way)}")
    for do in ("say_paid", "confirm"):
        if TAKEN in answers.get(do, set()) and not way[do]:
            yield Violation("between", f"{row}: {do} was acknowledged, and nothing became of it")


def _told(evidence: Evidence) -> Iterator[Violation]:
    """Of what is to be paid both ends have read, and what they read last was not called off. What was taken back before
    it left was read by nobody: then nothing is to be paid any more, and nobody needs be told."""
    mails: dict[str, list[tuple[int, str, set[tuple[str, int]]]]] = defaultdict(list)
    for row in evidence.of("notify", "messages"):
        if row["template"] == "household_transfers":
            says = {(how, cents) for how in ("pays", "gets") for _name, cents in row["facts"][how]}
            mails[row["about"]].append((int(row["caused_by"].rpartition(":")[2]), row["state"], says))
    stands: dict[str, dict[str, set[tuple[str, int]]]] = defaultdict(lambda: defaultdict(set))
    for row in evidence.of("billing", "between"):
        for how, end in (("pays", row["payer_id"]), ("gets", row["receiver_id"])):
            stands[f"{row['round_id']}_{end}"][row["stage"]].add((how, row["cents"]))
    for about, by_stage in stands.items():
        read: set[tuple[str, int]] = set().union(*(says for _, _, says in mails[about]))
        if not by_stage["proposed"] <= read:
            yield Violation("between told", f"{about} should have read {by_stage['proposed']}, and read {read}")
        holds = set().union(*(lines for stage, lines in by_stage.items() if stage != GONE))
        _, state, last = max(mails[about], key=lambda mail: mail[0], default=(0, "", set()))
        unread = state == "superseded"
        if by_stage["proposed"] if unread else not last <= holds:
            yield Violation("between told", f"{about} was last told of {last} ({state}), and {holds} holds")
    for about in sorted(mails.keys() - stands.keys()):
        yield Violation("between told", f"{about} was told of {mails[about]}, and there is nothing of it")
