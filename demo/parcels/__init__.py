# -*- coding: utf-8 -*-
"""Counter program of a parcel office."""
from __future__ import absolute_import, unicode_literals

__version__ = '2.3.1'
