# -*- coding: utf-8 -*-
from __future__ import unicode_literals

import io

import pytest

from parcels.zones import Place, ZoneError, distance_class, find_place, parse_line, places_by_country, read_places


def test_line_gives_a_place():
    place = parse_line('OSLO NO 3\n')
    assert (place.name, place.country, place.zone, place.remote) == ('OSLO', 'NO', 3, False)


def test_line_may_mark_remote_places():
    assert parse_line('TROMSO NO 4 remote').remote is True


@pytest.mark.parametrize('line', ['', '   \n', '# place country zone'])
def test_comments_and_empty_lines_give_nothing(line):
    assert parse_line(line) is None


def test_short_line_is_refused():
    with pytest.raises(ZoneError) as caught:
        parse_line('OSLO NO')
    assert str(caught.value) == 'OSLO NO: needs name, country and zone'


def test_zone_must_be_a_number():
    with pytest.raises(ZoneError) as caught:
        parse_line('OSLO NO three')
    assert caught.value.place == 'OSLO'


def test_zone_file_is_read():
    places = read_places()
    assert len(places) == 12
    assert places['WIEN'].zone == 2


def test_own_zone_file(tmpdir):
    path = str(tmpdir.join('zones.txt'))
    with io.open(path, 'w', encoding='utf-8') as f:
        f.write('# ours\nÅRHUS DK 3\n')
    assert list(read_places(path).keys()) == ['ÅRHUS']


def test_find_place_ignores_case_and_blanks():
    assert find_place(read_places(), ' oslo ').country == 'NO'


def test_unknown_place_is_refused():
    with pytest.raises(ZoneError):
        find_place(read_places(), 'ATLANTIS')


def test_distance_class_is_the_higher_zone():
    bern, oslo = Place('BERN', 'CH', 1), Place('OSLO', 'NO', 3)
    assert distance_class(bern, oslo) == 3
    assert distance_class(oslo, bern) == 3


def test_same_place_has_distance_zero():
    assert distance_class(Place('BERN', 'CH', 1), Place('BERN', 'CH', 1)) == 0


def test_abroad():
    assert Place('OSLO', 'NO', 3).is_abroad()
    assert not Place('BERN', 'CH', 1).is_abroad()


def test_places_by_country_are_sorted():
    assert places_by_country(read_places())['CH'] == ['BERN', 'GENEVE', 'LUGANO']
