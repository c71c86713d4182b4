"""Raseed and its peers in the same situations, over HTTP, each as its own documentation says."""
