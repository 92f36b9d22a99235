"""The server of one packed model, by the Open Inference Protocol."""
