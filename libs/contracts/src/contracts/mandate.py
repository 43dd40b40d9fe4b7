"""What billing says of mandate contracts: which goods the hub sells in a producer's name, when, and on what terms."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from contracts.event import Cents, Event, Moment, Part


class Collection(StrEnum):
    """Whose hands the households' money goes through: an account of the agent kept for this alone, the producer's own,
    or a payment service that shares it out (said here for those who will build it; no contract can choose it yet)."""

    AGENT_ACCOUNT = "agent_account"
    DIRECT_TO_PRODUCER = "direct_to_producer"
    PSP_SPLIT = "psp_split"


class CommissionBase(StrEnum):
    """What a commission is a share of: the price with VAT, or without."""

    GROSS = "gross"
    NET = "net"


class Commission(Part):
    """What the hub takes: `rate_hundredths` of a percent (1250 is 12.5 %) of `base`, without the hub's own VAT, and at
    least `minimum_cents` for each account rendered.

    Of goods of `vat_class` alone where that is said, or for a `service` beside the sale (transport, storage); with
    neither, of everything else.
    """

    vat_class: str = ""
    service: str = ""
    rate_hundredths: Annotated[int, Field(ge=0, le=10_000)]
    base: CommissionBase = CommissionBase.GROSS
    minimum_cents: Annotated[Cents, Field(ge=0)] = 0


class MandateTerms(Part):
    """One signed version of a contract. It holds from `effective_from` until the next one takes effect.

    It covers the products of its annex, and with `later_products` also what the producer offers later. `invoicing`: the
    producer gave the invoicing mandate with it, which holds for invoices dated before `invoicing_until` (None: not
    revoked). `terms_hash`: SHA-256 of the text that was signed.
    """

    number: Annotated[int, Field(ge=1)]
    effective_from: date
    product_ids: tuple[str, ...] = ()
    later_products: bool = False
    collection: Collection
    commissions: tuple[Commission, ...]
    invoicing: bool = False
    invoicing_until: date | None = None
    terms_hash: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Mandate(Event):
    """A mandate contract: the hub sells in the name and on behalf of the producer, and never owns the goods.

    `terms`: the versions signed by both, oldest first. `covered_until`: the last day it covers; None: no end is known
    (it is renewed tacitly, or has no end).
    """

    service: ClassVar[str] = "billing"
    aggregate: ClassVar[str] = "mandate"

    producer_id: str
    producer_name: str
    terms: tuple[MandateTerms, ...] = ()
    covered_until: date | None = None


class MandateProposed(Mandate):
    """A version waits for signatures. `path` opens its text for the producer, without an account, until `expires_at`:
    it carries a secret."""

    event: ClassVar[str] = "proposed"

    proposed: Annotated[int, Field(ge=1)]
    proposed_at: Moment
    path: str
    expires_at: Moment


class MandateSigned(Mandate):
    """The first version was signed by both."""

    event: ClassVar[str] = "signed"


class MandateChanged(Mandate):
    """Another version was signed, the term renewed, notice given, or the invoicing mandate revoked."""

    event: ClassVar[str] = "changed"


class MandateEndsSoon(Mandate):
    """The term ends within weeks. `renews`: tacitly, unless somebody gives notice up to `notice_by`."""

    event: ClassVar[str] = "ends_soon"

    term_ends_on: date
    renews: bool
    notice_by: date | None = None
    said_at: Moment


class MandateEnded(Mandate):
    """The contract is over; `covered_until` was its last day."""

    event: ClassVar[str] = "ended"
