//! A report as text, for the terminal.

use super::figures::{minutes, money, number, plain, share};
use super::places::{self, PlacesRow};
use super::report::Report;
use std::fmt::Write as _;

impl Report {
    /// The report as text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.write(&mut out);
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let whole = |name: &'static str| self.counts.get(name).copied().unwrap_or(0);
        writeln!(out, "{} people, {} days each, seed {}", number(self.people), self.days, self.seed)?;
        writeln!(out, "pathways: {}", self.pathways.join(", "))?;
        let sent: u64 = self.channels.iter().map(|c| c.sums.sent).sum();
        writeln!(out, "\nmessages: {} for {}", number(sent), money(self.cost_micros))?;
        let columns = ["channel", "sent", "arrived", "failed", "segments", "cost"];
        let mut rows: Vec<Vec<String>> = vec![columns.map(str::to_owned).to_vec()];
        rows.extend(self.channels.iter().map(|c| {
            let s = &c.sums;
            let figures = [s.sent, s.delivered, s.failed, s.segments].map(number);
            let mut row = vec![c.channel.name().to_owned()];
            row.extend(figures);
            row.push(money(c.cost_micros));
            row
        }));
        table(out, &rows)?;
        let columns = ["words", "channel", "purpose", "sent", "arrived", "cost"];
        let mut rows: Vec<Vec<String>> = vec![columns.map(str::to_owned).to_vec()];
        rows.extend(self.messages.iter().map(|m| {
            let name = if m.words.is_empty() { "(none)".to_owned() } else { m.words.clone() };
            let (sent, delivered) = (number(m.sums.sent), number(m.sums.delivered));
            vec![name, m.channel.name().into(), m.purpose.into(), sent, delivered, money(m.cost_micros)]
        }));
        table(out, &rows)?;
        writeln!(out, "\nteams: what they are asked, and what they can do")?;
        let columns = ["team", "prompts", "an hour", "waits", "nine of ten", "overdue", "most that wait"];
        let mut rows: Vec<Vec<String>> = vec![columns.map(str::to_owned).to_vec()];
        rows.extend(self.teams.iter().map(|t| {
            let (waits, p90) = (minutes(t.waits_minutes), minutes(t.waits_p90_minutes));
            let overdue = share(t.overdue, t.asked);
            vec![t.team.clone(), number(t.asked), number(t.per_hour), waits, p90, overdue, number(t.waiting_max)]
        }));
        table(out, &rows)?;
        let columns = ["prompt", "team", "opened", "escalated", "done", "late", "taken back"];
        let mut rows: Vec<Vec<String>> = vec![columns.map(str::to_owned).to_vec()];
        rows.extend(self.prompts.iter().map(|p| {
            let mut row = vec![p.name.clone(), p.team.clone()];
            row.extend([p.opened, p.escalated_to, p.done, p.late, p.taken_back].map(number));
            row
        }));
        table(out, &rows)?;
        writeln!(out, "\ngoals")?;
        for goal in &self.goals {
            let (reached, of) = (number(goal.reached), number(goal.of));
            writeln!(out, "  {:<44} {:>8}   {reached} of {of}", plain(&goal.name), share(goal.reached, goal.of))?;
        }
        writeln!(out, "\nurgent prompts: how soon a person took note")?;
        for noticed in &self.noticed {
            let (n, m, l) = (number(noticed.prompts), noticed.median_minutes, noticed.longest_minutes);
            writeln!(out, "  {:<44} {n:>8}   half within {m} min, all within {l} min", noticed.name)?;
        }
        writeln!(out, "\njourneys that ended")?;
        for ended in &self.ended {
            let why = format!("{}: {}", ended.pathway, ended.reason);
            writeln!(out, "  {why:<60} {:>10}", number(ended.journeys))?;
        }
        if !self.places.is_empty() {
            writeln!(out, "\nplaces: how many are under way at once")?;
            let columns = ["pathway", "journeys", "limit", "most at once", "would wait", "longest wait", "no place"];
            let mut rows: Vec<Vec<String>> = vec![columns.map(str::to_owned).to_vec()];
            rows.extend(self.places.iter().map(PlacesRow::cells));
            table(out, &rows)?;
            writeln!(out, "  {}", places::HOW)?;
        }
        writeln!(out, "\npeople")?;
        writeln!(out, "  {:<60} {:>10}", "left without any contact", number(whole("without contact")))?;
        for (name, many) in self.counts.iter().filter(|(name, _)| !matches!(**name, "people" | "without contact")) {
            writeln!(out, "  {name:<60} {:>10}", number(*many))?;
        }
        let assumed = self.draws.iter().filter(|d| d.source == "assumption").count();
        let all = self.draws.len();
        writeln!(
            out,
            "\n{assumed} of {all} rates are assumptions; `--format json` and `--html` show each with its source."
        )
    }
}

/// Columns: the first to the left, figures to the right.
fn table(out: &mut String, rows: &[Vec<String>]) -> std::fmt::Result {
    let columns = rows.first().map_or(0, Vec::len);
    let figure = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '$' || c == '–');
    let wide: Vec<usize> = (0..columns).map(|c| rows.iter().map(|r| r[c].chars().count()).max().unwrap_or(0)).collect();
    let right: Vec<bool> = (0..columns).map(|c| rows.iter().skip(1).all(|r| figure(&r[c]))).collect();
    for row in rows {
        let mut line = String::from(" ");
        for (c, cell) in row.iter().enumerate() {
            let width = wide[c];
            if right[c] {
                write!(line, " {cell:>width$} ")?;
            } else {
                write!(line, " {cell:<width$} ")?;
            }
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
