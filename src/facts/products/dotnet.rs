//! .NET: where `dotnet publish` and `dotnet build` leave what they build.

use super::{Made, Product, Site, asked, option};

/// What a command of the SDK makes.
pub(super) fn made(site: &Site) -> Made {
    let verbs = site.chain.verbs("dotnet").cloned().unwrap_or_default();
    let asked = asked(site.words, &verbs).unwrap_or_default();
    let verb = asked.first().copied().unwrap_or_default();
    let is_known = verb.is_empty() || verbs.makes(verb) || verbs.is_plain(verb);
    let product = verbs.makes(verb).then(|| published(site, asked.get(1).copied(), verb));
    Made { call: format!("dotnet {verb}"), product, generates: !is_known }
}

/// The folder that is asked for, or `bin` beside the project's file.
fn published(site: &Site, project: Option<&str>, verb: &str) -> Product {
    let output = match option(site.words, &["-o", "--output"]) {
        Some(output) => output.and_then(|output| site.below(output)).map(Product::In),
        None => {
            let beside = project.map_or(".", |project| match project.rsplit_once('/') {
                _ if !project.ends_with("proj") && !project.ends_with(".sln") => project,
                Some((above, _)) => above,
                None => ".",
            });
            site.below(beside).map(|directory| Product::Under { directory, folder: "bin".into() })
        }
    };
    output
        .unwrap_or_else(|| Product::Unknown(format!("`dotnet {verb}` leaves the program in a place that is not known")))
}

#[cfg(test)]
mod tests {
    use super::super::super::asking::ask;
    use super::super::Product;

    fn products(line: &str) -> Vec<Product> {
        let text = format!("FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /src\nCOPY . .\nRUN {line}\n");
        ask(&text, &[("shop.csproj", "")], |facts| {
            facts.product_calls().into_iter().filter_map(|call| call.product).collect()
        })
    }

    #[test]
    fn a_program_lies_in_the_folder_that_is_asked_for_or_in_bin() {
        assert_eq!(products("dotnet publish -c Release -o /out"), [Product::In("/out".into())]);
        assert_eq!(products("dotnet publish shop.csproj --output=out"), [Product::In("/src/out".into())]);
        let bin = |directory: &str| [Product::Under { directory: directory.into(), folder: "bin".into() }];
        assert_eq!(products("dotnet publish -c Release"), bin("/src"));
        assert_eq!(products("dotnet publish src/Web/Web.csproj -c Release"), bin("/src/src/Web"));
        assert_eq!(products("dotnet publish src/Web -c Release"), bin("/src/src/Web"));
        assert!(bin("/src")[0].is_at("/src/bin/Release/net8.0/publish/shop.dll"));
        assert_eq!(products("dotnet restore"), []);
    }
}
