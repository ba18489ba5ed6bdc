//! What a run costs: the reading alone, the whole pipeline on an example, and how both grow with the file.

use std::hint::black_box;
use std::path::Path;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use harden::config::Config;
use harden::context::Context;
use harden::context::load::load;
use harden::dockerfile::Dockerfile;
use harden::engine;
use harden::facts::Input;
use harden::templates::Templates;
use harden::transforms;

fn pipeline(text: &str, context: &Context) -> String {
    let config = Config::default();
    engine::run(text, &transforms::ALL, &Input::new(context, Templates::builtin(), &config)).after
}

/// A service of about `lines` lines, of the kinds of lines that real files have.
fn service(lines: usize) -> String {
    let mut text = "# A service\nFROM python:3.12-slim\nWORKDIR /app\n".to_owned();
    for number in 0..lines.saturating_sub(10) / 10 {
        text.push_str(&format!(
            "\n# Part {number}\nENV PART_{number}=/srv/part \\\n    LEVEL_{number}=$PART_{number}\n\
             RUN apt-get update && apt-get install -y curl \\\n    # a comment\n    libpq-dev \\\n    && rm -rf /var/lib/apt/lists/*\n\
             COPY part-{number}/ ./part-{number}/\n"
        ));
    }
    text.push_str(
        "\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\nEXPOSE 8000\n\
         CMD [\"gunicorn\", \"--bind\", \"0.0.0.0:8000\", \"app:app\"]\n",
    );
    text
}

fn example(c: &mut Criterion) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fastapi-sqlite/before");
    let path = folder.join("Dockerfile");
    let text = std::fs::read_to_string(&path).expect("the example has a Dockerfile");
    let context = load(&folder, Some(&path)).expect("the example can be read");
    c.bench_function("parse/fastapi-sqlite", |b| b.iter(|| Dockerfile::parse(black_box(&text))));
    c.bench_function("pipeline/fastapi-sqlite", |b| b.iter(|| pipeline(black_box(&text), &context)));
}

fn growth(c: &mut Criterion) {
    let context = Context::empty();
    for (name, run) in [("parse", parse as fn(&str, &Context)), ("pipeline", transform)] {
        let mut group = c.benchmark_group(name);
        for lines in [20, 100, 1_000, 5_000] {
            let text = service(lines);
            group.throughput(Throughput::Elements(text.lines().count() as u64));
            group.bench_with_input(BenchmarkId::new("lines", lines), &text, |b, text| b.iter(|| run(text, &context)));
        }
    }
}

fn parse(text: &str, _: &Context) {
    black_box(Dockerfile::parse(black_box(text)));
}

fn transform(text: &str, context: &Context) {
    black_box(pipeline(black_box(text), context));
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(2));
    targets = example, growth
}
criterion_main!(benches);
