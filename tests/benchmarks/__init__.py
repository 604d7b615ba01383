"""Benchmarks: this project beside other packages that differentiate scalar Python code.

    python -m tests.benchmarks eager

Every engine runs the same programs (moons.py, gpt.py, chain.py) in a process of its own. Their gradients
are compared before any time is printed.
"""
