"""The terminal interface, on Textual: the app, one file a screen, widgets."""
