"""The five systems of test_seed_systems.py: how they are set up, what they are held against, what else they show."""
