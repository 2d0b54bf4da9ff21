"""A `Corpus`, a `Budget` and a question become a `Prompt`; citations are judged against it."""
