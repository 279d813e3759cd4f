# -*- coding: utf-8 -*-
"""Places and the tariff zones they lie in."""
from __future__ import unicode_literals

import io
import os
import re
import sys
from typing import Dict, List, Optional, Tuple

ZONE_FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'zones.txt')
HOME_COUNTRY = 'CH'


class ZoneError(Exception):
    """A place is not known, or a line of the zone file cannot be read."""

    def __init__(self, place, reason):
        super(ZoneError, self).__init__('%s: %s' % (place, reason))
        self.place = place
        self.reason = reason


class Place(object):
    """A place parcels are sent from or to."""

    def __init__(self, name, country, zone, remote=False):
        # type: (str, str, int, bool) -> None
        self.name = name
        self.country = country
        self.zone = zone
        self.remote = remote

    def is_abroad(self):
        if (self.country == HOME_COUNTRY):
            return False
        else:
            return True

    def __eq__(self, other):
        return isinstance(other, Place) and (self.name == other.name)

    def __ne__(self, other):
        return not (self == other)

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return 'Place(%r, %r, %d)' % (self.name, self.country, self.zone)


def parse_line(line):
    # type: (str) -> Optional[Place]
    """Return the place of one line, None for comments and empty lines."""
    text = line.split('#')[0].strip()
    if not text:
        return None
    parts = text.split()
    if len(parts) < 3:
        raise ZoneError(text, 'needs name, country and zone')
    try:
        zone = int(parts[2])
    except ValueError as e:
        raise ZoneError(parts[0], 'zone %s is not a number' % parts[2])
    return Place(parts[0], parts[1], zone, remote=('remote' in parts[3:]))


def read_places(path=ZONE_FILE):
    # type: (str) -> Dict[str, Place]
    """Return every place of a zone file by its name."""
    places = {}  # type: Dict[str, Place]
    with io.open(path, 'r', encoding='utf-8') as f:
        for line in f.readlines():
            place = parse_line(line)
            if place is not None:
                places[place.name] = place
    return places


def find_place(places, name):
    # type: (Dict[str, Place], str) -> Place
    """Return a place by name, whatever its case or surrounding blanks."""
    key = name.strip().upper()
    if key in places.keys():
        return places[key]
    raise ZoneError(name, 'no such place')


def distance_class(origin, target):
    # type: (Place, Place) -> int
    """Return 0 for the same place, otherwise the higher of both zones."""
    if origin == target:
        return 0
    return max(set([origin.zone, target.zone]))


def places_by_country(places):
    # type: (Dict[str, Place]) -> Dict[str, List[str]]
    """Return sorted place names per country."""
    result = {}  # type: Dict[str, List[str]]
    for name in sorted(places.keys()):
        place = places[name]
        if place.country not in result:
            result[place.country] = list()
        result[place.country].append(name)
    return result
