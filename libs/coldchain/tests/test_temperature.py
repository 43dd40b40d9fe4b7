"""The order in which goods are loaded."""

from coldchain.temperature import Band, carried_at, handed_over_at, temperature_class, temperature_classes


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


def test_a_label_lowers_a_limit_of_the_law_and_never_lifts_it() -> None:
    assert carried_at("FRESH_FISH", None) == Band(0, 20)
    assert carried_at("FRESH_FISH", 10) == Band(0, 10)
    assert carried_at("FRESH_FISH", 40) == Band(0, 20)
    assert carried_at("MINCED_MEAT", 40) == Band(None, 20)


def test_the_packers_label_prevails_for_perishables_until_they_are_handed_over() -> None:
    assert carried_at("PERISHABLE", None) == Band(None, 80)
    assert carried_at("PERISHABLE", 60) == Band(None, 60)
    assert carried_at("PERISHABLE", 120) == Band(None, 120)
    assert handed_over_at("PERISHABLE", 120) == Band(None, 80)
    assert handed_over_at("PERISHABLE", 60) == Band(None, 60)
    assert carried_at("VERY_PERISHABLE", 60) == Band(None, 60)
    assert handed_over_at("VERY_PERISHABLE", 60) == Band(None, 40)


def test_ready_dishes_keep_their_limit_at_both_stages_and_hot_ones_their_lower_bound() -> None:
    assert carried_at("COLD_DISH", 40) == handed_over_at("COLD_DISH", 40) == Band(None, 30)
    assert carried_at("HOT_DISH", 40) == Band(630, None)


def test_a_band_says_on_which_side_a_temperature_is_wrong() -> None:
    fish = Band(0, 20)
    assert fish.holds(0)
    assert fish.holds(20)
    assert fish.too_cold(-1)
    assert fish.too_warm(21)
    assert not Band(None, None).too_warm(1000)
