"""How things look on a terminal and in files: tables, trees, phases, pictures."""
