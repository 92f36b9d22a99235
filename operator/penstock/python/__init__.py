"""Pipelines written in Python: what authors import, and the reader that makes manifests of their text.

The text is read, never imported or run, as Metaflow reads its flows: a Pipeline is static, and what is read has lines.
"""
