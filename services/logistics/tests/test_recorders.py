"""Files of recorders: as many layouts as makers, taken whole or not at all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cold_desk import PARIS, cooled_stay, incident, readings
from hypothesis import given
from hypothesis import strategies as st
from schedule_desk import publish, week

from chassis.identity import Grant
from contracts import Role
from logistics.cold import recorder_file
from logistics.cold.limit import Followed
from logistics.cold.recorder_file import Layout, Order, Wrong, read

URL = "/logistics/temperatures/recorders"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
FRENCH = Layout(PARIS)
EIGHT = datetime(2026, 11, 27, 7, 0, tzinfo=UTC)
"""At eight in Limoux."""


def told(content, layout=FRENCH):
    text = content.encode() if isinstance(content, str) else content
    return [(line.at, line.temperature) for line in read(text, layout, NOW)]


@pytest.mark.parametrize(
    ("content", "layout"),
    [
        ("Date;Heure;Température (°C)\n27/11/2026;08:00;3,5\n27/11/2026;08:10;-0,4\n", FRENCH),
        ("Date/Time,Temperature(°C)\n2026-11-27 08:00:00,3.5\n2026-11-27 08:10:00,-0.4\n", FRENCH),
        ("sep=;\nS/N;12345\n\nN°;Horodatage;T°\n1;27.11.2026 8:00;+3,5 °C\n2;27.11.2026 8:10;−0,4 °C\n", FRENCH),
        ("Date et heure\tTempérature [°C]\tAlarme\n27-11-26 08h00\t3,50\t\n27-11-26 08h10\t-0,41\t\n", FRENCH),
        ("Time,Celsius\n11/27/2026 8:00:00 AM,3.5\n11/27/2026 8:10:00 AM,-.4\n".replace("-.4", "-0.4"),
         Layout(PARIS, Order.MONTH_FIRST)),
        ("Timestamp;Temp.\n2026-11-27T07:00:00Z;3,5\n2026-11-27T09:10:00+02:00;-0,4\n", FRENCH),
        ("date;time;temperature\n27/11/2026;07:00;3.5\n27/11/2026;07:10;-0.4\n", Layout(ZoneInfo("UTC"))),
        ("Quand;Sonde B\n27/11/2026 08:00;3,5\n27/11/2026 08:10;-0,4\n",
         Layout(PARIS, date="quand", temperature="SONDE B")),
        ("Date;Température (°F)\n27/11/2026 08:00;38,3\n27/11/2026 08:10;31,3\n", FRENCH),
        ("\ufeffDate;°C\r\n27/11/2026 08:00;3,5\r\n\r\n27/11/2026 08:10;-0,4\r\n", FRENCH),
    ],
)  # fmt: skip
def test_layouts_of_many_makers_say_the_same(content, layout):
    assert told(content, layout) == [(EIGHT, 35), (EIGHT + timedelta(minutes=10), -4)]


def test_other_encodings_are_read():
    content = "Date;Température (°C)\n27/11/2026 08:00;3,5\n"
    for encoding in ("cp1252", "utf-16", "utf-8-sig"):
        assert told(content.encode(encoding)) == [(EIGHT, 35)]


def faults(content, layout=FRENCH):
    with pytest.raises(Wrong) as wrong:
        told(content, layout)
    return [(fault.line, fault.sentence) for fault in wrong.value.faults]


HEAD = "Date;Température (°C)\n27/11/2026 08:00;3,5\n"


@pytest.mark.parametrize(
    ("content", "line", "sentence"),
    [
        (HEAD + "27/11/2026 08:10;39,2 °F\n", 3, recorder_file.OTHER_UNIT),
        (HEAD + "27/11/2026 08:10;999\n", 3, recorder_file.IMPOSSIBLE),
        (HEAD + "27/11/2026 08:10;---\n", 3, recorder_file.NO_TEMPERATURE),
        (HEAD + "27/11/2026 08:10;\n", 3, recorder_file.NO_TEMPERATURE),
        (HEAD + "11/27/2026 08:10;3\n", 3, recorder_file.NO_DATE),
        (HEAD + "27/11/2026 25:10;3\n", 3, recorder_file.NO_DATE),
        (HEAD + "27/12/2026 08:10;3\n", 3, recorder_file.FUTURE),
        (HEAD + "29/03/2026 02:30;3\n", 3, recorder_file.SKIPPED_HOUR),
        (HEAD + "27/11/2026 08:00;3,6\n", 3, recorder_file.TWICE),
        (HEAD + "27/11/2026 08:10\n", 3, recorder_file.FEW_CELLS),
        ("Date;Humidité\n27/11/2026 08:00;81\n", 0, recorder_file.NO_HEADINGS),
        ("Date;Température °C / °F\n27/11/2026 08:00;81\n", 1, recorder_file.TWO_UNITS),
        ("Date;Température\n", 0, recorder_file.EMPTY),
        ("", 0, recorder_file.NO_HEADINGS),
        (b"PK\x03\x04\x00\x00", 0, recorder_file.NO_TEXT),
        (HEAD + "\n" * 20_000, 0, recorder_file.TOO_LONG),
    ],
)
def test_a_wrong_line_is_told_with_its_number(content, line, sentence):
    assert (line, sentence) in faults(content)


def test_the_hour_that_comes_twice_is_read_in_the_order_of_the_file():
    rows = ["25/10/2026 02:30;3,0", "25/10/2026 02:50;3,1", "25/10/2026 02:10;3,2", "25/10/2026 03:10;3,3"]
    moments = [at for at, _ in told("Date;T\n" + "\n".join(rows) + "\n")]
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moments == [first + timedelta(minutes=each) for each in (0, 20, 40, 100)]


@st.composite
def files(draw):
    """A file with its headings and line ends as some maker writes them, and what it says."""
    start = datetime(2026, 11, 1, 6, tzinfo=UTC)
    steps = draw(st.lists(st.integers(1, 90), min_size=1, max_size=8))
    tenths = [draw(st.integers(-300, 300)) for _ in steps]
    places = draw(st.sampled_from((0, 1, 2)))
    comma, delimiter = draw(st.sampled_from(((",", ";"), (".", ","), (".", ";"), (",", "\t"))))
    end = draw(st.sampled_from(("\n", "\r\n")))
    more = draw(st.sampled_from(("", "45", "OK")))
    rows, said, at = [], [], start
    for minutes, value in zip(steps, tenths, strict=True):
        at += timedelta(minutes=minutes)
        value = value // 10 * 10 if places == 0 else value
        sign, whole, part = "-" if value < 0 else "", abs(value) // 10, abs(value) % 10
        number = f"{sign}{whole}" + (f"{comma}{part}{'0' * (places - 1)}" if places else "")
        local = at.astimezone(PARIS)
        rows.append(delimiter.join([f"{local:%d/%m/%Y %H:%M}", number, *([more] if more else [])]))
        said.append((at, value))
    head = delimiter.join(["Date", "Température (°C)", *(["Autre"] if more else [])])
    return end.join([head, *rows, ""]), said


@given(files(), st.data())
def test_a_file_cut_anywhere_says_only_what_it_said_whole_or_nothing(file, data):
    content, said = file
    assert told(content) == said
    cut = content.encode()[: data.draw(st.integers(0, len(content.encode())))]
    try:
        kept = told(cut)
    except Wrong:
        return
    assert kept == said[: len(kept)]


@given(st.binary(max_size=300))
def test_whatever_is_sent_is_read_or_told(content):
    try:
        found = read(b"Date;Temp\n" + content, FRENCH, NOW)
    except Wrong:
        return
    assert found


# Through the page


@pytest.fixture
async def desk(app, client_for):
    browser = client_for(app, Grant(Role.COORDINATOR), name="Nadia")
    await week(app, browser)
    return browser


@pytest.fixture
async def hub(app, desk, clock):
    followed = Followed.of(await publish(app))
    place, at, _band = cooled_stay(followed)
    clock.set(at + timedelta(hours=1))
    form = {"id": "e1", "name": "Enregistreur", "place": place.code, "zone": "hub", "order": "dmy"}
    assert (await desk.submit(f"{URL}/new", form)).status_code == 303
    return followed


def lines(at, *tenths):
    rows = [
        f"{(at + timedelta(minutes=n)).astimezone(PARIS):%d/%m/%Y %H:%M};{each // 10},{each % 10}\n"
        for n, each in enumerate(tenths)
    ]
    return ("Date;Température (°C)\n" + "".join(rows)).encode()


async def send(desk, content, name="export.csv"):
    return await desk.submit(f"{URL}/e1/file", files={"file": (name, content, "text/csv")})


async def test_a_file_is_taken_and_the_same_file_twice_changes_nothing(app, desk, hub):
    place, at, band = cooled_stay(hub)
    content = lines(at, 30, 31, band.highest + 12)
    for _ in range(2):
        assert (await send(desk, content)).status_code == 303
    kept = await readings(app)
    assert [(one.at, one.temperature, one.place) for one in kept] == [
        (at, 30, place),
        (at + timedelta(minutes=1), 31, place),
        (at + timedelta(minutes=2), band.highest + 12, place),
    ]
    [one] = await incident(app)
    assert len(one.steps) == 1
    assert "export.csv" in (await desk.get(f"{URL}/e1")).text


async def test_a_longer_file_adds_only_what_is_new(app, desk, hub):
    _place, at, _ = cooled_stay(hub)
    await send(desk, lines(at, 30, 31))
    await send(desk, lines(at, 30, 31, 32), "export2.csv")
    assert [one.temperature for one in await readings(app)] == [30, 31, 32]


async def test_a_broken_line_is_told_with_its_number_and_nothing_is_taken(app, desk, hub):
    _place, at, _ = cooled_stay(hub)
    content = lines(at, 30, 31) + b"27/11/2026 09:00;chaud\n"
    said = await send(desk, content)
    assert said.status_code == 422
    assert "chaud" in said.text
    assert ">4<" in said.text
    assert await readings(app) == []


async def test_a_file_that_contradicts_what_is_kept_is_refused_whole(app, desk, hub):
    _place, at, _ = cooled_stay(hub)
    await send(desk, lines(at, 30))
    said = await send(desk, lines(at, 35, 36))
    assert said.status_code == 422
    assert ">2<" in said.text
    assert [one.temperature for one in await readings(app)] == [30]


async def test_no_file_is_told_at_the_field(desk, hub):
    said = await desk.submit(f"{URL}/e1/file", {"x": "y"})
    assert said.status_code == 422
    assert 'id="field-file-error"' in said.text


async def test_how_a_recorder_writes_is_kept_and_changed(app, desk, hub):
    _place, at, _ = cooled_stay(hub)
    content = lines(at, 30).replace(b"Date", b"Quand").replace("Température".encode(), b"Sonde")
    assert (await send(desk, content)).status_code == 422
    sheet = {"version": "1", "name": "Enregistreur", "place": cooled_stay(hub)[0].code, "zone": "hub", "order": "dmy"}
    edited = await desk.submit(f"{URL}/e1/edit", sheet | {"date_column": "Quand", "temperature_column": "Sonde"})
    assert edited.status_code == 303
    assert (await send(desk, content)).status_code == 303
    assert len(await readings(app)) == 1
    assert (await desk.submit(f"{URL}/e1/edit", sheet)).status_code == 409
    assert (await desk.submit(f"{URL}/e1/retire", {"version": "2"})).status_code == 303
    assert (await send(desk, lines(at, 31))).status_code == 409
