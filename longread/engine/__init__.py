"""A `Prompt` becomes events. Engines are named lazily: naming one imports only that one."""
