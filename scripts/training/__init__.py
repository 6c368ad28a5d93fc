"""The parts of `train_all.py`: what one run does, from recipe to checkpoint folder, and how it is shown."""
