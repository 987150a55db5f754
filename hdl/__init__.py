"""The Amaranth generator: from an integer network to a synthesizable TTFS core."""
