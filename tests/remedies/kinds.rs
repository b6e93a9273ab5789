//! One topology for each kind of block.
