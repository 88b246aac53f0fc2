"""What scripts/bench_peers is made of: converting a model, running a program for numbers, writing the page."""
