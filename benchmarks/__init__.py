"""Measure pullback beside other engines: ``python -m benchmarks --help``.

`problems` says what is computed, `engines` who computes it, `timing` how long it takes,
`footprint` what it costs in memory and at import, and `report` what comes out.
"""
