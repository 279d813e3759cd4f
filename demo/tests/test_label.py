# -*- coding: utf-8 -*-
from __future__ import unicode_literals

import pytest

from parcels.label import LabelError, check_digit, is_number, make_number, render, wrap_address


@pytest.mark.parametrize('serial, digit', [('47312482', 9), ('00000001', 4), ('00000000', 5), ('00000003', 1)])
def test_check_digit(serial, digit):
    assert check_digit(serial) == digit


@pytest.mark.parametrize('serial', ['123', 'abcdefgh', '123456789'])
def test_serial_has_eight_digits(serial):
    with pytest.raises(LabelError):
        check_digit(serial)


def test_number_is_made_and_recognised():
    number = make_number('CP', 47312482)
    assert number == 'CP473124829'
    assert is_number(number)


@pytest.mark.parametrize('text', ['CP473124828', 'cp473124829', 'CP4731248299', ''])
def test_other_texts_are_no_numbers(text):
    assert not is_number(text)


@pytest.mark.parametrize('prefix', ['C', 'cp', 'CPX', 'C1'])
def test_prefix_has_two_capitals(prefix):
    with pytest.raises(LabelError):
        make_number(prefix, 1)


def test_address_is_wrapped_per_part():
    lines = wrap_address('Ada Lovelace; Rue de la Gare 12, third floor on the left; 1200 Geneve')
    assert lines == ['Ada Lovelace', 'Rue de la Gare 12, third floor', 'on the left', '1200 Geneve']


def test_label_is_framed():
    text = render(make_number('CP', 1), 'Ada; Bern', ['fragile', 'express'])
    rows = text.split('\n')
    assert set([len(row) for row in rows]) == set([34])
    assert rows[1] == '| CP000000014                    |'
    assert '| [FRAGILE] [EXPRESS]            |' in rows


def test_label_without_marks_has_no_brackets():
    assert '[' not in render(make_number('CP', 1), 'Ada')


def test_label_needs_a_number():
    with pytest.raises(LabelError):
        render('CP1', 'Ada')
