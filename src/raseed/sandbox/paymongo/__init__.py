"""PayMongo as its documentation and published captures show it. See docs/sandbox/paymongo.md."""
