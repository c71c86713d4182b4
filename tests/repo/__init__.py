"""The design's own rules as tests. Each failure says file, line and remedy."""
