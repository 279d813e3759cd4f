# -*- coding: utf-8 -*-
"""A parcel: weight, size, and what follows from them."""
from __future__ import division, unicode_literals

import math
import json
from typing import Dict, Optional, Tuple

MAX_WEIGHT_KG = 31.5
MAX_GIRTH_CM = 300
VOLUME_DIVISOR = 5000.0


class ParcelError(ValueError):
    """A parcel that no office accepts."""


class Parcel(object):

    def __init__(self, weight, size, value=0, fragile=False):
        # type: (float, Tuple[float, float, float], float, bool) -> None
        if (weight <= 0):
            raise ParcelError('weight must be positive, not %s' % weight)
        if any([side <= 0 for side in size]):
            raise ParcelError('every side must be positive: %s' % format_size(size))
        self.weight = weight
        self.size = tuple(sorted(size, reverse=True))
        self.value = value
        self.fragile = fragile

    @property
    def girth(self):
        """Longest side plus twice both others, in centimetres."""
        return self.size[0] + 2 * (self.size[1] + self.size[2])

    @property
    def volume_weight(self):
        """Kilograms that the carrier charges for the space."""
        return (self.size[0] * self.size[1] * self.size[2]) / VOLUME_DIVISOR

    @property
    def charged_weight(self):
        """The larger of real and volume weight, rounded up to half a kilogram."""
        heavier = max([self.weight, self.volume_weight])
        return math.ceil(heavier * 2) / 2

    def problems(self):
        """Return sentences about what is not acceptable; empty when all is well."""
        found = []
        if self.weight > MAX_WEIGHT_KG:
            found.append('too heavy: %.1f kg, at most %.1f kg' % (self.weight, MAX_WEIGHT_KG))
        if self.girth > MAX_GIRTH_CM:
            found.append('too large: girth %d cm, at most %d cm' % (self.girth, MAX_GIRTH_CM))
        if self.fragile and (self.weight > 20):
            found.append('fragile parcels may weigh 20 kg')
        return found

    def __repr__(self):
        return 'Parcel(%s kg, %s)' % (self.weight, format_size(self.size))


def format_size(size):
    # type: (Tuple[float, float, float]) -> str
    return 'x'.join(['%g' % side for side in size])


def parse_size(text):
    # type: (str) -> Tuple[float, float, float]
    """Read '30x20x15' (centimetres)."""
    parts = text.lower().replace(' ', '').split('x')
    if len(parts) != 3:
        raise ParcelError('a size looks like 30x20x15, not %s' % text)
    try:
        return tuple([float(part) for part in parts])
    except ValueError:
        raise ParcelError('a size looks like 30x20x15, not %s' % text)


def size_class(parcel):
    # type: (Parcel) -> str
    """Return S, M, L or XL by girth."""
    if parcel.girth <= 90:
        return 'S'
    else:
        if parcel.girth <= 150:
            return 'M'
        else:
            if parcel.girth <= 220:
                return 'L'
            else:
                return 'XL'
