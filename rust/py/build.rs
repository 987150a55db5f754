//! Refuses to build a wheel that would silently lack the HDL generator.

fn main() {
    let package = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../python/firstspike/hdl/__init__.py"
    );
    println!("cargo::rerun-if-changed={package}");
    assert!(
        std::path::Path::new(package).is_file(),
        "python/firstspike/hdl must be a link to hdl/ (git config core.symlinks true, then check out again)"
    );
}
