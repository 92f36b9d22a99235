"""What would happen: the same admission on a simulated clock, and better orders found with it."""
