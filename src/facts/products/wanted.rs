//! What a command that runs at start needs of the products.

use super::{Call, Product};
use crate::context::Context;
use crate::facts::scope::Scope;
use crate::facts::start::{StartWord, Started};
use crate::facts::steps::Step;
use crate::facts::{copies, sources};
use crate::templates::ToolChain;

/// What a command runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// The program that it names, wherever that is found.
    Program,
    /// These files and folders; an absolute path may hold `*`.
    Files(Vec<String>),
}

/// Options of `java` that take the next word and name nothing that the program is made of.
const VALUED: [&str; 6] =
    ["--add-opens", "--add-exports", "--add-modules", "--add-reads", "--patch-module", "--limit-modules"];

/// What a command is asked about with.
pub(in crate::facts) struct Asker<'q, 'a> {
    pub(in crate::facts) steps: &'q [Step<'a>],
    pub(in crate::facts) end: &'q Scope,
    pub(in crate::facts) calls: &'q [Call],
    pub(in crate::facts) context: &'q Context,
    pub(in crate::facts) chain: &'q ToolChain,
}

impl Asker<'_, '_> {
    /// What `started` runs.
    ///
    /// # Errors
    /// Why that can't be told, and what would make it so.
    pub(in crate::facts) fn wanted(&self, started: &Started) -> Result<Wanted, String> {
        match started.name.as_str() {
            "java" if self.chain.has_tool("javac") => self.of_java(&started.words).map(Wanted::Files),
            "dotnet" if self.chain.has_tool("dotnet") => self.of_dotnet(&started.words).map(Wanted::Files),
            _ => Ok(self.of_program(&started.program).map_or(Wanted::Program, |files| Wanted::Files(vec![files]))),
        }
    }

    /// A program that was made with a folder of its own: the start script of a distribution, the host of a .dll.
    fn of_program(&self, program: &str) -> Option<String> {
        let path = self.end.absolute(program).filter(|path| program.contains('/') && self.is_made(path))?;
        if self.chain.links() {
            return self.prefix_of(&path).map(str::to_owned);
        }
        let (folder, _) = path.rsplit_once('/')?;
        let above = folder.strip_suffix("/bin").filter(|_| self.chain.has_tool("javac"));
        let own = if self.chain.has_tool("dotnet") { Some(folder) } else { above };
        own.filter(|folder| self.is_made(folder)).map(str::to_owned)
    }

    /// The folder that the program at `path` is installed in, with what belongs to it.
    fn prefix_of(&self, path: &str) -> Option<&str> {
        let mut products = self.calls.iter().filter_map(|call| call.product.as_ref());
        products.find_map(|product| match product {
            Product::In(prefix) if product.is_at(path) => Some(prefix.as_str()),
            _ => None,
        })
    }

    fn is_made(&self, path: &str) -> bool {
        self.calls.iter().filter_map(|call| call.product.as_ref()).any(|product| product.is_at(path))
    }

    fn is_copied(&self, path: &str) -> bool {
        let copies = self.steps.iter().filter(|step| step.copies_context());
        copies.into_iter().any(|step| copies::context_path(step, path, self.context).is_some())
    }

    fn of_dotnet(&self, words: &[StartWord]) -> Result<Vec<String>, String> {
        let name = words.iter().find(|word| word.raw.ends_with(".dll"));
        let name = name.ok_or("it is not known which .dll `dotnet` starts")?;
        let path = name.value.as_deref().and_then(|path| self.end.absolute(path));
        let path = path.ok_or_else(|| format!("{} is not written out", name.raw))?;
        match self.reference() {
            Some((project, what)) => {
                Err(format!("{project} says {what}: what the program needs of the SDK is not known"))
            }
            None => Ok(vec![path.rsplit_once('/').map_or("/", |(folder, _)| folder).to_owned()]),
        }
    }

