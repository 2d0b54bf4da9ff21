"""longread reads a whole repository, or a whole shelf of PDFs, and asks a model about it."""

__version__ = "0.1.0"
