"""What Penstock's machine-learning components share: inputs and outputs, datasets, models, pictures."""
