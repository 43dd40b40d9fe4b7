"""The map of the network: true to the ground, names that keep out of each other's way, nothing outside the sheet."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st
from network_desk import DOCK, FARM, NETWORK, add, furnish, tell

from chassis.identity import Grant
from coldchain.day import SiteKind
from contracts import Role
from logistics.network.drawing import MARK, Area, Spot, _area, draw
from logistics.network.known import known_places


def spots(*where: tuple[float, float]) -> list[Spot]:
    kinds = list(SiteKind)
    return [
        Spot(f"s{at}", at, f"Lieu-dit numéro {at}", kinds[at % 4], latitude, longitude)
        for at, (latitude, longitude) in enumerate(where, start=1)
    ]


anywhere = st.tuples(st.floats(-90, 90, allow_nan=False), st.floats(-180, 180, allow_nan=False))


@given(st.lists(anywhere, min_size=1, max_size=25), st.sampled_from([(960, 13, True), (340, 12, False)]))
def test_every_place_is_on_the_sheet_and_no_label_hides_another(where, shape):
    width, letters, named = shape
    drawing = draw(spots(*where), [], width=width, letters=letters, named=named)
    sheet = Area(0, 0, drawing.width, drawing.height)
    assert len(drawing.marks) + len(drawing.far) == len(where)
    assert len(drawing.far) * 4 <= len(where)
    labels = []
    for mark in drawing.marks:
        assert Area(mark.x - MARK, mark.y - MARK, mark.x + MARK, mark.y + MARK).within(sheet)
        if mark.label:
            labels.append(_area(mark.label, mark.label_x, mark.label_y, mark.anchor, letters))
            assert labels[-1].within(sheet)
    assert not any(a.meets(b) for at, a in enumerate(labels) for b in labels[at + 1 :])
    assert 0 < drawing.bar <= drawing.width


def test_the_known_villages_are_all_told_apart():
    found = [(place.latitude, place.longitude) for place in known_places()]
    drawing = draw(spots(*found), [], width=960, letters=13, named=True)
    # Mula, in Spain, would shrink the Aude to a dot: it is named beside the map.
    assert [known_places()[spot.number - 1].name for spot in drawing.far] == ["Mula"]
    # Each of the others has its name, or at least the number that the table explains.
    assert sum(bool(mark.label) for mark in drawing.marks) >= 0.9 * len(drawing.marks)
    assert drawing.bar_km <= 50


def test_north_is_above_and_distances_are_true():
    # 0.1 degree of latitude is as long as 0.1 / cos(43 degrees) of longitude.
    middle, north, east = draw(
        spots((43.0, 2.0), (43.1, 2.0), (43.0, 2.13673)), [], width=960, letters=13, named=True
    ).marks
    assert north.y < middle.y
    assert east.x > middle.x
    assert abs((middle.y - north.y) - (east.x - middle.x)) <= 2


def test_a_round_is_drawn_through_its_places_and_skips_those_without_coordinates():
    marcel = ("Marcel", ["s1", "lost", "s2", "s1"])
    drawing = draw(spots((43, 2), (43.2, 2.1)), [marcel], width=340, letters=12, named=False)
    (line,) = drawing.lines
    assert len(line.points.split()) == 3
    assert draw(spots((43, 2)), [("Ana", ["s1", "lost"])], width=340, letters=12, named=False).lines == ()


async def test_the_page_draws_the_network_and_asks_nobody_else(app, client_for):
    await tell(app)
    desk = client_for(app, Grant(Role.COORDINATOR))
    assert "network-map" not in (await desk.get(NETWORK)).text
    await furnish(desk)
    unknown = {"producer_id": "bio", "name": 'Bio <"España">', "latitude": "", "longitude": ""}
    await add(desk, "sites", FARM | unknown, "bio")
    page = (await desk.get(NETWORK)).text
    shown = page[page.index("network-map") : page.index("</figure>")]
    assert shown.count("<polyline class=") == 2 + 1  # Marcel's round on both maps, and in the legend
    assert "Quai de Limoux" in shown
    assert "Espa" not in shown
    assert not re.search(r'(?:src|href|url\()="?https?://', page)
    table = html.unescape(page[page.index("<tbody>") :])
    assert "sans coordonnées" in table
    # A producer sees its own farm, and not where the others are.
    own = (await client_for(app, Grant(Role.PRODUCER, producer_id="pic")).get(NETWORK)).text
    assert "Fromagerie du Pic" in own
    assert DOCK["name"] not in own
