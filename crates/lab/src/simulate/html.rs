//! A report as one page that needs nothing else: no scripts, nothing from elsewhere, light and dark.

use super::chart::{Bar, bars, hours};
use super::figures::{minutes, money, number, plain, share};
use super::places::{self, PlacesRow};
use super::queue::TeamLoad;
use super::report::Report;
use model::markup::escape;
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");

impl Report {
    /// The report as a page.
    pub fn html(&self) -> String {
        let mut out = String::with_capacity(64 * 1024);
        let title = format!("{} people, {} days", number(self.people), self.days);
        // Writing to a String cannot fail.
        let _ = write!(
            out,
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width,initial-scale=1\"><title>Simulation: {title}</title>\n<style>{STYLE}</style>\
             </head>\n<body><main>\n<header><h1>{title}</h1><p class=\"soft\">A make-believe population on its way along {}. \
             Seed {}; everybody goes home in the week from {}.</p></header>\n",
            escape(&self.own_pathways()),
            self.seed,
            &self.start.to_string()[..10],
        );
        self.figures(&mut out);
        self.messages(&mut out);
        for team in &self.teams {
            self.team(team, &mut out);
        }
        self.goals(&mut out);
        self.urgent(&mut out);
        self.people(&mut out);
        self.sources(&mut out);
        out + "</main></body></html>\n"
    }

    /// The pathways that people travel, without those that hold for everybody.
    fn own_pathways(&self) -> String {
        let own: Vec<&str> = self.pathways.iter().map(String::as_str).filter(|p| !p.starts_with("standing")).collect();
        own.join(", ")
    }

    fn count(&self, name: &str) -> u64 {
        self.counts.get(name).copied().unwrap_or(0)
    }

    fn figures(&self, out: &mut String) {
        let sent: u64 = self.channels.iter().map(|c| c.sums.sent).sum();
        let asked: u64 = self.prompts.iter().map(|p| p.opened).sum();
        let red = self.count("red flags by text") + self.count("dangers found on a call");
        let opt_outs = self.count("opt-outs by text") + self.count("opt-outs by call");
        let figures = [
            ("Messages", number(sent)),
            ("Cost", money(self.cost_micros)),
            ("Prompts to the team", number(asked)),
            ("Red flags", number(red)),
            ("Opted out", share(opt_outs, self.people)),
            ("Left without contact", number(self.count("without contact"))),
        ];
        out.push_str("<dl class=\"figures\">");
        for (name, figure) in figures {
            let _ = write!(out, "<div><dt>{name}</dt><dd>{figure}</dd></div>");
        }
        out.push_str("</dl>\n");
    }

    fn messages(&self, out: &mut String) {
        let each = self.channels.iter().map(|c| c.sums.sent).sum::<u64>() * 10 / self.people.max(1);
        let _ = write!(
            out,
            "<section><h2>Messages by channel</h2><p class=\"soft\">{}.{} messages a person, {} a person.</p>",
            each / 10,
            each % 10,
            money(self.cost_micros / self.people.max(1))
        );
        let rows: Vec<Bar> = self
            .channels
            .iter()
            .map(|c| Bar {
                label: channel(c.channel).into(),
                parts: vec![("good", c.sums.delivered), ("bad", c.sums.failed)],
                end: number(c.sums.sent),
            })
            .collect();
        out.push_str(&bars("Messages by channel", &rows, 0));
        out.push_str("<ul class=\"key\"><li class=\"good\">arrived</li><li class=\"bad\">did not: nobody answered, or a landline</li></ul>");
        let rows = self.channels.iter().map(|c| {
            let s = &c.sums;
            let mut row = vec![channel(c.channel).to_owned()];
            row.extend([s.sent, s.delivered, s.failed, s.taken_back, s.segments].map(number));
            row.push(money(c.cost_micros));
            row
        });
        let head = ["Channel", "Sent", "Arrived", "Did not", "Taken back", "Segments", "Cost"];
        table(out, "Messages by channel", &head, rows);
        out.push_str("<details><summary>By purpose and words</summary>");
        let rows = self.messages.iter().map(|m| {
            let words = plain(&m.words);
            let figures = [number(m.sums.sent), number(m.sums.delivered), money(m.cost_micros)];
            let mut row = vec![words, channel(m.channel).to_owned(), m.purpose.to_owned()];
            row.extend(figures);
            row
        });
        table(out, "Messages by words", &["Words", "Channel", "Purpose", "Sent", "Arrived", "Cost"], rows);
        out.push_str("</details></section>\n");
    }

