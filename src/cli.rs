//! What the command line takes. The doc comments are the help texts.

use std::path::PathBuf;

use clap::builder::Styles;
use clap::builder::styling::AnsiColor;
use clap::{Args, Parser, Subcommand, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  harden                           print ./Dockerfile, hardened
  harden --diff app worker         show what would change in two folders
  harden -w .                      rewrite every Dockerfile below this folder
  harden --check .                 exit with 1 if anything would change, for CI

Exit code: 0 fine, 1 --check found something to change, 2 something went wrong.";

const VERIFY_EXAMPLES: &str = "\
Examples:
  harden verify                                    ./Dockerfile against what harden makes of it
  harden verify api --env TOKEN=x --probe /items   what the program needs, and what it is asked
  harden verify --hardened Dockerfile.hardened     against this file

What is made in the engine is removed again. A volume with a name is replaced by an empty one.

Exit code: 0 proved, 1 the hardened image is worse, 2 something went wrong.";

const OBSERVE_EXAMPLES: &str = "\
Examples:
  harden observe                            look at what ./Dockerfile runs for 30 seconds
  harden observe --for 5m app               time enough to try everything that it does
  harden observe --env KEY=x --probe /api   what it needs, and what it is asked

Use the program while it is looked at: what it is not seen to do is not known. Everything that is made is removed.

Exit code: 0 fine, 2 something went wrong.";

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Turns a naive Dockerfile into a hardened one, and says what it did and why.
#[derive(Debug, Parser)]
#[command(version, styles = STYLES, after_help = EXAMPLES, disable_help_subcommand = true, max_term_width = 100)]
#[command(
    args_conflicts_with_subcommands = true,
    override_usage = "harden [OPTIONS] [PATH]...\n       harden explain NAME|RULE\n       harden lock [OPTIONS] [PATH]...\n       harden verify [OPTIONS] [DOCKERFILE]\n       harden observe [OPTIONS] [DOCKERFILE]"
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Option<Command>,

    #[command(flatten)]
    pub harden: Harden,

    /// Use colour: auto, always or never
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Report")]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub color: Color,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print what a transform does and when it holds back, or what answers a scanner's rule
    Explain {
        /// A name that `harden --list` shows, or the id of a rule, such as DL3002 or CIS 4.1
        #[arg(value_name = "NAME|RULE", required = true)]
        words: Vec<String>,
    },

    /// Write the digests of the images that the hardened Dockerfiles name into harden.lock
    Lock(Lock),

    /// Build and run the original and the hardened image, and compare what they do
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(Box<Verify>),

    /// Run the original image for a while, and write what it does into harden.evidence.toml
    #[command(after_help = OBSERVE_EXAMPLES)]
    Observe(Box<Observe>),
}

#[derive(Debug, Args)]
pub struct Lock {
    /// Dockerfiles, or folders to search [default: ./Dockerfile]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Ask for every digest anew, not for the missing ones alone
    #[arg(long, help_heading = "Result")]
    pub update: bool,

    /// Ask nobody, and exit with 1 if harden.lock misses an image
    #[arg(long, help_heading = "Result", conflicts_with = "update")]
    pub check: bool,

    #[command(flatten)]
    pub choices: Choices,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// A Dockerfile, or its folder; several with --bake [default: ./Dockerfile]
    #[arg(value_name = "DOCKERFILE")]
    pub paths: Vec<PathBuf>,

    /// Write the strongest file that is proved: without the transforms that break it
    #[arg(long, help_heading = "Result", conflicts_with = "hardened")]
    pub fix: bool,

    /// Build and run nothing: print a file for `docker buildx bake` that builds the pairs elsewhere
    #[arg(long, help_heading = "Result", conflicts_with_all = ["fix", "hardened", "scan"])]
    pub bake: bool,

    /// Compare with this file, not with what harden makes now
    #[arg(long, value_name = "FILE", help_heading = "Build")]
    pub hardened: Option<PathBuf>,

