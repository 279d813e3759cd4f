# -*- coding: utf-8 -*-
from setuptools import setup

setup(
    name='parcels',
    version='2.3.1',
    description='Counter program of a parcel office',
    packages=['parcels'],
    package_data={'parcels': ['zones.txt']},
    python_requires='>=3.6',
)
