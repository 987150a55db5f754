//! What the hardware does, as pure integer functions.
