"""The order in which goods are loaded."""

from logistics.temperature_class import temperature_class, temperature_classes


def test_frozen_comes_first_then_the_coldest_and_ambient_after_all_that_is_cooled() -> None:
    codes = sorted(temperature_classes(), key=lambda code: temperature_class(code).rank)
    assert codes[0] == "FROZEN"
    limits = [limit for code in codes if (limit := temperature_class(code).max_c) is not None]
    assert limits == sorted(limits)
    assert codes.index("EGGS") < codes.index("AMBIENT") < codes.index("HOT_DISH")


def test_every_class_has_a_name_in_both_languages() -> None:
    assert all(kind.name.fr and kind.name.en for kind in temperature_classes().values())


def test_a_class_nobody_told_us_of_goes_last_under_its_code() -> None:
    strange = temperature_class("SPACE_FOOD")
    assert strange.name.fr == "SPACE_FOOD"
    assert strange.rank > max(kind.rank for kind in temperature_classes().values())
