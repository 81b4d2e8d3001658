//! What came of tests, for people, for build servers and for programs.

use lab::test::Report;
use serde_json::{Value as Json, json};
use std::fmt::Write;

/// A name, and why it failed.
type Case = (String, Option<String>);

/// A report and what is asked of it.
pub struct Told<'a> {
    /// The report.
    pub report: &'a Report,
    /// The least coverage, percent.
    pub min_coverage: Option<u8>,
    /// Only some scenarios ran: what they do not pass says nothing.
    pub only: bool,
}

impl Told<'_> {
    /// Whether all is as it should be.
    pub fn passed(&self) -> bool {
        let scenarios = self.report.suites.iter().flat_map(|s| &s.verdicts).all(|v| v.passed());
        let mutants = self.report.mutants.as_ref().is_none_or(|(_, survivors)| survivors.is_empty());
        scenarios && mutants && self.covered()
    }

    fn covered(&self) -> bool {
        let least = usize::from(self.min_coverage.unwrap_or(0));
        self.report.coverage.iter().all(|c| c.percent() >= least)
    }

    /// For people.
    pub fn human(&self) -> String {
        let mut out = String::new();
        let (mut passed, mut all) = (0, 0);
        for suite in &self.report.suites {
            for verdict in &suite.verdicts {
                all += 1;
                if verdict.passed() {
                    passed += 1;
                    continue;
                }
                let _ = writeln!(out, "FAILED {}\n  --> {}:{}", verdict.name, suite.file, verdict.place.line);
                out.push_str(&indented(&told(verdict, &suite.file)));
                out.push('\n');
            }
        }
        if !self.only {
            for coverage in &self.report.coverage {
                self.coverage(coverage, &mut out);
            }
        }
        if let Some((tried, survivors)) = &self.report.mutants {
            for survivor in survivors {
                let never = if survivor.visited { "" } else { " (no scenario comes there)" };
                let _ = writeln!(
                    out,
                    "{}:{}: {} is noticed by no scenario{never}",
                    survivor.pathway, survivor.place.line, survivor.says
                );
            }
            let _ = writeln!(out, "{tried} mutants: {} survived", survivors.len());
        }
        let _ = writeln!(out, "{all} scenarios: {passed} passed, {} failed", all - passed);
        out
    }

    fn coverage(&self, coverage: &lab::test::Coverage, out: &mut String) {
        for (step, way, place, _) in coverage.missing() {
            let _ = writeln!(out, "{}:{}: no scenario takes `{step} {way}`", coverage.pathway, place.line);
        }
        let least = self.min_coverage.map(|n| format!(" (at least {n} % is asked for)")).unwrap_or_default();
        let passed = coverage.ways.iter().filter(|(_, _, _, passed)| *passed).count();
        let _ = writeln!(
            out,
            "{}: {} % of steps and ways ({passed} of {}){least}",
            coverage.pathway,
            coverage.percent(),
            coverage.ways.len()
        );
    }

    /// JUnit XML: a suite a file, a case a scenario; coverage and mutants are suites of their own.
    pub fn junit(&self) -> String {
        let mut suites: Vec<(String, Vec<Case>)> = Vec::new();
        for suite in &self.report.suites {
            let case = |v: &lab::test::Verdict| (v.name.clone(), (!v.passed()).then(|| told(v, &suite.file)));
            suites.push((suite.file.clone(), suite.verdicts.iter().map(case).collect()));
        }
        if let Some(least) = self.min_coverage {
            let case = |c: &lab::test::Coverage| {
                let missing = c.missing().map(|(step, way, place, _)| format!("line {}: {step} {way}\n", place.line));
                let short = c.percent() < usize::from(least);
                (format!("{}: {} %", c.pathway, c.percent()), short.then(|| missing.collect()))
            };
            suites.push(("coverage".into(), self.report.coverage.iter().map(case).collect()));
        }
        if let Some((tried, survivors)) = &self.report.mutants {
            let mut cases = vec![(format!("{} of {tried} mutants are noticed", tried - survivors.len()), None)];
            cases.extend(survivors.iter().map(|s| {
                let why = format!("{}:{}: {} is noticed by no scenario", s.pathway, s.place.line, s.says);
                (s.says.clone(), Some(why))
            }));
            suites.push(("mutants".into(), cases));
        }
        let failed = |cases: &[Case]| cases.iter().filter(|(_, why)| why.is_some()).count();
        let tests: usize = suites.iter().map(|(_, cases)| cases.len()).sum();
        let failures: usize = suites.iter().map(|(_, cases)| failed(cases)).sum();
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let _ = writeln!(out, "<testsuites name=\"throughline\" tests=\"{tests}\" failures=\"{failures}\">");
        for (name, cases) in &suites {
            let (tests, failures, file) = (cases.len(), failed(cases), escaped(name));
            let _ = writeln!(out, "  <testsuite name=\"{file}\" tests=\"{tests}\" failures=\"{failures}\">");
            for (case, why) in cases {
                let case = escaped(case);
                match why {
                    None => {
                        let _ = writeln!(out, "    <testcase classname=\"{file}\" name=\"{case}\"/>");
                    }
                    Some(why) => {
                        let first = escaped(why.lines().next().unwrap_or_default());
                        let _ = writeln!(
                            out,
                            "    <testcase classname=\"{file}\" name=\"{case}\">\n      <failure message=\"{first}\">{}</failure>\n    </testcase>",
                            escaped(why)
                        );
                    }
                }
            }
            out.push_str("  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }

    /// JSON.
    pub fn json(&self) -> String {
        let scenario = |v: &lab::test::Verdict| {
            let diff: Vec<Json> = v.diff.iter().map(|(mark, line)| json!([mark, line])).collect();
            let problems: Vec<Json> =
                v.problems.iter().map(|(place, why)| json!({"line": place.line, "says": why})).collect();
            json!({"name": v.name, "line": v.place.line, "passed": v.passed(), "diff": diff, "problems": problems,
                "why": v.why})
        };
        let suites: Vec<Json> = self
            .report
            .suites
            .iter()
            .map(|s| json!({"file": s.file, "scenarios": s.verdicts.iter().map(scenario).collect::<Vec<_>>()}))
            .collect();
        let coverage: Vec<Json> = self
            .report
            .coverage
            .iter()
            .map(|c| {
                let missing: Vec<Json> = c
                    .missing()
                    .map(|(step, way, place, _)| json!({"step": step, "way": way, "line": place.line}))
                    .collect();
                json!({"pathway": c.pathway, "percent": c.percent(), "ways": c.ways.len(), "missing": missing})
            })
            .collect();
        let mutants = self.report.mutants.as_ref().map(|(tried, survivors)| {
            let all: Vec<Json> = survivors
                .iter()
                .map(|s| json!({"pathway": s.pathway, "line": s.place.line, "says": s.says, "visited": s.visited}))
                .collect();
            json!({"tried": tried, "survivors": all})
        });
        let whole = json!({"passed": self.passed(), "files": suites, "coverage": coverage, "mutants": mutants});
        let mut out = serde_json::to_string_pretty(&whole).unwrap_or_default();
        out.push('\n');
        out
    }
}

/// What is wrong with a scenario.
fn told(verdict: &lab::test::Verdict, file: &str) -> String {
    let mut out = String::new();
    for (place, why) in &verdict.problems {
        let _ = writeln!(out, "{file}:{}:{}: {why}", place.line, place.column);
    }
    if !verdict.expects {
        out.push_str("it says nothing of what should come: `throughline test --update` writes what does\n");
        for line in &verdict.lines {
            let _ = writeln!(out, "+ {} {}", line.what.name(), line.name);
        }
    }
    if verdict.diff.iter().any(|(mark, _)| *mark != ' ') {
        out.push_str("- expected, + came:\n");
        for (mark, line) in &verdict.diff {
            let _ = writeln!(out, "{mark} {line}");
        }
    }
    if !verdict.why.is_empty() {
        out.push_str("why:\n");
        for line in &verdict.why {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// Text as XML; a line's end stays one in an attribute, too.
fn escaped(text: &str) -> String {
    model::markup::escape(text).replace('\n', "&#10;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn xml_is_escaped() {
        assert_eq!(escaped("a < \"b\" & 'c'\u{1}\n> ü"), "a &lt; &quot;b&quot; &amp; &#39;c&#39;&#10;&gt; ü");
    }
}
