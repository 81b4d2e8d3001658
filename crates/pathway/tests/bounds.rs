//! The worst files that the bounds let through are read in bounded time.

use std::time::{Duration, Instant};
use throughline_pathway::{CodeSets, read};

const GOOD: &str = include_str!("findings/good.yaml");
const FIRST: &str = "    - wait: day 1 at 09:00\n      late: now\n";

/// Far more than is needed; a search that grows with the square of the file takes longer.
const MOST: Duration = Duration::from_secs(10);

fn in_time(what: &str, text: &str) {
    let begin = Instant::now();
    let refused = read("worst.yaml", text, &CodeSets::default(), &["nurses".into(), "surgeon".into()]).is_err();
    assert!(refused, "{what}");
    assert!(begin.elapsed() < MOST, "{what} took {:?}", begin.elapsed());
}

#[test]
fn the_worst_files_are_read_in_time() {
    let arm = |i: usize| {
        format!("    - branch:\n        - if: person.deaf\n          then: n{}\n      name: n{i}\n", (i * 7) % 1000)
    };
    let branches: String = (0..1_100).map(arm).collect();
    in_time("steps", &GOOD.replacen(FIRST, &branches, 1));
    let ask = |i: usize| {
        let then = (i * 7) % 190;
        format!(
            "    - prompt: p{i}\n      to: nurses\n      do: x\n      why: x\n      due: 1 hour\n    - branch:\n        - if: p{i}.reached\n          then: p{then}\n"
        )
    };
    let prompts: String = (0..400).map(ask).collect();
    in_time("prompts", &GOOD.replacen(FIRST, &prompts, 1));
    let fields = format!("      sms, portal: \"{} Your", "{{q.b}}".repeat(400));
    in_time("fields", &GOOD.replacen("      sms, portal: \"Your", &fields, 1));
    in_time("one long line", &format!("[{}", "a,".repeat(120_000)));
    in_time("many short lines", &"a: [b, c]\n".repeat(25_000));
    in_time("explicit keys", &"? a\n".repeat(60_000));
    in_time("flow", &"{a: ".repeat(60_000));
    in_time("a long block", &format!("a: |\n{}", " \n".repeat(120_000)));
}
