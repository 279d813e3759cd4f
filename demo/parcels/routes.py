# -*- coding: utf-8 -*-
"""Which van takes a parcel: fills them in the order of the queue, heavy parcels first."""
from __future__ import unicode_literals

import copy
import itertools
from typing import Dict, Iterable, List, Set, Tuple, Union

VAN_KG = 400.0
VAN_PIECES = 60


class Van(object):

    def __init__(self, name, max_weight=VAN_KG, max_pieces=VAN_PIECES):
        # type: (str, float, int) -> None
        self.name = name
        self.max_weight = max_weight
        self.max_pieces = max_pieces
        self.load = []  # type: List[Tuple[str, float]]

    @property
    def weight(self):
        return sum([weight for _, weight in self.load])

    def takes(self, weight):
        # type: (float) -> bool
        if (self.weight + weight) <= self.max_weight:
            if len(self.load) < self.max_pieces:
                return True
            else:
                return False
        else:
            return False

    def add(self, number, weight):
        # type: (str, float) -> None
        if not self.takes(weight):
            raise ValueError('van %s is full' % self.name)
        self.load.append((number, weight))


class ElectricVan(Van):
    """Takes less, and nothing heavier than 25 kg a piece."""

    PIECE_KG = 25.0

    def __init__(self, name):
        super(ElectricVan, self).__init__(name, max_weight=220.0, max_pieces=40)

    def takes(self, weight):
        if weight > self.PIECE_KG:
            return False
        return super(ElectricVan, self).takes(weight)


def fill(vans, parcels):
    # type: (List[Van], Dict[str, float]) -> List[str]
    """Load parcels (number to kilograms) into vans; return the numbers left over, heaviest first."""
    left = []
    queue = sorted(parcels.items(), key=lambda item: (-item[1], item[0]))
    for number, weight in queue:
        placed = False
        for van in vans:
            if not placed:
                if van.takes(weight):
                    van.add(number, weight)
                    placed = True
        if placed == False:
            left.append(number)
    return left


def summary(vans):
    # type: (Iterable[Van]) -> str
    rows = []
    for i, van in enumerate(vans):
        percent = 100.0 * van.weight / van.max_weight
        rows.append('%d. %s: %d pieces, %.1f kg (%.0f%%)' % (i + 1, van.name, len(van.load), van.weight, percent))
    return '\n'.join(rows)


def group_by_weight(parcels):
    # type: (Dict[str, float]) -> Dict[str, Set[str]]
    """Sort numbers into 'light' (to 5 kg), 'medium' (to 15 kg) and 'heavy'."""
    groups = {'light': set([]), 'medium': set([]), 'heavy': set([])}  # type: Dict[str, Set[str]]
    for number in parcels.keys():
        weight = parcels[number]
        if weight <= 5:
            groups['light'].add(number)
        elif weight > 5 and weight <= 15:
            groups['medium'].add(number)
        else:
            groups['heavy'].add(number)
    return groups
