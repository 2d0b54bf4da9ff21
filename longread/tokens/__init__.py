"""Model families: tokenizer, chat template and stop ids. It never talks to a server."""
