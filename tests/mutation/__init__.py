"""The mutation run: break every rule of the first-party packages on purpose, and see who notices.

``python -m tests.mutation`` makes mutants of the modules of rules, examines each with the checks
of `pullback.conformance`, and lists those that no check catches.
"""
