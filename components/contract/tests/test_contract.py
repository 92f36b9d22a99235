"""Contracts on rows with known faults, and on rows without."""

import csv
import json
import random

import pytest
from penstock_ml.wire import InputError
from PIL import Image

NOW = "2026-06-02T00:00:00Z"
CONTRACT = """
apiVersion: v3.1.0
kind: DataContract
id: orders
name: Orders
version: 1.0.0
status: active
schema:
  - name: orders
    properties:
      - {name: id, logicalType: string, primaryKey: true, logicalTypeOptions: {pattern: '^o-[0-9]+$'}}
      - {name: amount, logicalType: number, required: true, logicalTypeOptions: {minimum: 0, maximum: 10000}}
      - {name: count, logicalType: integer}
      - {name: email, logicalType: string, logicalTypeOptions: {maxLength: 30}}
      - name: country
        logicalType: string
        quality:
          - {metric: invalidValues, arguments: {validValues: [DE, FR, ES]}, mustBe: 0}
          - {type: custom, engine: penstock, implementation: {metric: smallestShare, mustBeGreaterOrEqualTo: 10}}
          - {type: text, description: Countries are where the goods go}
      - {name: at, logicalType: timestamp, required: true}
      - name: note
        quality: [{metric: nullValues, unit: percent, mustBeLessThan: 60}]
    quality:
      - {metric: rowCount, mustBeBetween: [400, 600]}
slaProperties:
  - {property: latency, value: 2, unit: d, element: orders.at}
"""


def orders(seed):
    source = random.Random(seed)
    return [
        {
            "id": f"o-{number}",
            "amount": round(source.lognormvariate(3, 1), 2),
            "count": source.randrange(1, 9),
            "email": f"u{number}@example.com" if source.random() < 0.9 else "",
            "country": source.choice(["DE", "FR", "ES"]),
            "at": f"2026-06-01T{source.randrange(24):02}:{source.randrange(60):02}:00Z",
            "note": "" if source.random() < 0.4 else 'said "hello",\nand left',
        }
        for number in range(500)
    ]


def one(name, value, row=100):
    def change(rows):
        rows[row][name] = value
        return rows

    return change


FAULTS = {
    "id: primary key": one("id", "o-7"),
    "id: string": one("id", "x-100"),
    "amount: required": one("amount", ""),
    "amount: number": one("amount", "-5"),
    "count: integer": one("count", "2.5"),
    "email: string": one("email", "someone.with.a.very.long.name@example.com"),
    "country: invalidValues": one("country", "XX"),
    "country: smallestShare": lambda rows: [{**row, "country": "DE" if n > 20 else "FR"} for n, row in enumerate(rows)],
    "rows: rowCount": lambda rows: rows[:300],
    "at: at most 2 d old": lambda rows: [{**row, "at": "2026-05-20T00:00:00Z"} for row in rows],
}
NAMED = {"id: primary key", "id: string", "amount: required", "amount: number", "count: integer", "email: string"}


@pytest.fixture
def check(step, tmp_path):
    def run(rows, *, contract=CONTRACT, **inputs):
        data = tmp_path / "data"
        if isinstance(rows, str):
            data.write_text(rows)
        else:
            with open(data, "w", newline="") as file:
                writer = csv.DictWriter(file, rows[0])
                writer.writeheader()
                writer.writerows(rows)
        artifacts = {"report": tmp_path / "report", "details": tmp_path / "details"}
        return step("contract", artifacts=artifacts, **{"data": data, "contract": contract, "now": NOW, **inputs})

    return run


@pytest.mark.parametrize("fault", FAULTS)
def test_each_of_ten_faults_is_found_and_nothing_else(check, fault, tmp_path):
    outputs = check(FAULTS[fault](orders(0)), strict=False)
    assert not outputs["kept"]
    # One order from another country is also a country with too small a share.
    also = ["country: smallestShare"] if fault == "country: invalidValues" else []
    assert outputs["broken"] == [fault, *also]
    assert outputs["worst"] == ([101] if fault in NAMED or "invalid" in fault else [])
    with Image.open(tmp_path / "report") as image:
        assert image.format == "PNG"


@pytest.mark.parametrize("seed", range(20))
def test_nothing_is_found_in_what_is_clean(check, seed):
    outputs = check(orders(seed))
    assert (outputs["kept"], outputs["broken"], outputs["rows"], outputs["unchecked"]) == (True, [], 500, 1)


def test_the_worst_rows_are_named_and_what_is_wrong_with_them(check):
    rows = orders(0)
    rows[7] |= {"amount": "-5", "country": "XX", "count": "many"}
    rows[3]["country"] = "YY"
    words = (
        r"4 of 15 checks of Orders are broken in 500 rows; the worst: row 8 \(amount: '-5' breaks minimum 0, count: "
    )
    with pytest.raises(
        InputError, match=words + r"'many' is no integer, country: 'XX' is none of DE, FR, ES\); row 4 "
    ):
        check(rows)


