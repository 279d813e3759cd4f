# -*- coding: utf-8 -*-
from __future__ import unicode_literals

import datetime

import pytest

from parcels.label import make_number
from parcels.ledger import Entry, Ledger, LedgerError, render_totals

MORNING = datetime.datetime(2019, 3, 4, 9, 15)


@pytest.fixture
def ledger(tmpdir):
    return Ledger(str(tmpdir.join('ledger.txt')))


def _entry(serial, target, cents):
    return Entry(make_number('CP', serial), target, cents, MORNING)


def test_missing_file_is_an_empty_ledger(ledger):
    assert ledger.entries() == []
    assert ledger.next_serial() == 1
    assert render_totals(ledger) == 'no parcels'


def test_entry_survives_the_file(ledger):
    ledger.append(_entry(7, 'ZÜRICH', 1980))
    entry = ledger.entries()[0]
    assert (entry.number, entry.target, entry.cents, entry.accepted_at) == ('CP000000076', 'ZÜRICH', 1980, MORNING)


def test_next_serial_follows_the_highest(ledger):
    for serial in (3, 9, 4):
        ledger.append(_entry(serial, 'OSLO', 100))
    assert ledger.next_serial() == 10


def test_totals_are_sorted_with_a_sum(ledger):
    for target, cents in [('OSLO', 1980), ('BERN', 700), ('OSLO', 20)]:
        ledger.append(_entry(1, target, cents))
    assert render_totals(ledger).split('\n') == [
        'BERN         7.00',
        'OSLO        20.00',
        'total       27.00',
    ]


@pytest.mark.parametrize('line', ['a\tb', '2019-03-04 09:15\tCP1\tOSLO\t5', 'soon\tCP000000014\tOSLO\t5'])
def test_unreadable_line_names_its_number(line):
    with pytest.raises(LedgerError) as caught:
        Entry.from_line(line, 12)
    assert str(caught.value).startswith('line 12: ')
