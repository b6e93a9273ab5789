//! Each rule of resolving, with the page that it is from. What is said of faulty topologies stands in
//! tests/faults of the package.

mod addresses;
mod edges;
mod machines;
mod networks;
mod references;
mod security;