    fn of_java(&self, words: &[StartWord]) -> Result<Vec<String>, String> {
        let mut words = words.iter();
        let mut class_path = None;
        let mut agents = Vec::new();
        while let Some(word) = words.next() {
            match text(word).unwrap_or_default() {
                "-jar" => return self.of_jar(words.next(), agents),
                "-cp" | "-classpath" | "--class-path" | "-p" | "--module-path" => class_path = words.next(),
                option if VALUED.contains(&option) => drop(words.next()),
                "" => {}
                option if option.starts_with('@') => {}
                option if option.starts_with('-') && option != "-m" && option != "--module" => {
                    agents.extend(option.strip_prefix("-javaagent:"));
                }
                _ => break,
            }
        }
        let entries = match class_path {
            Some(word) => text(word).ok_or_else(|| format!("the class path {} is not written out", word.raw))?,
            None => self.end.env("CLASSPATH").unwrap_or("."),
        };
        let entries = entries.split(':').map(|entry| entry.trim_end_matches('*'));
        let entries = entries.map(|entry| self.absolute(entry)).collect::<Result<Vec<String>, String>>()?;
        match entries.iter().find(|entry| !self.is_there(entry)) {
            Some(entry) => Err(format!("{entry} is on the class path, and no line is known to make it")),
            None => self.with_agents(entries, agents),
        }
    }

    /// Whether a line certainly makes an entry of the class path: `java` passes over those that are not there, COPY does not.
    fn is_there(&self, entry: &str) -> bool {
        if !self.is_made(entry) {
            return self.is_copied(entry);
        }
        let in_a_folder = |product: &Product| matches!(product, Product::Under { .. }) && product.is_at(entry);
        let mut products = self.calls.iter().filter_map(|call| call.product.as_ref());
        let name = entry.rsplit('/').next().unwrap_or(entry);
        let lines = || {
            self.steps
                .iter()
                .map(|step| step.instruction.logical.text())
                .filter(|text| text.contains("copy-dependencies"))
        };
        let mut texts = sources::manifests(self.context, self.chain).map(|(_, text)| text).chain(lines());
        let names = |text: &str| text.contains(name) || (name == "dependency" && text.contains("copy-dependencies"));
        !products.any(in_a_folder) || name.ends_with(".jar") || entry.contains("/classes") || texts.any(names)
    }

    fn of_jar(&self, jar: Option<&StartWord>, agents: Vec<&str>) -> Result<Vec<String>, String> {
        let word = jar.ok_or("it is not known which jar `java` starts")?;
        let path = text(word).ok_or_else(|| format!("the jar {} is not written out", word.raw))?;
        let path = self.absolute(path)?;
        let (folder, name) = path.rsplit_once('/').unwrap_or_default();
        // Quarkus lays out a folder for its runner.
        if name == "quarkus-run.jar" && self.is_made(folder) {
            return self.with_agents(vec![folder.to_owned()], agents);
        }
        self.refuse_parts_elsewhere(&path)?;
        self.with_agents(vec![path], agents)
    }

    /// Agents that a build makes belong to the program.
    fn with_agents(&self, mut files: Vec<String>, agents: Vec<&str>) -> Result<Vec<String>, String> {
        for agent in agents {
            let agent = self.absolute(agent.split('=').next().unwrap_or(agent))?;
            files.extend(Some(agent).filter(|agent| self.is_made(agent)));
        }
        Ok(files)
    }

    fn absolute(&self, path: &str) -> Result<String, String> {
        self.end.absolute(path).ok_or_else(|| "the working directory at start is not known".to_owned())
    }

    /// A jar is the whole program where its manifest names no others, and its build packs what the program needs.
    fn refuse_parts_elsewhere(&self, jar: &str) -> Result<(), String> {
        let manifests = || sources::manifests(self.context, self.chain);
        if let Some((path, what)) = self.reference() {
            return Err(format!("{path} lets {jar} look for other jars ({what}); pack them into it"));
        }
        let products = self.calls.iter().filter(|call| call.product.as_ref().is_some_and(|product| product.is_at(jar)));
        let mut drives = products.clone().filter(|call| !matches!(call.product, Some(Product::Program(_))));
        let packs = |(_, text): (&str, &str)| self.chain.packs.iter().any(|pattern| text.contains(pattern.as_str()));
        if drives.next().is_none() || manifests().any(packs) {
            return Ok(());
        }
        match manifests().find(|(_, text)| self.depends(text)) {
            Some((path, _)) => Err(format!(
                "nothing in {path} is known to pack what the program needs into {jar}: the Spring Boot or the Shade plugin would"
            )),
            None => Ok(()),
        }
    }