    #[command(flatten)]
    pub building: Building,

    #[command(flatten)]
    pub running: Running,

    #[command(flatten)]
    pub compose: DockerCompose,

    /// Count known vulnerabilities with trivy, grype or docker scout, whichever is installed
    #[arg(long, help_heading = "Compare")]
    pub scan: bool,

    /// A path to ask for by HTTP [default: / and the path of the health check]
    #[arg(long, value_name = "PATH", help_heading = "Compare")]
    pub probe: Vec<String>,

    /// How long the program may take until it answers
    #[arg(long, value_name = "SECONDS", default_value_t = 60, help_heading = "Compare")]
    pub wait: u64,

    #[command(flatten)]
    pub choices: Choices,

    /// The form of the comparison: text, markdown or json
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub format: TableFormat,

    /// Say nothing but the comparison and errors
    #[arg(short, long, help_heading = "Report")]
    pub quiet: bool,
}

#[derive(Debug, Args)]
pub struct Observe {
    /// A Dockerfile, or its folder [default: ./Dockerfile]
    #[arg(value_name = "DOCKERFILE")]
    pub path: Option<PathBuf>,

    /// How long to look: 30s, 5m; at a terminal, Enter ends it
    #[arg(long = "for", value_name = "TIME", default_value = "30s", value_parser = seconds)]
    pub time: u64,

    /// A path to ask for by HTTP, beside /
    #[arg(long, value_name = "PATH")]
    pub probe: Vec<String>,

    /// Print the evidence instead of writing it
    #[arg(short = 'n', long, help_heading = "Result", conflicts_with = "output")]
    pub dry_run: bool,

    /// Write the evidence to FILE [default: harden.evidence.toml beside the Dockerfile]
    #[arg(short, long, value_name = "FILE", help_heading = "Result")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub building: Building,

    #[command(flatten)]
    pub running: Running,

    /// The build context [default: the folder of the Dockerfile]
    #[arg(long, value_name = "DIR", help_heading = "Choices")]
    pub context: Option<PathBuf>,

    /// The stage that is built, as for `docker build` [default: the last one]
    #[arg(long, value_name = "STAGE", help_heading = "Choices")]
    pub target: Option<String>,

    /// The configuration [default: the nearest harden.toml, from here upwards]
    #[arg(long, value_name = "FILE", help_heading = "Choices")]
    pub config: Option<PathBuf>,

    /// Say nothing but errors
    #[arg(short, long, help_heading = "Report")]
    pub quiet: bool,
}

/// How an image is built.
#[derive(Debug, Args)]
pub struct Building {
    /// docker, podman or nerdctl [default: the first one there]
    #[arg(long, value_name = "NAME", help_heading = "Build", hide_possible_values = true)]
    pub engine: Option<Engine>,

    /// A build argument, as for `docker build`
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Build")]
    pub build_arg: Vec<String>,

    /// A further option of the build: `--build-option=--pull`
    #[arg(long, value_name = "OPTION", help_heading = "Build", allow_hyphen_values = true)]
    pub build_option: Vec<String>,
}

/// What a program needs to run.
#[derive(Debug, Args)]
pub struct Running {
    /// An environment variable of the program
    #[arg(short, long, value_name = "NAME=VALUE", help_heading = "Run")]
    pub env: Vec<String>,

    /// A file of such variables
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub env_file: Vec<String>,

    /// A volume or a folder, as for `docker run`
    #[arg(long, value_name = "SOURCE:DIRECTORY", help_heading = "Run")]
    pub volume: Vec<String>,

    /// A port that it listens on, beside those that the file tells
    #[arg(short, long, value_name = "PORT", help_heading = "Run")]
    pub port: Vec<u16>,

    /// A further option of the run: `--run-arg=--network=mine`
    #[arg(long, value_name = "OPTION", help_heading = "Run", allow_hyphen_values = true)]
    pub run_arg: Vec<String>,

