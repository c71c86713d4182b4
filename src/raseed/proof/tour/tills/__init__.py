"""How gateways' hosted pages are used. One module per gateway and way to pay."""
