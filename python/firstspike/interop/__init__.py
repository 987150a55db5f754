"""Networks inside other people's automatic differentiation; each part needs an optional extra."""
