"""Kill a process at every single step of every flow, and see that nothing is lost and nothing doubled."""
