//! `make bench-rules`: how long a lead takes to find its rule, ours against other engines.
//!
//! One line for each case, `rules set=… n=… ours_us=… best=… best_us=… ratio=…`: microseconds a lead, the best of the
//! others, and ours in relation to it. Exit code 1 when a goal was missed.

use std::collections::BTreeSet;
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::time::Instant;

use jiff::Timestamp;
use leadyard_bench_rules::engine::{
    Cel, Datalogic, Engine, Explained, Ours, Tables, Zen, check, compile, document, read,
};
use leadyard_bench_rules::measure::{Plan, measure, median};
use leadyard_bench_rules::rule::comparisons;
use leadyard_bench_rules::sets::Set;
use leadyard_domain::config::document::{Syntax, parse};
use leadyard_domain::config::warning::{Facts, warnings};

/// Most microseconds a lead that territories may take, by the number of rules.
const TERRITORIES_US: [(usize, f64); 3] = [(100, 2.0), (1_000, 4.0), (10_000, 10.0)];
/// Ours in relation to the best of the others, on any set.
const RATIO: f64 = 1.0;
/// To check and compile 10,000 rules.
const COMPILE_MS: f64 = 200.0;

fn main() -> ExitCode {
    let mut missed = Vec::new();
    let sizes = [100, 1_000, 10_000];
    let sets = sizes.into_iter().map(|n| -> Box<dyn Fn() -> Set> { Box::new(move || Set::territories(n)) });
    let sets = sets.chain([Box::new(Set::zip_lists) as Box<dyn Fn() -> Set>]);
    let sets = sets.chain(sizes.into_iter().map(|n| -> Box<dyn Fn() -> Set> { Box::new(move || Set::mixed(n)) }));
    for set in sets {
        if let Err(message) = case(&set(), &mut missed) {
            eprintln!("the engines disagree, so their times say nothing: {message}");
            return ExitCode::FAILURE;
        }
    }
    compile_times(&mut missed);
    for goal in &missed {
        println!("missed: {goal}");
    }
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// One set, all engines.
fn case(set: &Set, missed: &mut Vec<String>) -> Result<(), String> {
    let Set { name, rules, leads } = set;
    let ours = Ours::new(rules, leads);
    let tables = Tables::new(rules);
    let (mut us, mut explained) = (&ours, Explained(&ours));
    let mut datalogic = Datalogic::new(rules, leads);
    let mut zen = Zen::new(rules, leads);
    let mut cel = Cel::new(rules, leads, tables.as_ref());
    let engines: &mut [&mut dyn Engine] = &mut [&mut us, &mut explained, &mut datalogic, &mut zen, &mut cel];

    let positions = agreed(engines, leads.len())?;
    let times = measure(engines, leads.len(), Plan::of(rules.len()));
    let of = |wanted: &str| engines.iter().position(|engine| engine.name() == wanted).map(|place| times[place]);
    let ours_us = of("ours").unwrap_or(f64::NAN);
    let (best, best_us) = engines[2..]
        .iter()
        .zip(&times[2..])
        .map(|(engine, &time)| (engine.name(), time))
        .min_by(|(_, left), (_, right)| left.total_cmp(right))
        .unwrap_or(("none", f64::NAN));
    let (n, ratio) = (rules.len(), ours_us / best_us);
    println!("rules set={name} n={n} ours_us={ours_us:.2} best={best} best_us={best_us:.2} ratio={ratio:.3}");
    let each: Vec<String> =
        engines.iter().zip(&times).map(|(engine, time)| format!("{}={time:.2}", engine.name())).collect();
    println!("  us: {}", each.join(" "));
    println!("  leads: {}", spread(&positions, n));
    let total: usize = rules.iter().map(comparisons).sum();
    println!("  comparisons: {total}");

    if ratio > RATIO {
        missed.push(format!("set={name} n={n}: {ours_us:.2} us, where {best} takes {best_us:.2}"));
    }
    for (size, goal_us) in TERRITORIES_US {
        if *name == "territories" && n == size && ours_us > goal_us {
            missed.push(format!("set={name} n={n}: {ours_us:.2} us, where the goal is {goal_us}"));
        }
    }
    Ok(())
}

/// The first match of each lead, when all engines find the same.
fn agreed(engines: &mut [&mut dyn Engine], leads: usize) -> Result<Vec<Option<usize>>, String> {
    (0..leads)
        .map(|lead| {
            let found: Vec<_> = engines.iter_mut().map(|engine| engine.first_match(lead)).collect();
            match found.iter().all(|place| *place == found[0]) {
                true => Ok(found[0]),
                false => {
                    let all: Vec<String> = engines
                        .iter()
                        .zip(found)
                        .map(|(engine, place)| match place {
                            Some(place) => format!("{} finds rule {place}", engine.name()),
                            None => format!("{} finds none", engine.name()),
                        })
                        .collect();
                    Err(format!("for lead {lead} {}", all.join(", ")))
                }
            }
        })
        .collect()
}

/// Where in the list leads found their rule.
fn spread(positions: &[Option<usize>], rules: usize) -> String {
    let percent = |holds: &dyn Fn(&Option<usize>) -> bool| {
        100 * positions.iter().filter(|position| holds(position)).count() / positions.len()
    };
    let tenth = rules / 10;
    let mut found: Vec<usize> = positions.iter().flatten().copied().collect();
    found.sort_unstable();
    let median = found.get(found.len() / 2).map_or("none".to_owned(), ToString::to_string);
    format!(
        "{}% match in the first tenth of the rules, {}% in the last, {}% never; the median match is rule {median}",
        percent(&|position| position.is_some_and(|place| place < tenth)),
        percent(&|position| position.is_some_and(|place| place >= rules - tenth)),
        percent(&Option::is_none),
    )
}

/// How long a config takes to be checked and compiled, and what it holds then.
fn compile_times(missed: &mut Vec<String>) {
    let sizes = compiled_sizes();
    for set in [Set::territories(10_000), Set::zip_lists(), Set::mixed(10_000)] {
        let document = document(&set.rules);
        let times = (0..9).map(|_| {
            let config = read(document.clone());
            let start = Instant::now();
            let rules = compile(config);
            let elapsed = start.elapsed();
            drop(rules);
            elapsed.as_secs_f64() * 1e3
        });
        let (name, n, ms) = (set.name, set.rules.len(), median(times.collect()));
        let size = sizes.iter().find(|(set, ..)| set == name);
        let (_, kb, config_kb) = size.expect("the program prints every set");
        println!("rules_compile n={n} set={name} ms={ms:.1} kb={kb} config_kb={config_kb}");
        println!("  publishing also takes: {}", publishing(&document));
        if ms > COMPILE_MS {
            missed.push(format!("set={name} n={n}: compiled in {ms:.1} ms, where the goal is {COMPILE_MS}"));
        }
    }
}

/// What else is done at publish, in milliseconds: reading the text, and looking for what is most likely not meant.
fn publishing(document: &serde_json::Value) -> String {
    let ms = |what: &dyn Fn()| {
        let start = Instant::now();
        what();
        start.elapsed().as_secs_f64() * 1e3
    };
    let text = document.to_string();
    let checked = check(read(document.clone()));
    let facts = Facts { now: Timestamp::UNIX_EPOCH, lists: &BTreeSet::new(), fills: &|_, _| true };
    // JSON is YAML.
    let steps: [(&str, &dyn Fn()); 3] = [
        ("json", &|| drop(black_box(parse(&text, Syntax::Json).expect("the document is a config")))),
        ("yaml", &|| drop(black_box(parse(&text, Syntax::Yaml).expect("the document is a config")))),
        ("warnings", &|| drop(black_box(warnings(&checked, &facts)))),
    ];
    steps.map(|(name, step)| format!("{name}_ms={:.1}", ms(step))).join(" ")
}

/// What `compiled_size`, which stands beside this program, prints.
fn compiled_sizes() -> Vec<(String, u64, u64)> {
    let program = std::env::current_exe().expect("a running program has a path").with_file_name("compiled_size");
    let output = Command::new(program).output().expect("`make bench-rules` builds compiled_size");
    let text = String::from_utf8(output.stdout).expect("it prints text");
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    };
    text.lines().filter_map(line).collect()
}
