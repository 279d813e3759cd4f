# -*- coding: utf-8 -*-
from __future__ import unicode_literals

import io

import pytest

from parcels.cli import main


def run(*words):
    out = io.StringIO()
    return main(list(words), out), out.getvalue()


def test_quote():
    status, text = run('quote', '--from', 'bern', '--to', 'oslo', '--weight', '2.4', '--size', '30x20x15', '--express')
    assert status == 0
    assert text.split('\n')[-2].split() == ['total', '41.49']


def test_unknown_place_is_refused():
    status, text = run('quote', '--from', 'bern', '--to', 'nowhere', '--weight', '1', '--size', '1x1x1')
    assert (status, text) == (1, 'refused: nowhere: no such place\n')


def test_accept_writes_the_ledger(tmpdir):
    ledger = str(tmpdir.join('ledger.txt'))
    words = ['--ledger', ledger, 'accept', '--from', 'bern', '--to', 'oslo', '--weight', '1', '--size', '20x10x10']
    status, label = run(*(words + ['--address', 'Ada; Oslo', '--fragile']))
    assert status == 0
    assert 'CP000000014' in label and '[FRAGILE]' in label
    assert run('--ledger', ledger, 'totals')[1].split('\n')[0].split() == ['OSLO', '24.75']


def test_places():
    assert 'FI: HELSINKI\n' in run('places')[1]


def test_no_command_prints_help():
    status, text = run()
    assert status == 2
    assert text.startswith('usage: parcels')
