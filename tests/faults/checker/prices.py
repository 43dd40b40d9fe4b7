"""What quantities cost, by the catalog's words."""

from typing import Any


def gross_cents(product: dict[str, Any], thousandths: int) -> int:
    """Half up to the cent, by the catalog's price."""
    divisor = 1_000
    amount = product["price_cents"] * thousandths
    if product["price_basis"] == "content":
        amount *= 1_000 if product["content_thousandths"] is None else product["content_thousandths"]
        divisor = 1_000_000
    return int((2 * amount + divisor) // (2 * divisor))


def deposit_cents(product: dict[str, Any], thousandths: int) -> int:
    """Half up to the cent, beside the price."""
    return int((2 * product.get("deposit_cents", 0) * thousandths + 1_000) // 2_000)
