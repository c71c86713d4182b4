"""How large a world is. In a module of its own, because it must be known before Django is."""

#: Customers of one world. More of them hide each other's trouble; fewer make a world's beginning dear.
CUSTOMERS = 40
