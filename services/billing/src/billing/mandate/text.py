"""The words that are signed, made from the clauses: the contract, and the invoicing mandate beside it.

In French, whoever reads it: it is the text itself, not a page about it. The same terms give the same words for ever, so
that the hash of a signature can be checked against the version that is kept. Whoever changes a wording adds a `Wording`
with the next number and keeps the old ones: `WORDINGS` only grows, and a test holds the hash of each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256

from billing.mandate.clauses import (
    Bearer,
    DataRoles,
    Discounts,
    Goods,
    Invoicing,
    Party,
    PayFrom,
    Rendering,
    Risk,
    Terms,
)
from contracts.mandate import Collection, Commission, CommissionBase


class Document(StrEnum):
    CONTRACT = "contract"
    INVOICING = "invoicing"


@dataclass(frozen=True)
class Clause:
    """A heading, and the paragraphs under it."""

    heading: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True)
class Text:
    """A document as it is shown and signed."""

    title: str
    clauses: tuple[Clause, ...]

    def __str__(self) -> str:
        parts = [self.title]
        for number, clause in enumerate(self.clauses, start=1):
            parts += [f"{number}. {clause.heading}", *clause.paragraphs]
        return "\n\n".join(parts) + "\n"

    @property
    def sha256(self) -> str:
        """Of the whole text in UTF-8, in hexadecimal digits."""
        return sha256(str(self).encode()).hexdigest()


def text_of(document: Document, terms: Terms, number: int, wording: int) -> Text | None:
    """The text of version `number` in one of `WORDINGS`; None where the terms have no such document."""
    contract, invoicing = WORDINGS[wording]
    if document is Document.CONTRACT:
        return Text(f"Contrat de mandat de vente, version {number}", tuple(contract(terms)))
    if terms.invoicing is None:
        return None
    return Text(f"Mandat de facturation, version {number}", tuple(invoicing(terms, terms.invoicing)))


# Wording 1


def _contract(terms: Terms) -> Iterator[Clause]:
    principal, agent = terms.principal.name, terms.agent.name
    yield Clause(
        "Parties",
        (f"Le mandant : {_party(terms.principal)}.", f"Le mandataire : {_party(terms.agent)}."),
    )
    yield Clause(
        "Objet",
        (
            (
                f"{principal} donne mandat à {agent} de vendre ses produits en son nom et pour son compte. Le "
                "mandataire ne "
                "devient à aucun moment propriétaire des marchandises : la vente se fait sans transfert de propriété à "
                "son "
                "profit, directement du mandant à l’acheteur, et chaque document remis à l’acheteur nomme le mandant."
            ),
            "Le mandant accorde l’exclusivité au mandataire sur le territoire ci-dessous."
            if terms.exclusive
            else "Ce mandat n’est pas exclusif : le mandant vend librement par ailleurs.",
        ),
    )
    yield Clause("Produits", tuple(_goods(terms)))
    served = f"les groupes suivants : {', '.join(terms.groups)}" if terms.groups else "tous les groupes du mandataire"
    yield Clause("Territoire", (f"Le mandat vaut pour {served}.",))
    yield Clause("Prix", tuple(_prices(terms)))
    yield Clause("Commission", tuple(_commissions(terms.commissions)))
    yield Clause("Encaissement", (_collection(terms),))
    since = "la livraison" if terms.pay_from is PayFrom.DELIVERY else "la fin de la période de reddition"
    yield Clause(
        "Paiement du mandant",
        (
            (
                f"Ce qui revient au mandant lui est versé au plus tard {_days(terms.pay_days)} après {since} "
                f"({_GOODS[terms.goods]})."
            ),
        ),
    )
    yield Clause(
        "Reddition de comptes",
        (
            (
                f"Le mandataire rend compte {_RENDERING[terms.rendering]} : ventes, retours, sommes encaissées et "
                "impayées, "
                "commission et sa TVA, sommes déjà versées, net à payer et solde (code civil, art. 1993)."
            ),
        ),
    )
    yield Clause("Livraison, chaîne du froid et risques", tuple(_delivery(terms)))
    yield Clause(
        "Invendus, retours et réclamations",
        (
            f"Les invendus et les retours restent à la charge {_BEARER[terms.unsold]}.",
            (
                f"Une réclamation sur la qualité est faite dans les {_days(terms.claim_days)} suivant la "
                "distribution ; "
                f"fondée, elle est à la charge {_BEARER[terms.claims]}."
            ),
        ),
    )
    yield Clause(
        "Impayés",
        (
            "Le mandataire est ducroire : il garantit au mandant le paiement des acheteurs."
            if terms.del_credere
            else "Le mandataire n’est pas ducroire : il ne garantit pas le paiement des acheteurs.",
        ),
    )
    yield Clause(
        "Assurances",
        (
            f"Responsabilité civile du mandant : {terms.principal_insurance}.",
            f"Responsabilité civile du mandataire : {terms.agent_insurance}.",
        ),
    )
    yield Clause("Traçabilité et rappels", tuple(_traceability(terms)))
    yield Clause("Données personnelles", tuple(_data(terms)))
    yield Clause("Durée", tuple(_duration(terms)))
    yield Clause(
        "Fin du contrat",
        (
            f"Chaque partie peut mettre fin au contrat en prévenant l’autre {_days(terms.notice_days)} à l’avance.",
            (
                "En cas de manquement grave, l’autre partie peut y mettre fin sans préavis si le manquement dure "
                "encore "
                f"{_days(terms.breach_days)} après avoir été signalé par écrit."
            ),
            "Les commandes passées avant la fin restent soumises aux conditions du jour où elles ont été passées.",
        ),
    )
    mediator = [f"Médiateur : {terms.mediator}."] if terms.mediator else []
    yield Clause("Droit et litiges", (f"Droit français. Tribunal compétent : {terms.court}.", *mediator))


def _invoicing(terms: Terms, given: Invoicing) -> Iterator[Clause]:
    principal, agent = terms.principal.name, terms.agent.name
    yield Clause(
        "Parties",
        (f"Le mandant : {_party(terms.principal)}.", f"Le mandataire : {_party(terms.agent)}."),
    )
    corrections = (
        "y compris les avoirs et les factures rectificatives"
        if given.corrective
        else "à l’exception des avoirs et des factures rectificatives, que le mandant établit lui-même"
    )
    sub_agent = (
        f"Le mandataire peut confier cette tâche à {given.sub_agent}."
        if given.sub_agent
        else "Le mandataire ne peut confier cette tâche à personne d’autre."
    )
    yield Clause(
        "Objet",
        (
            (
                f"{principal} donne mandat à {agent} d’établir en son nom et pour son compte les factures de ses "
                "ventes "
                f"faites en exécution du contrat de mandat, {corrections} (CGI, art. 289 I-2)."
            ),
            (
                f"Chaque facture porte la mention : « Facture établie par {agent} au nom et pour le compte de "
                f"{principal} »."
            ),
            sub_agent,
        ),
    )
    yield Clause(
        "Contestation",
        (
            (
                f"Le mandant reçoit un double de chaque facture. Il dispose de {_days(given.contest_days)} pour la "
                "contester ; "
                "passé ce délai elle est réputée acceptée. S’il la conteste, il établit lui-même la facture "
                "rectificative."
            ),
        ),
    )
    yield Clause(
        "Responsabilité du mandant",
        (
            (
                "Le mandant reste pleinement responsable de ses obligations en matière de facturation et de TVA. Il "
                "verse au "
                "Trésor la TVA des factures établies en son nom, réclame aussitôt le double d’une facture qu’il "
                "n’aurait pas "
                "reçu, et signale sans délai tout changement de ses données d’identification."
            ),
        ),
    )
    yield Clause(
        "Durée et révocation",
        (
            (
                "Ce mandat est distinct du contrat de mandat de vente. Il prend effet avec la version de "
                "celui-ci qu’il "
                "accompagne, et dure autant qu’elle."
            ),
            (
                f"Le mandant peut le révoquer à tout moment, sans motif, {_days(given.notice_days)} à l’avance ; le "
                "contrat de "
                "mandat de vente continue."
            ),
        ),
    )


def _party(party: Party) -> str:
    said = [f"{party.name}{f' ({party.legal_form})' if party.legal_form else ''}", party.address]
    if party.siren:
        said.append(f"SIREN {party.siren[:3]} {party.siren[3:6]} {party.siren[6:]}")
    if party.vat_number:
        said.append(f"numéro de TVA {party.vat_number}")
    if party.regime:
        said.append(f"régime de TVA : {REGIMES.get(party.regime, party.regime)}")
    said.append(f"représenté par {party.represented_by}, {party.capacity}")
    return ", ".join(filter(None, said))


def _goods(terms: Terms) -> Iterator[str]:
    yield (
        "Le mandat porte sur les produits de l’annexe ci-dessous, et sur ceux que le mandant proposera ensuite au "
        "catalogue du mandataire."
        if terms.later_products
        else "Le mandat porte sur les seuls produits de l’annexe ci-dessous."
    )
    for line in terms.annex:
        said = [f"{line.reference + ' ' if line.reference else ''}{line.name} : {_euros(line.price_cents)} {line.per}"]
        if line.labels:
            said.append(f"mentions : {', '.join(line.labels)}")
        if line.certificates:
            said.append(f"certificats : {', '.join(line.certificates)}")
        yield f"– {' ; '.join(said)}."
    if terms.lot_rule:
        yield f"Lots : {terms.lot_rule}"


def _prices(terms: Terms) -> Iterator[str]:
    yield "Le mandant fixe ses prix, toutes taxes comprises."
    yield (
        f"Les prix de l’annexe sont fermes jusqu’au {_day(terms.prices_until)}."
        if terms.prices_until
        else "Il les change au catalogue du mandataire quand il le veut, pour les commandes qui ne sont pas encore "
        "ouvertes."
    )
    yield (
        "Personne n’accorde de remise."
        if terms.discounts is Discounts.NEVER
        else "Le mandataire n’accorde de remise qu’avec l’accord écrit du mandant."
    )


def _commissions(rules: tuple[Commission, ...]) -> Iterator[str]:
    for rule in rules:
        base = "toutes taxes comprises" if rule.base is CommissionBase.GROSS else "hors taxes"
        what = f"le montant {base} de ses ventes"
        if rule.vat_class:
            what = f"le montant {base} de ses ventes de la famille « {FAMILIES.get(rule.vat_class, rule.vat_class)} »"
        if rule.service:
            service = SERVICES.get(rule.service, rule.service)
            what = f"le montant {base} des ventes qui ont demandé ce service, pour : {service}"
        least = (
            f", au moins {_euros(rule.minimum_cents)} par compte rendu où il y a une vente"
            if rule.minimum_cents
            else ""
        )
        yield f"Le mandataire reçoit {_percent(rule.rate_hundredths)} sur {what}{least}."
    yield (
        "La commission est facturée hors taxes, plus la TVA au taux normal, et retenue sur ce qui revient au "
        "mandant quand "
        "le mandataire encaisse."
    )


def _collection(terms: Terms) -> str:
    if terms.collection is Collection.AGENT_ACCOUNT:
        return (
            "Le mandataire encaisse en euros, pour le compte du mandant, sur un compte qui ne sert qu’à cela "
            f"(IBAN {terms.iban}). Ces sommes ne sont jamais les siennes ; il tient un compte par mandant."
        )
    account = f", sur son compte (IBAN {terms.iban}) ou par chèque à son ordre" if terms.iban else ""
    return f"Les acheteurs paient le mandant directement, en euros{account}. Aucune somme ne passe par le mandataire."


def _delivery(terms: Terms) -> Iterator[str]:
    slot = f", {terms.delivery_slot}" if terms.delivery_slot else ""
    yield f"Le mandant livre à : {terms.delivery_place}{slot}."
    if terms.cold_chain:
        yield f"Températures : {terms.cold_chain}"
    yield (
        "Les marchandises voyagent aux risques du mandant jusqu’à leur remise au lieu de livraison ; le mandataire "
        "en "
        "répond ensuite comme dépositaire."
        if terms.risk is Risk.AT_HUB
        else "Les marchandises voyagent aux risques du mandant jusqu’à leur remise à l’acheteur."
    )


def _traceability(terms: Terms) -> Iterator[str]:
    yield (
        "Le mandant indique le lot de ce qu’il livre. Le mandataire garde de qui il l’a reçu et à qui il l’a remis, "
        "cinq ans."
    )
    yield f"En cas de retrait ou de rappel, joignable à toute heure : {terms.recall_contact}, {terms.recall_phone}."
    yield "Le mandant remet ses certificats au mandataire et signale sans délai la perte ou la fin de l’un d’eux."


def _data(terms: Terms) -> Iterator[str]:
    yield (
        "Chaque partie répond pour elle-même des données personnelles qu’elle traite (RGPD, art. 4)."
        if terms.data_roles is DataRoles.SEPARATE
        else "Le mandataire traite les données des acheteurs pour le compte du mandant (RGPD, art. 28)."
    )
    if terms.data_shared:
        yield f"Données transmises au mandant : {terms.data_shared}"


def _duration(terms: Terms) -> Iterator[str]:
    yield f"Le contrat commence le {_day(terms.starts_on)}."
    if terms.ends_on is None:
        yield "Il n’a pas de terme."
    else:
        yield f"Il se termine le {_day(terms.ends_on)} au soir."
        yield (
            f"Il est ensuite reconduit tacitement, par périodes de {terms.renewal_months} mois, si aucune partie "
            "n’y met "
            "fin."
            if terms.tacit_renewal
            else "Il n’est pas reconduit tacitement."
        )
    yield (
        f"La présente version prend effet le {_day(terms.effective_from)}, ou le jour de la dernière signature si "
        "elle est "
        "plus tardive."
    )


def _euros(cents: int) -> str:
    return f"{cents // 100},{cents % 100:02d} €"


def _percent(hundredths: int) -> str:
    whole, rest = divmod(hundredths, 100)
    return f"{whole},{rest:02d}".rstrip("0").rstrip(",") + " %" if rest else f"{whole} %"


def _days(count: int) -> str:
    return f"{count} jour{'s' if count > 1 else ''}"


_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


def _day(day: date) -> str:
    return f"{'1er' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


_GOODS = {
    Goods.PERISHABLE: "denrées périssables",
    Goods.MEAT: "viandes fraîches",
    Goods.ALCOHOL: "boissons alcooliques",
    Goods.OTHER: "autres produits",
}
_RENDERING = {
    Rendering.WEEKLY: "chaque semaine",
    Rendering.MONTHLY: "chaque mois",
    Rendering.QUARTERLY: "chaque trimestre",
}
_BEARER = {Bearer.PRODUCER: "du mandant", Bearer.HUB: "du mandataire"}
REGIMES = {
    "NORMAL": "réel",
    "FRANCHISE_293B": "franchise en base (CGI, art. 293 B)",
    "FARMER_FLAT_RATE": "remboursement forfaitaire agricole",
    "NOT_TAXABLE": "non assujetti",
}
FAMILIES = {
    "FOOD": "alimentation",
    "CONFECTIONERY": "confiserie",
    "ALCOHOL": "boissons alcooliques",
    "TAKEAWAY": "plats à emporter",
    "PLANTS_SEEDS_EDIBLE": "plants et semences alimentaires",
    "PLANTS_ORNAMENTAL": "fleurs et plantes d’ornement",
    "HOUSEHOLD": "entretien et cosmétiques",
    "BOOKS": "livres",
}
"""Families of goods: the classes of the VAT table, which every line of an order carries."""
SERVICES = {"transport": "transport", "preparation": "préparation des paniers", "storage": "stockage"}

WORDINGS: dict[int, tuple[Callable[[Terms], Iterator[Clause]], Callable[[Terms, Invoicing], Iterator[Clause]]]] = {
    1: (_contract, _invoicing)
}
NEWEST = max(WORDINGS)
