"""Data derived from content, rebuilt at will; standard library sqlite3. It never holds state."""
