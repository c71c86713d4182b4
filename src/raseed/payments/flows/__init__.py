"""One module per journey: the only writers. `apply_facts` is the only one that changes a payment."""
