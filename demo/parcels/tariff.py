# -*- coding: utf-8 -*-
"""Prices: base by distance and weight, then surcharges and discounts. Money is whole cents."""
from __future__ import division, unicode_literals

import collections
import os
from typing import Dict, List, Optional

from .parcel import Parcel, size_class
from .zones import Place, distance_class

# cents for the first two kilograms, then per half kilogram, by distance class
BASE = {0: 500, 1: 700, 2: 1450, 3: 1980, 4: 2650}
STEP = {0: 40, 1: 60, 2: 130, 3: 175, 4: 260}
FREE_WEIGHT = 2.0

SIZE_SURCHARGE = dict([('S', 0), ('M', 150), ('L', 420), ('XL', 1100)])
FRAGILE_PERCENT = 25
REMOTE_SURCHARGE = 900
EXPRESS_FACTOR = 1.8

Line = collections.namedtuple('Line', ['label', 'cents'])


class TariffError(Exception):
    pass


class Quote(object):
    """The lines of a price and their sum."""

    def __init__(self, lines):
        # type: (List[Line]) -> None
        self.lines = lines

    @property
    def total(self):
        return sum([line.cents for line in self.lines])

    def labels(self):
        return list(map(lambda line: line.label, self.lines))

    def as_dict(self):
        # type: () -> Dict[str, int]
        return dict([(line.label, line.cents) for line in self.lines])


def base_price(distance, weight):
    # type: (int, float) -> int
    """Return the price by distance class and charged weight in kilograms."""
    if distance not in BASE.keys():
        raise TariffError('no tariff for distance class %s' % distance)
    extra = max(0.0, weight - FREE_WEIGHT)
    steps = int(round(extra * 2))
    return BASE[distance] + steps * STEP[distance]


def surcharges(parcel, target, express=False):
    # type: (Parcel, Place, bool) -> List[Line]
    """Return what is added to the base price, in the order it is printed."""
    lines = []
    size = size_class(parcel)
    if SIZE_SURCHARGE[size] != 0:
        lines.append(Line('size %s' % size, SIZE_SURCHARGE[size]))
    if target.remote == True:
        lines.append(Line('remote area', REMOTE_SURCHARGE))
    if parcel.value != None and parcel.value > 0:
        lines.append(Line('insurance', insurance(parcel.value, target.is_abroad())))
    return lines


def insurance(value, abroad):
    # type: (float, bool) -> int
    """Return the premium for a declared value in francs: the first 50 are free."""
    if value <= 50:
        return 0
    else:
        if abroad:
            if value > 1000:
                return 1500 + int((value - 1000) * 2.0)
            else:
                return int((value - 50) * 1.5)
        else:
            if value > 1000:
                return 800 + int((value - 1000) * 1.0)
            else:
                return int((value - 50) * 0.8)


def quote(parcel, origin, target, express=False, discount_percent=0):
    # type: (Parcel, Place, Place, bool, int) -> Quote
    """Price a parcel.

    Raises:
        TariffError: the parcel is not accepted or the discount is not a percentage.
    """
    problems = parcel.problems()
    if len(problems) > 0:
        raise TariffError('; '.join(problems))
    if not (0 <= discount_percent <= 100):
        raise TariffError('discount must be between 0 and 100, not %d' % discount_percent)
    base = base_price(distance_class(origin, target), parcel.charged_weight)
    lines = [Line('base', base)]
    lines.extend(surcharges(parcel, target, express))
    if parcel.fragile:
        lines.append(Line('fragile', base * FRAGILE_PERCENT // 100))
    if express:
        so_far = sum([l.cents for l in lines])
        lines.append(Line('express', int(round(so_far * (EXPRESS_FACTOR - 1)))))
    if discount_percent:
        so_far = sum([l.cents for l in lines])
        lines.append(Line('discount %d%%' % discount_percent, -(so_far * discount_percent // 100)))
    return Quote(lines)


def format_cents(cents):
    # type: (int) -> str
    """Write cents as francs, '12.50'."""
    sign = ''
    if cents < 0:
        sign = '-'
    return '%s%d.%02d' % (sign, abs(cents) // 100, abs(cents) % 100)
