# -*- coding: utf-8 -*-
from __future__ import unicode_literals

import pytest

from parcels.parcel import Parcel, ParcelError, format_size, parse_size, size_class


def test_girth_and_volume_weight():
    parcel = Parcel(2.0, (20, 30, 15))
    assert parcel.girth == 100
    assert parcel.volume_weight == pytest.approx(1.8)


def test_sides_are_sorted_longest_first():
    assert Parcel(1, (1, 3, 2)).size == (3, 2, 1)


@pytest.mark.parametrize('weight, charged', [(0.1, 2.0), (2.0, 2.0), (2.1, 2.5), (7.5, 7.5)])
def test_charged_weight_rounds_up_to_half_kilograms(weight, charged):
    assert Parcel(weight, (30, 20, 16)).charged_weight == charged


@pytest.mark.parametrize('weight', [0, -1])
def test_weight_must_be_positive(weight):
    with pytest.raises(ParcelError):
        Parcel(weight, (1, 1, 1))


def test_sides_must_be_positive():
    with pytest.raises(ParcelError) as caught:
        Parcel(1, (1, 0, 2.5))
    assert '1x0x2.5' in str(caught.value)


def test_good_parcel_has_no_problems():
    assert Parcel(5, (30, 20, 10)).problems() == []


def test_problems_are_listed():
    assert Parcel(40, (200, 60, 60), fragile=True).problems() == [
        'too heavy: 40.0 kg, at most 31.5 kg',
        'too large: girth 440 cm, at most 300 cm',
        'fragile parcels may weigh 20 kg',
    ]


@pytest.mark.parametrize('text', ['30x20x15', '30 x 20 x 15', '30X20X15'])
def test_size_is_read(text):
    assert parse_size(text) == (30.0, 20.0, 15.0)


@pytest.mark.parametrize('text', ['30x20', 'axbxc', '', '1x2x3x4'])
def test_bad_size_is_refused(text):
    with pytest.raises(ParcelError):
        parse_size(text)


def test_size_is_written_without_zeros():
    assert format_size((30.0, 20.5, 1)) == '30x20.5x1'


@pytest.mark.parametrize('side, expected', [(18, 'S'), (30, 'M'), (44, 'L'), (45, 'XL')])
def test_size_class_of_cubes(side, expected):
    assert size_class(Parcel(1, (side, side, side))) == expected


def test_repr():
    assert repr(Parcel(2, (1, 2, 3))) == 'Parcel(2 kg, 3x2x1)'
