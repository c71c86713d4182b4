"""Whether what clients and the sandbox say to each other is what an official OpenAPI file allows."""