    /// What a manifest says of parts that lie elsewhere: its path, the words.
    fn reference(&self) -> Option<(&str, &str)> {
        let refers = |text: &str| self.chain.refers.iter().find(|pattern| text.contains(pattern.as_str()));
        sources::manifests(self.context, self.chain).find_map(|(path, text)| Some((path, refers(text)?.as_str())))
    }

    /// Whether a manifest names something that the program needs when it runs.
    fn depends(&self, text: &str) -> bool {
        let is_needed = |rest: &str| {
            let block = rest.split("</dependency>").next().unwrap_or(rest);
            !block.contains("<scope>test</scope>") && !block.contains("<scope>provided</scope>")
        };
        self.chain.depends.iter().any(|pattern| text.split(pattern.as_str()).skip(1).any(is_needed))
    }
}

/// The text of a word that is literal, or would be but for `*`.
fn text(word: &StartWord) -> Option<&str> {
    let is_plain = !word.raw.contains(['$', '`', '{', '"', '\'', '~', '[', '?']);
    word.value.as_deref().or_else(|| Some(word.raw.as_str()).filter(|_| is_plain))
}

#[cfg(test)]
mod tests {
    use super::super::super::asking::ask;
    use super::Wanted;

    const POM: (&str, &str) = ("pom.xml", "<outputDirectory>target/modules</outputDirectory>");

    fn wanted(lines: &str, files: &[(&str, &str)]) -> Result<Wanted, String> {
        ask(&format!("FROM maven:3.9-eclipse-temurin-17\nWORKDIR /src\nCOPY . .\n{lines}\n"), files, |facts| {
            facts.wanted_at_start(&facts.start().commands[0])
        })
    }

    fn files(lines: &str) -> Result<String, String> {
        wanted(lines, &[POM, ("lib/a.jar", "")]).map(|wanted| match wanted {
            Wanted::Program => "the program".into(),
            Wanted::Files(files) => files.join(" "),
        })
    }

    #[test]
    fn java_names_a_jar_or_a_class_path() {
        for (start, expected) in [
            ("java -Xmx1g -jar target/a.jar --port 1", "/src/target/a.jar"),
            ("java $OPTS -jar target/*.jar", "/src/target/*.jar"),
            ("java -cp target/classes:lib/* -server a.Main x", "/src/target/classes /src/lib"),
            ("java -cp target/a.jar:target/modules a.Main", "/src/target/a.jar /src/target/modules"),
            ("java -p target/modules --add-opens java.base/java.lang=ALL-UNNAMED -m a/b", "/src/target/modules"),
            ("java -javaagent:target/agent.jar=x -jar target/a.jar", "/src/target/a.jar /src/target/agent.jar"),
            ("java -jar target/quarkus-app/quarkus-run.jar", "/src/target/quarkus-app"),
            ("target/dist/bin/a", "/src/target/dist"),
            ("target/a", "the program"),
        ] {
            assert_eq!(files(&format!("RUN mvn package\nCMD {start}")).as_deref(), Ok(expected), "{start}");
        }
    }

    #[test]
    fn what_java_runs_may_be_in_a_variable_or_nowhere() {
        assert!(files("RUN mvn package\nCMD java -jar $JAR").is_err());
        assert!(files("RUN mvn package\nCMD java -cp target/classes:deps a.Main").is_err());
        assert!(files("RUN mvn package\nCMD java -cp target/classes:target/resources a.Main").is_err());
        assert!(files("RUN mvn package\nCMD java").is_ok());
    }

    #[test]
    fn a_jar_without_what_it_needs_is_no_program() {
        let start = "RUN mvn package\nCMD java -jar target/a.jar";
        let jar = |pom: &str| wanted(start, &[("pom.xml", pom)]).is_ok();
        assert!(jar("<dependency><scope>test</scope></dependency>"));
        assert!(!jar("<dependency></dependency>"));
        assert!(jar("<dependency></dependency><artifactId>maven-shade-plugin</artifactId>"));
        assert!(!jar("<addClasspath>true</addClasspath>"));
    }
}
