//! The command line of `harden`.
fn main() {
    let path = std::path::PathBuf::from(std::env::args().nth(1).unwrap());
    let text = harden::dockerfile::bytes::decode(&std::fs::read(&path).unwrap());
    let dir = std::env::args().nth(2).map(std::path::PathBuf::from);
    let context = dir.map_or(harden::context::Context::empty(), |d| harden::context::load::load(&d, None).unwrap());
    let config = harden::config::Config::default();
    let input = harden::facts::Input::new(&context, harden::templates::Templates::builtin(), &config);
    let out = harden::engine::run(&text, &harden::transforms::ALL, &input);
    print!("{}", out.after);
    for a in &out.applied {
        eprintln!("applied {} {}: {} {:?} {:?}", a.line, a.transform, a.reason, a.because, a.notes);
    }
    for a in &out.held {
        eprintln!("held {:?} {:?} {}: {}", a.kind, a.line, a.transform, a.reason);
    }
}