    fn team(&self, team: &TeamLoad, out: &mut String) {
        let name = capital(&plain(&team.team));
        let _ = write!(
            out,
            "<section><h2>{}</h2><p class=\"soft\">{} prompts; {} can be done in an hour at work. A prompt waits {} on \
             average, nine of ten no longer than {}. {} are begun with after they were due.</p>",
            escape(&name),
            number(team.asked),
            number(team.per_hour),
            minutes(team.waits_minutes),
            minutes(team.waits_p90_minutes),
            share(team.overdue, team.asked),
        );
        let day = |day: i32| format!("day {}", day + 1);
        out.push_str(&hours(&format!("{name}: prompts an hour against capacity"), &team.hours, day));
        out.push_str("<ul class=\"key\"><li class=\"good\">come in this hour</li><li class=\"can\">can be done in it</li><li class=\"waiting\">wait at its end</li></ul>");
        let mut days: Vec<[u64; 3]> = Vec::new();
        for hour in &team.hours {
            let at = usize::try_from(hour.hour / 24).unwrap_or(0);
            days.resize(days.len().max(at + 1), [0; 3]);
            days[at][0] += hour.came;
            days[at][1] += hour.can;
            days[at][2] = days[at][2].max(hour.waiting);
        }
        out.push_str("<details><summary>By day, and by prompt</summary>");
        let rows = days.iter().enumerate().map(|(i, [came, can, most])| {
            let load = share(*came, *can);
            vec![day(i32::try_from(i).unwrap_or(0)), number(*came), number(*can), load, number(*most)]
        });
        table(out, &name, &["Day", "Come", "Can be done", "Load", "Most that wait"], rows);
        let rows = self.prompts.iter().filter(|p| p.team == team.team).map(|p| {
            let mut row = vec![plain(&p.name)];
            row.extend([p.opened, p.escalated_to, p.done, p.late, p.taken_back].map(number));
            row
        });
        table(out, "Prompts", &["Prompt", "Opened", "Escalated", "Done", "Late", "Taken back"], rows);
        out.push_str("</details></section>\n");
    }

    fn goals(&self, out: &mut String) {
        out.push_str("<section><h2>Goals</h2><p class=\"soft\">Of everybody for whom it was wanted.</p>");
        let rows: Vec<Bar> = self
            .goals
            .iter()
            .map(|g| Bar {
                label: goal_label(&g.name),
                // On one scale of thousandths, whatever a goal is counted of.
                parts: vec![("good", g.reached * 1_000 / g.of.max(1))],
                end: share(g.reached, g.of),
            })
            .collect();
        out.push_str(&bars("Goals reached", &rows, 1_000));
        let rows = self
            .goals
            .iter()
            .map(|g| vec![capital(&plain(&g.name)), number(g.reached), number(g.of), share(g.reached, g.of)]);
        table(out, "Goals", &["Goal", "Reached", "Of", "Share"], rows);
        out.push_str("</section>\n");
    }

    fn urgent(&self, out: &mut String) {
        out.push_str(
            "<section><h2>Urgent prompts</h2><p class=\"soft\">How soon a person took note, minutes after the prompt was \
             opened.</p>",
        );
        let most = self.noticed.iter().map(|n| n.longest_minutes).max().unwrap_or(0);
        let positive = |n: i64| u64::try_from(n).unwrap_or(0);
        let rows: Vec<Bar> = self
            .noticed
            .iter()
            .map(|n| Bar {
                label: plain(&n.name),
                parts: vec![
                    ("good", positive(n.median_minutes)),
                    ("mild", positive(n.longest_minutes - n.median_minutes)),
                ],
                end: format!("{} min", n.longest_minutes),
            })
            .collect();
        out.push_str(&bars("Minutes until a person took note", &rows, positive(most)));
        out.push_str("<ul class=\"key\"><li class=\"good\">half of them</li><li class=\"mild\">all of them</li></ul>");
        let rows = self.noticed.iter().map(|n| {
            vec![plain(&n.name), number(n.prompts), n.median_minutes.to_string(), n.longest_minutes.to_string()]
        });
        table(out, "Urgent prompts", &["Prompt", "Prompts", "Half within, min", "All within, min"], rows);
        let left = number(self.count("urgent prompts left open"));
        let _ = writeln!(
            out,
            "<p class=\"soft\">{left} were still open, and seen by nobody, when the days were over.</p></section>"
        );
    }

