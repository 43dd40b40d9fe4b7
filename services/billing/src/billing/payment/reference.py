"""What a household writes with a bank transfer, so that whoever reads the bank statement knows whose it is.

A creditor reference (ISO 11649): "RF", two check digits, and up to 21 letters and figures. It is made of the
household's id, so it is the same for every transfer and need not be kept.
"""

from base64 import b32encode
from hashlib import blake2b


def reference_of(household_id: str) -> str:
    """In groups of four, as it is typed: "RF31 AB2C …". 60 bits of the id's hash."""
    body = b32encode(blake2b(household_id.encode(), digest_size=8).digest()).decode()[:12]
    whole = f"RF{_check_digits(body):02d}{body}"
    return " ".join(whole[start : start + 4] for start in range(0, len(whole), 4))


def is_reference(typed: str) -> bool:
    """Whether the check digits are right; spaces and small letters are no matter."""
    whole = "".join(typed.split()).upper()
    if not (whole[:2] == "RF" and 5 <= len(whole) <= 25 and whole.isascii() and whole.isalnum()):
        return False
    return int(_figures(whole[4:] + whole[:4])) % 97 == 1


def _check_digits(body: str) -> int:
    """ISO 7064 MOD 97-10, as in an IBAN."""
    return 98 - int(_figures(body + "RF00")) % 97


def _figures(text: str) -> str:
    """Letters as numbers from A = 10 on."""
    return "".join(str(int(each, 36)) for each in text)
