"""Simulated participants and how far they get with a model."""
