"""The parts of `explain.py`: what was asked for, the folder of pictures, the work on each, and what is kept of it."""
