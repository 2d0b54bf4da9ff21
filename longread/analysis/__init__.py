"""The flows every front end calls. Each is one async iterator of `Event`."""
