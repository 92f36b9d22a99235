"""Who may see what: the door, whose token it is, what that viewer may, and the rows that they get."""
