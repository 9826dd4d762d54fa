"""The table of numbering plans against libphonenumber: whose a number is, and whether it is of a range that costs more.

`numbers.txt` is what Swift's own tests hold the guard to. It is written anew with
    python Tests/InteropTests/test_numbering.py > Tests/Fixtures/dialing/numbers.txt
"""

import pathlib
import random
import re

import phonenumbers
import pytest
from phonenumbers import PhoneNumberType as Type

TESTS = pathlib.Path(__file__).resolve().parent.parent
TABLE = TESTS.parent / "Sources/Dialing/NumberingTable.swift"
FIXTURE = TESTS / "Fixtures/dialing/numbers.txt"

KINDS = {
    Type.FIXED_LINE: "plain",
    Type.MOBILE: "plain",
    Type.FIXED_LINE_OR_MOBILE: "plain",
    Type.VOIP: "plain",
    Type.TOLL_FREE: "free",
    Type.PREMIUM_RATE: "special",
    Type.SHARED_COST: "special",
    Type.PERSONAL_NUMBER: "special",
}
# The table is stricter on purpose: 600 is a code of no place in Canada and a shared-cost one in Chile, where the library says VoIP; 976 is an
# exchange that costs more in every area code of +1. +1 500 555 00xx are Twilio's test numbers.
STRICTER = re.compile(r"\+(?:1(?:600|622|633|644|655|677|688|...976|50055500)|56600)")
# Told from plain numbers by digits in their middle: China's 95 and 96 behind an area code, Japan's nine-digit 60 beside its mobile 60.
LEFT_OUT = re.compile(r"\+(?:86[2-9]\d{1,2}9[56]\d+|810?60\d{7})$")
RANDOM = 30_000


def classified(number):
    """Country or service, and kind; None for what is left out."""
    kind = KINDS.get(phonenumbers.number_type(number))
    region = phonenumbers.region_code_for_number(number)
    if kind is None or region is None:
        return None
    if region == "001":
        return "*", "special"
    return region, kind


def samples(seed, each):
    """Numbers of every kind and country: the library's examples, and the same with other digits behind their beginning."""
    chance = random.Random(seed)
    regions = sorted(phonenumbers.SUPPORTED_REGIONS) + sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS)
    for region in regions:
        found = {}
        for kind in KINDS:
            if isinstance(region, int):
                example = phonenumbers.example_number_for_non_geo_entity(region)
            else:
                example = phonenumbers.example_number_for_type(region, kind)
            if example is None:
                continue
            found[phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)] = classified(example)
            text = phonenumbers.national_significant_number(example)
            for _ in range(each * 20):
                kept = chance.randint(0, len(text) - 2)
                digits = text[:kept] + "".join(chance.choice("0123456789") for _ in text[kept:])
                number = phonenumbers.parse(f"+{example.country_code}{digits}")
                if phonenumbers.is_valid_number(number) and sum(c == classified(number) for c in found.values()) < each:
                    found[f"+{example.country_code}{digits}"] = classified(number)
        yield from ((number, *verdict) for number, verdict in sorted(found.items()) if verdict)


class Table:
    """The Swift table, read and applied once more."""

    def __init__(self):
        text = TABLE.read_text().split('"""')[1]
        self.owners, self.specials, self.codes = {}, {}, {}
        for row in re.sub(r"\\\n\s*", "", text).strip().split("\n"):
            places, region, rest = row.strip().split(" ", 2)
            code, *parts = places.split("/")
            for part in parts[0].split(",") if parts else [""]:
                assert code + part not in self.owners, f"{code}{part} stands twice"
                self.owners[code + part] = region
            self.codes.setdefault(code, region)
            if region == "*":
                self.specials[code] = 0
            for part in rest.partition(":")[2].split():
                prefix, _, fewest = part.partition(":")
                assert code + prefix not in self.specials, f"{code}{prefix} stands twice"
                self.specials[code + prefix] = len(code) + int(fewest) if fewest else 0

    def verdict(self, number):
        code = str(phonenumbers.parse(number).country_code)
        national = number[1 + len(code) :]
        if code != "39" and national.startswith("0"):
            owner, special = self.found(code + national[1:])
            return owner, special or self.found(code + national)[1]
        return self.found(code + national)

    def found(self, digits):
        begins = [digits[:length] for length in range(1, len(digits))]
        owner = max((begin for begin in begins if begin in self.owners), key=len)
        fewest = [self.specials[begin] for begin in begins if begin in self.specials]
        is_976 = digits[0] == "1" and digits[4:7] == "976"
        return self.owners[owner], any(len(digits) >= least for least in fewest) or is_976

    def region(self, number, region):
        """The row that the library's region belongs to: small neighbours share their calling code's."""
        return region if region in self.owners.values() else self.codes[str(phonenumbers.parse(number).country_code)]


@pytest.fixture(scope="module")
def table():
    return Table()


def disagreements(table, numbers):
    for number, region, kind in numbers:
        if STRICTER.match(number) or LEFT_OUT.match(number):
            continue
        row, special = table.verdict(number)
        if kind == "special":
            # Whoever has a range that is to be listed itself does not matter.
            if not special:
                yield f"{number} {region} is special, the table does not say so"
        elif special:
            if kind == "plain":
                yield f"{number} {region} is plain, the table calls it special"
        elif row == "~" and kind == "free":
            continue
        elif row != table.region(number, region):
            yield f"{number} is {region}, the table says {row}"


def test_every_calling_code_has_a_row(table):
    expected = {str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
    assert {owner for owner in table.owners if owner in table.codes} == expected


def test_fixture_is_what_the_library_says():
    lines = [line.split() for line in FIXTURE.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) > 2_000
    wrong = [line for line in lines if classified(phonenumbers.parse(line[0])) != (line[1], line[2])]
    assert not wrong


@pytest.mark.parametrize("seed", range(2))
def test_table_agrees_about_samples(table, seed):
    numbers = list(samples(seed, 4))
    assert len(numbers) > 2_000
    assert not list(disagreements(table, numbers))


def test_table_agrees_about_random_numbers(table):
    chance = random.Random(7)
    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    numbers = []
    for _ in range(RANDOM):
        text = f"+{chance.choice(codes)}" + "".join(chance.choice("0123456789") for _ in range(chance.randint(6, 11)))
        number = phonenumbers.parse(text)
        if phonenumbers.is_valid_number(number) and (verdict := classified(number)):
            numbers.append((phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164), *verdict))
    assert len(numbers) > 1_500
    assert not list(disagreements(table, numbers))


if __name__ == "__main__":
    print("# Valid numbers by libphonenumber: number, country (* for a code of no country), kind. Written by test_numbering.py.")
    for sample in samples(0, 3):
        print(*sample)
