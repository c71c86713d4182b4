"""What people and gateways do while a process dies, by shop. The list of all is in `catalogue`.

`begin` sets the scene and nothing dies; `travel` is what is repeated, with another deadly step each time.
A person whose browser gets no answer presses the button again, as people do.
"""
