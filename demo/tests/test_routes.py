# -*- coding: utf-8 -*-
from __future__ import unicode_literals

import pytest

from parcels.routes import ElectricVan, Van, fill, group_by_weight, summary


def test_heavy_parcels_go_first():
    van = Van('north')
    assert fill([van], {'A': 1.0, 'B': 30.0, 'C': 5.0}) == []
    assert [number for number, _ in van.load] == ['B', 'C', 'A']


def test_what_does_not_fit_is_left():
    assert fill([Van('small', max_weight=10.0)], {'A': 6.0, 'B': 5.0, 'C': 4.0}) == ['B']


def test_pieces_are_limited():
    assert fill([Van('few', max_pieces=1)], {'A': 1.0, 'B': 1.0}) == ['B']


def test_electric_van_takes_no_heavy_pieces():
    electric, diesel = ElectricVan('e'), Van('d')
    fill([electric, diesel], {'A': 26.0, 'B': 25.0})
    assert (electric.weight, diesel.weight) == (25.0, 26.0)


def test_full_van_refuses():
    van = Van('full', max_weight=1.0)
    with pytest.raises(ValueError):
        van.add('A', 2.0)


def test_summary():
    van = Van('north')
    van.add('A', 100.0)
    assert summary([van, ElectricVan('lake')]) == '1. north: 1 pieces, 100.0 kg (25%)\n2. lake: 0 pieces, 0.0 kg (0%)'


def test_groups():
    groups = group_by_weight({'A': 5, 'B': 5.5, 'C': 15, 'D': 15.1})
    assert groups == {'light': {'A'}, 'medium': {'B', 'C'}, 'heavy': {'D'}}
