"""Everybody names the same temperature classes."""

from catalog.nomenclature import temperature_classes as catalogs
from coldchain.temperature import temperature_classes


def test_what_the_catalog_offers_is_what_the_cold_chain_knows() -> None:
    assert set(catalogs().codes) == set(temperature_classes())
