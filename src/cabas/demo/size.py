"""How large a demo is. Reference: the epicerie paysanne of the Aude on a usual week; large: a department."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    groups: int
    producers: int
    products: int
    orders: int
    lines_each: int


SIZES = {
    "guide": Size(groups=6, producers=21, products=170, orders=30, lines_each=8),
    "reference": Size(groups=25, producers=70, products=850, orders=150, lines_each=15),
    "large": Size(groups=25, producers=70, products=850, orders=1000, lines_each=15),
}
