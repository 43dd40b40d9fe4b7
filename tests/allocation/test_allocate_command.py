"""`cabas allocate FILE`: JSON in, tables or JSON out, and a sentence for every field that is wrong."""

import json
import subprocess
import sys

import pytest

from cabas.cli import main

LEMONS = {
    "pools": [{"id": "lemons", "unit": "kg", "case": 12, "price": "2.20"}],
    "lines": [
        {"household": "A", "group": "X", "product": "lemons", "firm": 7, "tolerance": 2},
        {"household": "B", "group": "Y", "product": "lemons", "firm": 3},
    ],
}


@pytest.fixture
def cabas(tmp_path, capsys):
    """Runs the command on a problem; (status, output, complaints)."""

    def run(problem, *options):
        file = tmp_path / "problem.json"
        if isinstance(problem, bytes):
            file.write_bytes(problem)
        elif problem is not None:
            file.write_text(problem if isinstance(problem, str) else json.dumps(problem))
        with pytest.raises(SystemExit) as end:
            main(["allocate", str(file), *options])
        told = capsys.readouterr()
        return end.value.code, told.out, told.err

    return run


def test_the_result_as_json_has_every_number_as_text(cabas):
    status, out, _err = cabas(LEMONS, "--json", "--language", "en")
    result = json.loads(out)
    assert status == 0
    supply = result["supplies"][0]
    assert (supply["cases"], supply["goods"], supply["extra"], supply["surplus"]) == (1, "12", "2", "0")
    line = result["lines"][0]
    assert (line["given"], line["short"], line["reason"]["cause"]) == ("9", False, "completes_case")
    assert (line["reason"]["difference"], line["reason"]["cost"]) == ("2", "4.40")
    assert line["reason"]["sentence"].startswith("2\u00a0kg more than you asked, for €4.40")
    assert result["groups"][0] == {"group": "X", "product": "lemons", "asked": "7", "given": "9"}


def test_french_comes_first(cabas):
    _status, out, _err = cabas(LEMONS)
    assert "à commander" in out
    assert "de plus que demandé" in out


def test_a_number_written_as_text_is_the_same_number(cabas):
    told = json.loads(json.dumps(LEMONS).replace('"firm": 3', '"firm": "3.000"').replace('"2.20"', "2.2"))
    assert cabas(told) == cabas(LEMONS)


def test_three_tenths_stay_three_tenths(cabas):
    tenths = {
        "pools": [{"id": "tea", "unit": "kg", "step": 0.1}],
        "lines": [{"household": "A", "product": "tea", "firm": 0.3}],
    }
    assert json.loads(cabas(tenths, "--json")[1])["lines"][0]["given"] == "0.3"


def wrong(**changes):
    """LEMONS with a field of its first pool or line changed: pool_case=..., line_firm=..."""
    problem = json.loads(json.dumps(LEMONS))
    for name, value in changes.items():
        kind, _, field = name.partition("_")
        (problem[f"{kind}s"][0] if kind in ("pool", "line") else problem)[field or kind] = value
    return problem


@pytest.mark.parametrize(
    ("problem", "complaint"),
    [
        (
            wrong(pool_case="€ 50,00"),
            'pools[0].case: is not a number: write 50 or "50.00", without unit, not “€ 50,00”',
        ),
        (wrong(pool_case=-1), "pools[0].case: is less than 0"),
        (wrong(pool_case=0), "pools[0].case: must be more than 0"),
        (wrong(pool_unit="crate"), "pools[0].unit: "),
        (wrong(pool_price="2.205"), "pools[0].price: has more than 2 decimals: “2.205”"),
        (wrong(pool_shortage_rule="fair"), "pools[0].shortage_rule: "),
        (wrong(pool_step=0), "pools[0].step: must be more than 0"),
        (wrong(line_firm=True), "lines[0].firm: is not a number"),
        (wrong(line_firm=0.0001), "lines[0].firm: has more than 3 decimals: “0.0001”"),
        (wrong(line_firm=1e300), "lines[0].firm: is too large"),
        (wrong(line_firm="NaN"), "lines[0].firm: is too large: “NaN”"),
        (wrong(line_firm=2.5), "lines[0].firm: 2.5 is no multiple of 1, the step of “lemons”"),
        (wrong(line_least=8), "lines[0].least: 8 is more than the firm quantity, 7"),
        (wrong(line_product="pears"), "lines[0].product: there is no product “pears”"),
        (wrong(line_hosehold="A"), "lines[0].hosehold: there is no such field"),
        (wrong(lines=3), "lines: must be a list: [...]"),
        (wrong(minima=[{"id": "m", "pool": "lemons"}]), "minima[0]: say one of money, weight_kg, cases, quantity"),
        (wrong(minima=[{"id": "m", "cases": 1}]), "minima[0].pool: a minimum is of a pool or of a producer"),
        (wrong(crates=[{"id": "c", "case": 5, "pools": ["pears"]}]), "crates[0].pools: there is no pool “pears”"),
        (wrong(products=[{"id": "bag", "pool": "pears"}]), "products[0].pool: there is no pool “pears”"),
        ({"pools": []}, "lines: is missing"),
        ([], "This is no problem: must be an object: {...}"),
        ("{", "This is no JSON: "),
        ("", "This is no JSON: "),
        (b"\xff\xfe\x00", "This is no JSON: "),
        ("[" * 100_000, "This is no "),
        ('{"pools": [], "lines": [], "seed": NaN}', "This is no JSON: NaN is no number"),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_what_is_wrong_is_told_at_its_field(cabas, problem, complaint):
    status, out, err = cabas(problem)
    assert (status, out) == (1, "")
    assert complaint in err
    assert "Traceback" not in err


def test_fs_60_a_minimum_written_as_text_with_its_sign_is_refused_and_never_zero(cabas):
    """Ours, and T5: the peer read "€ 50,00" as 0, so that any order was sent."""
    minimum = {"id": "franco", "pool": "lemons", "money": {"euros": "€ 50,00"}}
    status, _out, err = cabas(wrong(minima=[minimum]))
    assert status == 1
    assert "minima[0].money.euros: is not a number" in err


def test_all_faults_are_told_at_once(cabas):
    problem = wrong(pool_case="x", line_firm="y", line_least="z")
    assert cabas(problem)[2].count("\n") == 4


def test_many_faults_are_cut_short(cabas):
    lines = [{"household": "A", "product": "lemons", "firm": "x"}] * 100
    assert "and 80 more" in cabas(wrong(lines=lines))[2]


def test_a_file_that_is_not_there(cabas):
    status, _out, err = cabas(None)
    assert status == 1
    assert "cannot be read: No such file or directory" in err


def test_twice_the_same_line_asks_for_an_id(cabas):
    assert "lines[1].id: “A, lemons” is there twice" in cabas(wrong(lines=[LEMONS["lines"][0]] * 2))[2]


def test_it_runs_as_a_command():
    done = subprocess.run(
        [sys.executable, "-m", "cabas", "allocate", "-", "--json"],
        input=json.dumps(LEMONS), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["supplies"][0]["cases"] == 1
