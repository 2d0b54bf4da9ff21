"""What was found, in formats other programs and people read. It never asks a model."""
