"""What is looked for while somebody asks: all of the cluster at an instant, and what that says of one Pipeline."""
