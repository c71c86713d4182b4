"""The Django app (label `raseed`): models, flows, views. Only `flows` write."""
