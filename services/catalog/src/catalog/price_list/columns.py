"""Which column of a price list is what: headers in French or English, with the words people use for them."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.nomenclature import folded

SYNONYMS: dict[str, tuple[str, ...]] = {
    "reference": (
        "reference",
        "ref",
        "sku",
        "code",
        "code article",
        "code produit",
        "reference produit",
        "ref produit",
        "reference article",
        "ref article",
        "article code",
        "product code",
        "item code",
        "n article",
    ),
    "name_fr": (
        "name fr",
        "nom",
        "nom fr",
        "nom francais",
        "produit",
        "produits",
        "designation",
        "libelle",
        "article",
        "articles",
        "nom du produit",
        "name",
        "product",
        "product name",
        "item",
        "description fr",
        "nom produit",
        "denomination",
    ),
    "name_en": (
        "name en",
        "nom en",
        "nom anglais",
        "english name",
        "name english",
        "designation en",
        "anglais",
        "english",
    ),
    "unit": ("unit", "unite", "unite de vente", "unites", "sales unit", "order unit", "u", "uv", "unite de commande"),
    "pack_label": (
        "pack label",
        "conditionnement",
        "emballage",
        "packaging",
        "pack",
        "colis",
        "format",
        "libelle conditionnement",
        "presentation",
    ),
    "content": (
        "pack qty",
        "content",
        "contenu",
        "contenance",
        "quantite par colis",
        "pack quantity",
        "pack size",
        "poids",
        "volume",
        "quantite contenue",
        "poids net",
        "net weight",
        "net quantity",
        "quantite nette",
        "qte",
        "quantite",
    ),
    "content_unit": ("content unit", "unite de contenu", "unite du contenu", "unite contenu", "pack unit"),
    "price": (
        "price",
        "price eur",
        "prix",
        "prix ttc",
        "prix eur",
        "prix unitaire",
        "prix unitaire ttc",
        "prix de vente",
        "tarif",
        "tarif ttc",
        "pu",
        "pu ttc",
        "price incl vat",
        "gross price",
        "prix public",
        "prix en euros",
        "prix euros",
        "montant",
        "prix ttc eur",
        "price euros",
    ),
    "price_basis": (
        "price basis",
        "base de prix",
        "base du prix",
        "prix par",
        "prix pour",
        "price per",
        "price for",
        "par",
        "per",
    ),
    "vat_class": ("vat class", "classe de tva", "classe tva", "tva", "taux de tva", "taux tva", "vat", "vat rate"),
    "temperature_class": (
        "temperature class",
        "cold class",
        "classe de temperature",
        "temperature",
        "classe de froid",
        "froid",
        "conservation",
        "storage",
        "cold chain",
        "chaine du froid",
    ),
    "season": ("season", "saison", "saisonnalite", "disponibilite", "periode", "mois"),
    "season_from": (
        "season from",
        "saison de",
        "saison du",
        "debut saison",
        "debut de saison",
        "from month",
        "mois debut",
        "de mois",
    ),
    "season_to": (
        "season to",
        "saison a",
        "saison au",
        "fin saison",
        "fin de saison",
        "to month",
        "mois fin",
        "a mois",
    ),
    "weighed": ("weighed", "variable weight", "pese", "poids variable", "a peser", "au poids", "catch weight"),
    "allergens": ("allergens", "allergenes", "allergene", "allergen"),
    "labels": ("labels", "label", "certification", "certifications", "mention", "mentions"),
    "available": (
        "available",
        "disponible",
        "stock",
        "quantite disponible",
        "quantity available",
        "en stock",
        "qte disponible",
        "available quantity",
    ),
    "case": (
        "case",
        "case size",
        "colisage",
        "par caisse de",
        "quantite par caisse",
        "pieces par caisse",
        "units per case",
    ),
    "stock_unit": ("stock unit", "unite de stock", "stock compte en", "stock en"),
    "deposit": ("deposit", "consigne", "container deposit"),
    "minimum": ("minimum", "mini", "minimum de commande", "minimum order", "mini de commande"),
    "weight_margin": ("weight margin", "marge de poids", "tolerance de poids"),
    "legal_name": ("legal name", "denomination legale", "denomination de vente"),
    "ingredients": ("ingredients", "ingredient", "composition"),
    "origin": ("origin", "origine", "provenance", "pays d origine", "country of origin"),
    "variety": ("variety", "variete"),
    "note": (
        "note",
        "notes",
        "rule",
        "regle",
        "remarque",
        "remarques",
        "commentaire",
        "comment",
        "comments",
        "observations",
    ),
    "makers": ("producers", "producteurs", "producer", "producteur", "maker", "makers", "fabricant"),
}
"""Field -> headers it is known by, folded, punctuation as spaces. The first is ours."""

NEEDED = ("reference", "name_fr", "price")
"""Without these columns nothing of a list can be understood."""

MANY = frozenset({"note", "makers"})
"""Several columns may say these."""

_BY_HEADER = {header: field for field, headers in SYNONYMS.items() for header in headers}
_DROPPED = frozenset({"€", "eur", "euros", "euro", "l'"})


def field_of(header: str) -> str | None:
    """The field a header names. `Prix TTC (€)` is the price; `Prix HT` is not: prices here include VAT."""
    bare = "".join(c if c.isalnum() or c == "€" else " " for c in folded(header))
    words = bare.split()
    for spelt in (words, [word for word in words if word not in _DROPPED]):
        field = _BY_HEADER.get(" ".join(spelt))
        if field:
            return field
    return None


def recognised(cells: Sequence[str]) -> int:
    """How many fields a row of cells names, if it is a header."""
    return len({field for cell in cells if len(cell) <= 60 and (field := field_of(cell))})


@dataclass(frozen=True)
class Columns:
    """`found`: field -> positions; `headers`: as the file writes them; `unused`: headers that nothing is read from."""

    found: dict[str, tuple[int, ...]]
    headers: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def missing(self) -> list[str]:
        """Needed fields that no column names."""
        return [field for field in NEEDED if field not in self.found]

    @property
    def repeated(self) -> list[str]:
        """Headers of a second column that says what another one says already."""
        return [self.headers[spot] for field, spots in self.found.items() if field not in MANY for spot in spots[1:]]

    def header(self, field: str) -> str:
        """What the file calls a field; "" where it does not have it."""
        spots = self.found.get(field)
        return self.headers[spots[0]] if spots else ""

    def cell(self, field: str, cells: Sequence[str]) -> str | None:
        """The text of a row at a field; None where the list has no such column."""
        spots = self.found.get(field)
        if spots is None:
            return None
        return " · ".join(cells[spot] for spot in spots if spot < len(cells) and cells[spot])


def columns_of(headers: Sequence[str]) -> Columns:
    found: dict[str, tuple[int, ...]] = {}
    unused = []
    for spot, header in enumerate(headers):
        field = field_of(header)
        if field:
            found[field] = (*found.get(field, ()), spot)
        elif header:
            unused.append(header)
    return Columns(found, tuple(headers), tuple(unused))
