//! kovra
fn main() {}
