"""Many payments in a storm of faults, in one process and in one order, so that a seed repeats every step."""
