"""What the page may ask for: one file for each part of it, with the addresses and the handlers."""
