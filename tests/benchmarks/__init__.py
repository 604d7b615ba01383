"""Benchmarks: this project beside other packages that differentiate scalar Python code.

    python -m tests.benchmarks eager       engines that keep a graph of single numbers
    python -m tests.benchmarks compile     the ladder: from micrograd to C++ written by hand

Every engine runs the same programs (eager: moons.py, gpt.py, chain.py; compile: networks.py,
documents.py, irregular.py) in a process of its own. Their gradients
are compared before any time is printed.
"""
