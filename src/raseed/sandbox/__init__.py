"""A local imitation of payment gateways, faults included. Imports nothing else of raseed, and no Django."""
