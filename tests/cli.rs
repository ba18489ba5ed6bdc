//! The command line, as a person meets it: data files under `cli/`, and here what no data file can hold.

#[path = "cli/git_apply.rs"]
mod git_apply;
#[path = "cli/lock.rs"]
mod lock;
#[path = "cli/process.rs"]
mod process;
mod server;
#[path = "cli/verify.rs"]
mod verify;
#[path = "cli/whole.rs"]
mod whole;

#[test]
fn the_command_line_behaves_as_its_pages_say() {
    trycmd::TestCases::new().case("tests/cli/*.trycmd");
}