    fn people(&self, out: &mut String) {
        out.push_str("<section><h2>How journeys ended</h2><p class=\"soft\">Those that people travel; answers to what somebody wrote are in the table.</p>");
        let own = |p: &str| !p.starts_with("standing");
        let rows: Vec<Bar> = self
            .ended
            .iter()
            .filter(|e| own(&e.pathway))
            .map(|e| Bar { label: e.reason.clone(), parts: vec![("good", e.journeys)], end: number(e.journeys) })
            .collect();
        out.push_str(&bars("Journeys that ended, by reason", &rows, 0));
        let rows = self.ended.iter().map(|e| vec![plain(&e.pathway), e.reason.clone(), number(e.journeys)]);
        table(out, "Journeys that ended", &["Pathway", "Why", "Journeys"], rows);
        if !self.places.is_empty() {
            let _ = write!(out, "<h3>Places: how many are under way at once</h3><p class=\"soft\">{}</p>", places::HOW);
            let head = ["Pathway", "Journeys", "Limit", "Most at once", "Would wait", "Longest wait", "No place"];
            table(out, "Places", &head, self.places.iter().map(PlacesRow::cells));
        }
        out.push_str("<h3>What happened to people</h3>");
        let rows = self.counts.iter().map(|(name, many)| vec![capital(name), number(*many), share(*many, self.people)]);
        table(out, "Counts", &["What", "How many", "Of all people"], rows);
        out.push_str("</section>\n");
    }

    fn sources(&self, out: &mut String) {
        out.push_str(
            "<section><h2>What this rests on</h2><p class=\"soft\">Chance is drawn by these weights. Where it says \
             assumption nobody looked it up: put your own figures in.</p>",
        );
        let shown = |source: &str| {
            let safe = escape(source);
            if source.starts_with("http") { format!("<a href=\"{safe}\">{safe}</a>") } else { safe }
        };
        out.push_str("<div class=\"scroll\"><table><caption>Rates</caption><thead><tr><th>Draw</th><th>Weights</th><th>Source</th></tr></thead><tbody>");
        for draw in &self.draws {
            let sum: u64 = draw.weights.iter().map(|(_, w)| u64::from(*w)).sum();
            let digits = |w: u32| {
                if u64::from(w) * 1_000 < sum { format!("{w} of {}", number(sum)) } else { share(u64::from(w), sum) }
            };
            let weights: Vec<String> =
                draw.weights.iter().map(|(name, w)| format!("{} {}", plain(name), digits(*w))).collect();
            let _ = write!(
                out,
                "<tr><td>{}</td><td>{}</td><td>{}<br><span class=\"soft\">{}</span></td></tr>",
                escape(&plain(draw.name)),
                escape(&weights.join(", ")),
                shown(&draw.source),
                escape(&draw.says)
            );
        }
        for row in &self.channels {
            let _ = write!(
                out,
                "<tr><td>price: {}</td><td>{} millionths of a dollar</td><td>{}</td></tr>",
                channel(row.channel),
                number(row.price_micros),
                shown(&row.price_source)
            );
        }
        for team in &self.teams {
            let (name, can) = (escape(&plain(&team.team)), number(team.per_hour));
            let source = shown(&team.source);
            let _ =
                write!(out, "<tr><td>team: {name}</td><td>{can} prompts an hour at work</td><td>{source}</td></tr>");
        }
        out.push_str("</tbody></table></div></section>\n");
    }
}

/// A table; columns whose cells are figures stand to the right.
fn table(out: &mut String, caption: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) {
    let rows: Vec<Vec<String>> = rows.collect();
    let figure = |cell: &str| cell.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '$' | '–'));
    let right: Vec<bool> = (0..head.len()).map(|c| rows.iter().all(|r| r.get(c).is_some_and(|t| figure(t)))).collect();
    let class = |c: usize| if right[c] && !rows.is_empty() { " class=\"n\"" } else { "" };
    let _ = write!(out, "<div class=\"scroll\"><table><caption>{}</caption><thead><tr>", escape(caption));
    for (c, name) in head.iter().enumerate() {
        let _ = write!(out, "<th{}>{}</th>", class(c), escape(name));
    }
    out.push_str("</tr></thead><tbody>");
    for row in &rows {
        out.push_str("<tr>");
        for (c, cell) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{}</td>", class(c), escape(cell));
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
}

fn channel(channel: model::Channel) -> &'static str {
    match channel {
        model::Channel::Sms => "Text",
        model::Channel::Voice => "Call",
        model::Channel::Voicemail => "Voicemail",
        model::Channel::Email => "E-mail",
        model::Channel::Portal => "Own page",
        model::Channel::Push => "Notification",
        model::Channel::Chat => "Post to the team",
    }
}

fn goal_label(name: &str) -> String {
    let short = match name {
        "the medicine is picked up" => "Medicine picked up",
        "the visit is kept" => "Visit kept",
        "somebody of the team talked with them" => "Talked with the team",
        other => return capital(&plain(other)),
    };
    short.to_owned()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
