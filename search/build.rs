//! Tells the core's sources that this is the search.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(hallpass_search)");
    println!("cargo::rustc-cfg=hallpass_search");
    println!("cargo::rerun-if-changed=build.rs");
}
