# -*- coding: utf-8 -*-
from __future__ import unicode_literals

import pytest

from parcels.parcel import Parcel
from parcels.tariff import Line, Quote, TariffError, base_price, format_cents, insurance, quote
from parcels.zones import Place

BERN = Place('BERN', 'CH', 1)
OSLO = Place('OSLO', 'NO', 3)
TROMSO = Place('TROMSO', 'NO', 4, remote=True)
SMALL = (20, 15, 10)


@pytest.mark.parametrize('distance, weight, cents', [(0, 1.0, 500), (1, 2.0, 700), (1, 2.5, 760), (3, 5.0, 3030)])
def test_base_price(distance, weight, cents):
    assert base_price(distance, weight) == cents


def test_unknown_distance_is_refused():
    with pytest.raises(TariffError):
        base_price(9, 1.0)


def test_plain_parcel_costs_its_base():
    price = quote(Parcel(1.5, SMALL), BERN, OSLO)
    assert price.labels() == ['base']
    assert price.total == 1980


def test_every_surcharge_in_printed_order():
    parcel = Parcel(3, (60, 30, 25), value=200, fragile=True)
    price = quote(parcel, BERN, TROMSO, express=True)
    assert price.labels() == ['base', 'size L', 'remote area', 'insurance', 'fragile', 'express']
    assert price.as_dict()['base'] == 2650 + 14 * 260
    assert price.total == 16933


def test_discount_comes_last_and_is_negative():
    price = quote(Parcel(1.5, SMALL), BERN, OSLO, express=True, discount_percent=10)
    assert price.lines[-1] == Line('discount 10%', -356)
    assert price.total == 3208


@pytest.mark.parametrize('percent', [-1, 101])
def test_discount_is_a_percentage(percent):
    with pytest.raises(TariffError):
        quote(Parcel(1, SMALL), BERN, OSLO, discount_percent=percent)


def test_unacceptable_parcel_is_refused_with_its_problems():
    with pytest.raises(TariffError) as caught:
        quote(Parcel(32, SMALL), BERN, OSLO)
    assert str(caught.value) == 'too heavy: 32.0 kg, at most 31.5 kg'


@pytest.mark.parametrize('value, abroad, cents', [
    (0, False, 0), (50, True, 0), (150, False, 80), (150, True, 150), (1500, False, 1300), (1500, True, 2500),
])
def test_insurance(value, abroad, cents):
    assert insurance(value, abroad) == cents


def test_empty_quote_costs_nothing():
    assert Quote([]).total == 0


@pytest.mark.parametrize('cents, text', [(0, '0.00'), (1250, '12.50'), (-356, '-3.56'), (7, '0.07')])
def test_cents_are_written_as_francs(cents, text):
    assert format_cents(cents) == text
