"""A source becomes a `Corpus`. Nothing of a source is ever run."""
