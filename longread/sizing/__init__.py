"""How many GPUs, which vLLM arguments, how long, how much: closed forms over a model's facts."""