    /// Run this in place of the image's command; it goes last
    #[arg(long, value_name = "COMMAND", help_heading = "Run", num_args = 1.., allow_hyphen_values = true)]
    pub command: Vec<String>,
}

/// `30s`, `5m`, or a number of seconds.
fn seconds(text: &str) -> Result<u64, String> {
    let (number, unit) = match text.strip_suffix('m') {
        Some(number) => (number, 60),
        None => (text.strip_suffix('s').unwrap_or(text), 1),
    };
    let number = number.parse::<u64>().ok().filter(|number| (1..=24 * 60 * 60).contains(number));
    number.map(|number| number * unit).ok_or_else(|| "a number of seconds (30s) or of minutes (5m)".to_owned())
}

/// What a compose file says of how the image is run.
#[derive(Debug, Args)]
pub struct DockerCompose {
    /// Run it as this compose file says [default: that of the Dockerfile's folder]
    #[arg(long, value_name = "FILE", help_heading = "Run")]
    pub compose: Option<PathBuf>,

    /// Read no compose file
    #[arg(long, help_heading = "Run", conflicts_with_all = ["compose", "service"])]
    pub no_compose: bool,

    /// The service of the compose file [default: the one that is built from the Dockerfile]
    #[arg(long, value_name = "NAME", help_heading = "Run")]
    pub service: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    Docker,
    Podman,
    Nerdctl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Text,
    Markdown,
    Json,
}

#[derive(Debug, Args)]
pub struct Harden {
    /// Dockerfiles, or folders to search; `-` is standard input [default: ./Dockerfile]
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,

    /// Print a diff that `git apply` takes, instead of the file
    #[arg(long, help_heading = "Result", conflicts_with_all = ["write", "output"])]
    pub diff: bool,

    /// Rewrite the files in place
    #[arg(short, long, help_heading = "Result", conflicts_with_all = ["check", "output"])]
    pub write: bool,

    /// Name the files that would change, and exit with 1 if there are any
    #[arg(long, help_heading = "Result", conflicts_with = "output")]
    pub check: bool,

    /// Write the result to FILE
    #[arg(short, long, value_name = "FILE", help_heading = "Result")]
    pub output: Option<PathBuf>,

    #[command(flatten)]
    pub choices: Choices,

    /// List the transforms in the order in which they run
    #[arg(long, help_heading = "Report", exclusive = true)]
    pub list: bool,

    /// `json`: the report on standard output, with --check or --write
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Report")]
    #[arg(hide_default_value = true, hide_possible_values = true)]
    pub report: Format,

    /// Say nothing but errors
    #[arg(short, long, help_heading = "Report", conflicts_with = "verbose")]
    pub quiet: bool,

    /// Say also what was fine already
    #[arg(short, long, help_heading = "Report")]
    pub verbose: bool,
}

/// What the hardened file depends on.
#[derive(Debug, Args)]
pub struct Choices {
    /// The build context [default: the folder of the Dockerfile; none for a pipe]
    #[arg(long, value_name = "DIR", help_heading = "Choices")]
    pub context: Option<PathBuf>,

    /// The stage that is built, as for `docker build` [default: the last one]
    #[arg(long, value_name = "STAGE", help_heading = "Choices")]
    pub target: Option<String>,

    /// Run these transforms alone
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', help_heading = "Choices")]
    pub only: Vec<String>,

    /// Run these too, which are left out unless asked for
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', help_heading = "Choices")]
    pub with: Vec<String>,

    /// Leave these transforms out
    #[arg(long, value_name = "NAME,…", value_delimiter = ',', help_heading = "Choices")]
    pub skip: Vec<String>,

    /// The configuration [default: the nearest harden.toml, from here upwards]
    #[arg(long, value_name = "FILE", help_heading = "Choices")]
    pub config: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes this the choice of every stream; `auto` asks the stream, and `NO_COLOR`.
    pub fn apply(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        super::Cli::command().debug_assert();
    }
}
