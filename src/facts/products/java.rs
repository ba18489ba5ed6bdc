//! Java: where Maven, Gradle, `javac` and `jar` leave what they build.

use super::{Made, Product, Site, asked, option};
use crate::shell::Word;

/// What a command of Java's tools makes.
pub(super) fn made(site: &Site) -> Made {
    match site.name {
        "mvn" | "mvnw" => driven(site, "mvn", &["-f", "--file"], "target"),
        "gradle" | "gradlew" => driven(site, "gradle", &["-p", "--project-dir"], "build"),
        "javac" => Made { call: "javac".into(), product: Some(classes(site)), generates: false },
        _ => Made { call: site.name.to_owned(), product: packed(site), generates: false },
    }
}

/// Maven and Gradle leave everything in one folder of each module.
fn driven(site: &Site, tool: &str, elsewhere: &[&str], folder: &str) -> Made {
    let verbs = site.chain.verbs(tool).cloned().unwrap_or_default();
    let Some(words) = asked(site.words, &verbs) else {
        let product = Some(Product::Unknown(format!("`{tool}` is told in a variable what to build")));
        return Made { call: tool.to_owned(), product, generates: false };
    };
    let tasks: Vec<&str> = words.iter().map(|word| task(tool, word)).collect();
    let unknown = words.iter().zip(&tasks).find(|(_, task)| !verbs.makes(task) && !verbs.is_plain(task));
    let call = format!("{tool} {}", unknown.map(|(word, _)| *word).or(words.last().copied()).unwrap_or_default());
    let makes = tasks.iter().any(|task| verbs.makes(task));
    let product = makes.then(|| place(site, elsewhere, folder, tool));
    Made { call: call.trim().to_owned(), product, generates: unknown.is_some() }
}

/// The task of `:server:shadowJar`; a goal of Maven keeps its plugin.
fn task<'w>(tool: &str, word: &'w str) -> &'w str {
    if tool == "gradle" { word.rsplit(':').next().unwrap_or(word) } else { word }
}

fn place(site: &Site, elsewhere: &[&str], folder: &str, tool: &str) -> Product {
    let directory = match option(site.words, elsewhere) {
        None => site.directory.clone(),
        Some(None) => None,
        Some(Some(file)) if file.ends_with(".xml") => site.below(file.rsplit_once('/').map_or(".", |(above, _)| above)),
        Some(Some(directory)) => site.below(directory),
    };
    match directory {
        Some(directory) => Product::Under { directory, folder: folder.to_owned() },
        None => Product::Unknown(format!("`{tool}` builds in a directory that is not known")),
    }
}

/// The folder of the classes.
fn classes(site: &Site) -> Product {
    let folder = match option(site.words, &["-d"]) {
        Some(folder) => folder.and_then(|folder| site.below(folder)),
        None => site.directory.clone(),
    };
    folder
        .map_or_else(|| Product::Unknown("`javac` leaves its classes in a place that is not known".into()), Product::In)
}

/// The jar that `jar --create --file x.jar` or `jar cfe x.jar Main` makes.
fn packed(site: &Site) -> Option<Product> {
    let unknown = || Product::Unknown("`jar` leaves its jar in a place that is not known".into());
    let first = site.words.first()?.literal_start();
    let is_long = first.starts_with("--");
    let letters = first.trim_start_matches('-');
    let creates =
        site.words.iter().any(|word| word.is("--create") || word.is("-c")) || (!is_long && letters.contains('c'));
    if !creates {
        return None;
    }
    let named = option(site.words, &["--file", "-f"]);
    let file = named.or_else(|| (!is_long && letters.contains('f')).then(|| nth_argument(site.words, letters))?);
    Some(file.flatten().and_then(|file| site.below(file)).map_or_else(unknown, Product::Program))
}

/// The letters of `cvfe` take their values from the words behind, in their order.
fn nth_argument<'w>(words: &'w [Word], letters: &str) -> Option<Option<&'w str>> {
    let valued: Vec<char> = letters.chars().filter(|letter| matches!(letter, 'f' | 'm' | 'e')).collect();
    let at = valued.iter().position(|letter| *letter == 'f')?;
    words.get(at + 1).map(|word| word.value.as_deref())
}

#[cfg(test)]
mod tests {
    use super::super::super::asking::ask;
    use super::super::{Call, Product};

    fn calls(lines: &str) -> Vec<Call> {
        let text = format!("FROM maven:3.9-eclipse-temurin-17\nWORKDIR /src\nCOPY . .\n{lines}\n");
        ask(&text, &[("pom.xml", "")], |facts| facts.product_calls())
    }

    fn products(lines: &str) -> Vec<Product> {
        calls(lines).into_iter().filter_map(|call| call.product).collect()
    }

    fn under(directory: &str, folder: &str) -> Vec<Product> {
        vec![Product::Under { directory: directory.into(), folder: folder.into() }]
    }

    #[test]
    fn maven_and_gradle_fill_a_folder_of_each_module() {
        assert_eq!(products("RUN mvn -B -DskipTests clean package"), under("/src", "target"));
        assert_eq!(products("RUN ./mvnw -q -P prod package"), under("/src", "target"));
        assert_eq!(products("RUN mvn -f server/pom.xml package"), under("/src/server", "target"));
        assert_eq!(products("RUN mvn dependency:go-offline"), []);
        assert_eq!(products("RUN cd app && gradle --no-daemon :web:bootJar -x test"), under("/src/app", "build"));
        let target = &under("/src", "target")[0];
        assert!(target.is_at("/src/target/a.jar") && target.is_at("/src/web/target/classes"));
        assert!(!target.is_at("/src/target") && !target.is_at("/target/a.jar"));
    }

    #[test]
    fn a_goal_or_a_task_that_is_not_known_may_make_anything() {
        let generates = |line: &str| calls(line).iter().find(|call| call.generates).map(|call| call.call.clone());
        assert_eq!(generates("RUN mvn package exec:java").as_deref(), Some("mvn exec:java"));
        assert_eq!(generates("RUN gradle loadAll").as_deref(), Some("gradle loadAll"));
        assert_eq!(generates("RUN gradle clean build && mvn package spring-boot:repackage"), None);
    }

    #[test]
    fn classes_and_jars_lie_where_they_are_told_to() {
        assert_eq!(products("RUN javac -d out src/*.java"), [Product::In("/src/out".into())]);
        assert_eq!(products("RUN javac Main.java"), [Product::In("/src".into())]);
        for line in
            ["jar --create --file a.jar -C out .", "jar cfe a.jar Main -C out .", "jar -cvfe a.jar Main *.class"]
        {
            assert_eq!(products(&format!("RUN {line}")), [Product::Program("/src/a.jar".into())], "{line}");
        }
        assert_eq!(products("RUN jar cemf Main MF a.jar x"), [Product::Program("/src/a.jar".into())]);
        assert_eq!(products("RUN jar xf a.jar"), []);
    }

    #[test]
    fn a_jar_that_is_moved_by_a_pattern_is_a_product_there() {
        let moved = products("RUN mvn package && mv target/*.jar app.jar");
        assert!(moved.iter().any(|product| product.is_at("/src/app.jar")), "{moved:?}");
    }
}
