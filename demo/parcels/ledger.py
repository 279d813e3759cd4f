# -*- coding: utf-8 -*-
"""The day's ledger: one line per accepted parcel, kept in a text file."""
from __future__ import unicode_literals

import codecs
import datetime
import errno
import io
import os
from collections import OrderedDict, defaultdict
from typing import Dict, List, Optional, Text

from .label import is_number
from .tariff import format_cents

SEPARATOR = '\t'
TIME_FORMAT = '%Y-%m-%d %H:%M'


class LedgerError(Exception):

    def __init__(self, line_number, message):
        super(LedgerError, self).__init__('line %d: %s' % (line_number, message))
        self.line_number = line_number


class Entry(object):
    """One accepted parcel."""

    def __init__(self, number, target, cents, accepted_at):
        # type: (str, str, int, datetime.datetime) -> None
        self.number = number
        self.target = target
        self.cents = cents
        self.accepted_at = accepted_at

    def to_line(self):
        # type: () -> str
        stamp = self.accepted_at.strftime(TIME_FORMAT)
        return SEPARATOR.join([stamp, self.number, self.target, '%d' % self.cents])

    @classmethod
    def from_line(cls, line, line_number=1):
        # type: (str, int) -> Entry
        parts = line.rstrip('\n').split(SEPARATOR)
        if len(parts) != 4:
            raise LedgerError(line_number, 'expected 4 fields, found %d' % len(parts))
        stamp, number, target, cents = parts
        if not is_number(number):
            raise LedgerError(line_number, 'not a parcel number: %s' % number)
        try:
            accepted_at = datetime.datetime.strptime(stamp, TIME_FORMAT)
            amount = int(cents)
        except ValueError as error:
            raise LedgerError(line_number, '%s' % error)
        return cls(number, target, amount, accepted_at)


class Ledger(object):

    def __init__(self, path):
        # type: (Text) -> None
        self.path = path

    def append(self, entry):
        # type: (Entry) -> None
        with io.open(self.path, 'a', encoding='utf-8') as f:
            f.write('%s\n' % entry.to_line())

    def entries(self):
        # type: () -> List[Entry]
        """Return what was accepted, oldest first; a missing file is an empty ledger."""
        try:
            f = io.open(self.path, 'r', encoding='utf-8')
        except IOError as error:
            if error.errno == errno.ENOENT:
                return []
            raise
        result = []
        with f:
            for i, line in enumerate(f.readlines()):
                if line.strip() == '':
                    continue
                result.append(Entry.from_line(line, i + 1))
        return result

    def totals_by_target(self):
        # type: () -> Dict[str, int]
        totals = defaultdict(int)  # type: Dict[str, int]
        for entry in self.entries():
            totals[entry.target] += entry.cents
        return OrderedDict(sorted(totals.items(), key=lambda item: item[0]))

    def next_serial(self):
        # type: () -> int
        """Return one more than the highest serial that was given out."""
        highest = 0
        for entry in self.entries():
            serial = int(entry.number[2:10])
            if serial > highest:
                highest = serial
        return highest + 1


def render_totals(ledger):
    # type: (Ledger) -> str
    """Write the day's totals as a table with a sum at its foot."""
    totals = ledger.totals_by_target()
    if len(totals) == 0:
        return 'no parcels'
    width = max([len(name) for name in totals.keys()] + [len('total')])
    rows = []
    for name, cents in totals.items():
        rows.append('%s  %10s' % (name.ljust(width), format_cents(cents)))
    rows.append('%s  %10s' % ('total'.ljust(width), format_cents(sum(totals.values()))))
    return '\n'.join(rows)