def test_what_is_counted_over_all_rows_is_told_with_the_number(check):
    with pytest.raises(InputError, match=r"of all rows: rows: rowCount \(found 300\)"):
        check(orders(0)[:300])


def test_the_details_hold_each_check_with_its_rows(check, tmp_path):
    check(FAULTS["amount: number"](orders(0)), strict=False)
    told = json.loads((tmp_path / "details").read_text())
    broken = [one for one in told["checks"] if not one["kept"]]
    assert [one["rows"] for one in broken] == [[{"row": 101, "why": "amount: '-5' breaks minimum 0"}]]
    assert told["unchecked"] == ["Countries are where the goods go"]


def test_json_lines_and_their_types(check):
    contract = """
apiVersion: v3.1.0
kind: DataContract
schema:
  - name: a
    properties:
      - {name: n, logicalType: number, unique: true}
      - {name: b, logicalType: boolean}
      - {name: s, logicalType: string}
      - {name: d, logicalType: date, logicalTypeOptions: {minimum: 2026-01-01}}
      - {name: l, logicalType: array}
"""
    good = [{"n": 1, "b": True, "s": "x", "d": "2026-05-01", "l": []}, {"n": 2.5, "s": None, "l": [1]}]
    text = "\n".join(map(json.dumps, good))
    assert check(text, contract=contract)["kept"]
    for change in ({"n": 1}, {"n": True}, {"b": "maybe"}, {"s": 5}, {"d": "2025-12-31"}, {"d": "soon"}, {"l": {}}):
        wrong = text + "\n" + json.dumps({"n": 9, **change})
        assert check(wrong, contract=contract, strict=False)["worst"] == [3], change


def test_a_column_that_is_not_there_is_told(check):
    rows = [{("total" if name == "amount" else name): value for name, value in row.items()} for row in orders(0)]
    with pytest.raises(InputError, match="amount: there is no such column"):
        check(rows)


def test_a_dataset_is_rows_too(step, digits, tmp_path):
    contract = """
apiVersion: v3.1.0
kind: DataContract
schema:
  - name: digits
    properties:
      - {name: least, logicalType: number, logicalTypeOptions: {minimum: 0}}
      - {name: most, logicalType: number, logicalTypeOptions: {maximum: LIMIT}}
      - name: label
        required: true
        quality: [{type: custom, engine: penstock, implementation: {metric: smallestShare, mustBeGreaterThan: 8}}]
    quality: [{metric: rowCount, mustBe: 1797}]
"""
    artifacts = {"report": tmp_path / "r", "details": tmp_path / "d"}
    for limit, kept in ((1, True), (0.5, False)):
        given = contract.replace("LIMIT", str(limit))
        outputs = step("contract", artifacts=artifacts, data=digits, contract=given, strict=False)
        assert (outputs["kept"], outputs["rows"]) == (kept, 1797)


HEAD = "apiVersion: v3.1.0\nkind: DataContract\n"


@pytest.mark.parametrize(
    ("contract", "words"),
    [
        ("/nowhere/contract.yaml", "cannot read the contract /nowhere"),
        ("a: [\nb", "the contract does not parse"),
        ("a: 1\n", "needs `kind: DataContract`"),
        ("kind: DataContract\napiVersion: v2.2.2\n", "is 'v2.2.2', but must be v3.1.0"),
        (HEAD, "has no object '' to take: say one of none"),
        (HEAD + "schema: [{name: a}, {name: b}]\n", "say one of a, b"),
        (HEAD + "schema: [{name: a}]\n", "asks nothing of 'a'"),
        (HEAD + "schema: 5\n", "schema of the contract must be a list of objects"),
        (HEAD + "schema: [{name: a, properties: [{logicalType: string}]}]\n", r"properties\[0\] has no name"),
        (HEAD + "schema: [{name: a, properties: [{name: x, logicalType: text}]}]\n", "logicalType is 'text'"),
        (HEAD + "schema: [{name: a, quality: [{metric: rows, mustBe: 1}]}]\n", "metric is 'rows', but must be one of"),
        (HEAD + "schema: [{name: a, quality: [{metric: rowCount}]}]\n", "has no limit"),
        (HEAD + "schema: [{name: a, quality: [{metric: rowCount, mustBe: many}]}]\n", "'many', but takes 1 number"),
        (HEAD + "schema: [{name: a, quality: [{metric: nullValues, mustBe: 0}]}]\n", "belongs to a property"),
        (
            HEAD + "schema: [{name: a, properties: [{name: x, logicalTypeOptions: {pattern: '('}}]}]\n",
            "no regular expression",
        ),
    ],
)
def test_a_contract_that_is_none_is_told(check, contract, words):
    with pytest.raises(InputError, match=words):
        check(orders(0), contract=contract)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1\n", "row 1 of .* has not the 2 fields"),
        ('{"a": 1}\n[2]\n', "line 2 of .* no object"),
        ('{"a"', "no JSON"),
    ],
)
def test_data_that_cannot_be_read_are_told(check, text, words):
    with pytest.raises(InputError, match=words):
        check(text)
