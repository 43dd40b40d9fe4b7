"""Numbers and words as banks want them: IBAN, BIC, and the letters they all can read. Nothing here does I/O."""

import re
from dataclasses import dataclass

from schwifty import BIC, IBAN
from schwifty.exceptions import SchwiftyException
from text_unidecode import unidecode

MOST_NAME = 70
MOST_MESSAGE = 140
MOST_ID = 35
_CREDITOR_ID = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{3}[A-Z0-9]{1,28}")
_FOREIGN = re.compile(r"[^A-Za-z0-9/\-?:().,'+ ]")


class WrongIban(ValueError):
    """A digit is wrong or missing."""


class NotInSepa(ValueError):
    """An account that SEPA transfers do not reach."""


class WrongBic(ValueError):
    """It has not the shape of one, or is of another country than the account."""


@dataclass(frozen=True)
class BankAccount:
    """`iban` and `bic` without spaces; `bic` is empty where the IBAN does not say it: within SEPA none is needed."""

    holder: str
    iban: str
    bic: str = ""


def is_iban(typed: str) -> bool:
    try:
        return bool(_checked(typed))
    except WrongIban:
        return False


def iban_of(typed: str) -> str:
    """Without spaces. Raises WrongIban."""
    return _checked(typed).compact


def _checked(typed: str) -> IBAN:
    try:
        return IBAN(typed, validate_bban=True)
    except SchwiftyException as error:
        raise WrongIban(str(error)) from error


def account_of(holder: str, iban: str, bic: str = "") -> BankAccount:
    """An account as it is typed. Where no BIC is, it is the one that the IBAN says. Raises WrongIban, NotInSepa,
    WrongBic."""
    checked = _checked(iban)
    if not checked.in_sepa_zone:
        raise NotInSepa(checked.country_code)
    if not bic.strip():
        return BankAccount(holder, checked.compact, (checked.bic or "") and str(checked.bic))
    try:
        said = BIC(bic)
    except SchwiftyException as error:
        raise WrongBic(str(error)) from error
    if said.country_code != checked.country_code and not {said.country_code, checked.country_code} <= _FRENCH:
        raise WrongBic(f"{said.country_code} is not {checked.country_code}")
    return BankAccount(holder, checked.compact, said.compact)


_FRENCH = frozenset({"FR", "MC", "GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF"})
"""Accounts with a French IBAN may be kept by a bank of one of these."""


def is_creditor_id(typed: str) -> bool:
    """Whether it is a SEPA creditor identifier (AT-02, in France ICS): its check digits are ISO 7064 MOD 97-10 over the
    national part and the country; the creditor's own three letters are left out (EPC262-08)."""
    whole = "".join(typed.split()).upper()
    if not _CREDITOR_ID.fullmatch(whole):
        return False
    return int("".join(str(int(each, 36)) for each in whole[7:] + whole[:4])) % 97 == 1


def grouped(iban: str) -> str:
    """In groups of four, as it is read aloud."""
    return " ".join(iban[start : start + 4] for start in range(0, len(iban), 4))


def latin(text: str, most: int) -> str:
    """In the letters of the EPC's implementation guidelines (EPC217-08), at most so many. It neither begins nor ends
    with "/", nor has two of them side by side, which those guidelines keep for themselves."""
    plain = _FOREIGN.sub(" ", unidecode(text.replace("&", "+")))
    plain = re.sub(r"/{2,}", "/", " ".join(plain.split())).strip("/ ")
    return plain[:most].strip("/ ")


def is_readable(name: str) -> bool:
    """Whether a bank can make anything of it."""
    return any(each.isalnum() for each in latin(name, MOST_NAME))
