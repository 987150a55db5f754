//! Everything that produces a weight change: adjoints, losses, optimisers.
