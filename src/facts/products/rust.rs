//! Rust: where `cargo build` and `cargo install` leave what they build.

use super::{Made, Product, Site, asked, option};

/// What a command of Cargo makes.
pub(super) fn made(site: &Site) -> Made {
    let verbs = site.chain.verbs("cargo").cloned().unwrap_or_default();
    let asked = asked(site.words, &verbs).unwrap_or_default();
    let verb = asked.first().copied().unwrap_or_default();
    let product = match verb {
        "build" | "b" => Some(built(site)),
        "install" => Some(installed(site)),
        _ => None,
    };
    let is_known = verb.is_empty() || verbs.makes(verb) || verbs.is_plain(verb);
    Made { call: format!("cargo {verb}"), product, generates: !is_known }
}

fn built(site: &Site) -> Product {
    let unknown = |what: &str| Product::Unknown(format!("`cargo build` leaves its program {what}"));
    if let Some((path, name)) = set_elsewhere(site) {
        return unknown(&format!("where {path} says; give it {name} here as well"));
    }
    let manifest = option(site.words, &["--manifest-path"]).map(|path| path.and_then(|path| path.rsplit_once('/')));
    let folder = match (option(site.words, &["--target-dir"]), site.variable("CARGO_TARGET_DIR"), manifest) {
        (Some(folder), _, _) => folder.and_then(|folder| site.below(folder)),
        (None, Some(folder), _) => site.below(&folder),
        (None, None, Some(Some((folder, _)))) => site.below(&format!("{folder}/target")),
        (None, None, _) => site.below("target"),
    };
    let Some(folder) = folder else { return unknown("in a place that is not known") };
    let target = option(site.words, &["--target"]).or_else(|| site.variable("CARGO_BUILD_TARGET").map(|_| None));
    let profile =
        option(site.words, &["--profile"]).map(|profile| if profile == Some("dev") { Some("debug") } else { profile });
    let is_release = site.words.iter().any(|word| matches!(word.literal_start(), "--release" | "-r"));
    let profile = profile.unwrap_or(Some(if is_release { "release" } else { "debug" }));
    match (target, profile) {
        (None, Some(profile)) => Product::In(format!("{folder}/{profile}")),
        (Some(Some(target)), Some(profile)) => Product::In(format!("{folder}/{target}/{profile}")),
        _ => unknown("in a place that is in a variable"),
    }
}

/// A setting of Cargo in the context that moves the product and that the command does not give itself: its file, its option.
fn set_elsewhere<'s>(site: &'s Site) -> Option<(&'s str, &'static str)> {
    const SETTINGS: [(&str, &str); 2] = [("target-dir", "--target-dir"), ("target =", "--target")];
    let is_setting = |path: &str| path.ends_with(".cargo/config.toml") || path.ends_with(".cargo/config");
    let moves = |text: &str| {
        let open = |(setting, name): &&(&str, &str)| text.contains(setting) && option(site.words, &[name]).is_none();
        SETTINGS.iter().find(open).map(|(_, name)| *name)
    };
    let mut texts = site.context.texts().filter(|(path, _)| is_setting(path));
    texts.find_map(|(path, text)| Some((path, moves(text)?)))
}

fn installed(site: &Site) -> Product {
    let root = match option(site.words, &["--root"]) {
        Some(root) => root.and_then(|root| site.below(root)),
        None => site
            .variable("CARGO_INSTALL_ROOT")
            .or_else(|| site.variable("CARGO_HOME"))
            .or_else(|| Some("/usr/local/cargo".into())),
    };
    match root {
        Some(root) => Product::In(format!("{}/bin", root.trim_end_matches('/'))),
        None => Product::Unknown("`cargo install` leaves its program in a place that is not known".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::asking::ask;
    use super::super::Product;

    fn products(lines: &str) -> Vec<Product> {
        let text = format!("FROM rust:1.90\nWORKDIR /src\nCOPY . .\n{lines}\n");
        ask(&text, &[("Cargo.toml", "")], |facts| {
            facts.product_calls().into_iter().filter_map(|call| call.product).collect()
        })
    }

    #[test]
    fn programs_lie_in_the_folder_of_target_and_profile() {
        for (line, folder) in [
            ("RUN cargo build --release", "/src/target/release"),
            ("RUN cargo build", "/src/target/debug"),
            ("RUN cargo build --locked --profile=dist --bin shop", "/src/target/dist"),
            ("RUN cargo build -r --target x86_64-unknown-linux-musl", "/src/target/x86_64-unknown-linux-musl/release"),
            ("ENV CARGO_TARGET_DIR=/t\nRUN cargo build -r", "/t/release"),
            ("RUN CARGO_TARGET_DIR=t cargo +stable build -r", "/src/t/release"),
            ("RUN cargo build -r --manifest-path server/Cargo.toml", "/src/server/target/release"),
            ("RUN cargo install --path . --root /opt", "/opt/bin"),
            ("RUN cargo install --path .", "/usr/local/cargo/bin"),
        ] {
            assert_eq!(products(line), [Product::In(folder.into())], "{line}");
        }
    }

    #[test]
    fn a_program_that_is_copied_is_a_product_there_as_well() {
        let moved = products("RUN cargo build -r && cp target/release/shop /usr/local/bin/");
        assert!(moved.iter().any(|product| product.is_at("/usr/local/bin/shop")), "{moved:?}");
        assert_eq!(products("RUN cargo build -r && cp shop.yml /etc/").len(), 1);
    }

    #[test]
    fn a_place_in_a_variable_is_unknown() {
        for line in
            ["ARG T\nRUN cargo build --target $T", "RUN cd $X && cargo build", "RUN cargo install --path . --root $R"]
        {
            assert!(matches!(products(line).as_slice(), [Product::Unknown(_)]), "{line}");
        }
    }
}
