"""What a run found, written down: for a person, for programs, for CI systems, and as a web page.

Each module has one function ``render(report)``, which returns the text.
"""
