"""Who may start now: capacity, who holds it, what is asked for, in which order it is given, and why the rest waits."""
