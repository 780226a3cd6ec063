"""Drawings of graphs: as text for a terminal, DOT and Mermaid, all from one layout."""
