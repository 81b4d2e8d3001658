//! How a question is put to a person and how what they write is read: by type, in English and Spanish.
//!
//! Invariants: an answer is read only when the whole text says it and nothing else ("8", "eight", "yes please",
//! "B"); "yes but it bleeds" is no answer, so that a person reads it. A choice is one of the known ones. Answers
//! are read in every language the hub knows, whatever language the question was put in.
//!
//! Deliberately absent: what is dangerous or unwanted in a text (triage comes first), and where it goes.

use crate::ast::{ItemRule, Question};
use model::Value;
use model::prompt::{Answer, Field};

/// Languages that questions are put and answers read in.
pub const LANGUAGES: [&str; 2] = ["en", "es"];
/// The longest text that may be one plain answer; a longer one is read by a person.
const PLAIN_MAX: usize = 80;
/// The longest free text that is kept as an answer, characters.
const TEXT_MAX: usize = 1_000;

const YES: &[&str] = &["yes", "y", "yeah", "yep", "yup", "si", "s", "claro", "true"];
const NO: &[&str] = &["no", "n", "nope", "nah", "false"];
/// What leaves out a question that may be left out.
const SKIP: &[&str] = &["skip", "omitir", "saltar"];
/// Words beside an answer that change nothing about it.
const POLITE: &[&str] = &["please", "thanks", "thank", "you", "gracias", "por", "favor", "muchas"];
/// Words around a number that change nothing about it.
const AROUND: &[&str] = &[
    "i", "id", "would", "say", "its", "it", "is", "a", "an", "my", "pain", "today", "now", "just", "about", "around",
    "es", "un", "una", "mi", "dolor", "hoy", "ahora", "diria", "como", "de", "the",
];
const NUMBERS: [&[&str]; 11] = [
    &["zero", "cero", "none"],
    &["one", "uno"],
    &["two", "dos"],
    &["three", "tres"],
    &["four", "cuatro"],
    &["five", "cinco"],
    &["six", "seis"],
    &["seven", "siete"],
    &["eight", "ocho"],
    &["nine", "nueve"],
    &["ten", "diez"],
];

/// Lower case, without accents; words of letters and digits with one space between.
pub fn plain(text: &str) -> String {
    let letter = |c: char| match c {
        'á' | 'à' => 'a',
        'é' | 'è' => 'e',
        'í' | 'ì' => 'i',
        'ó' | 'ò' => 'o',
        'ú' | 'ù' | 'ü' => 'u',
        'ñ' => 'n',
        c if c.is_alphanumeric() => c,
        _ => ' ',
    };
    let without: String = text.chars().filter(|c| !['\'', '’', '\u{301}', '\u{303}'].contains(c)).collect();
    let spaced: String = without.chars().flat_map(char::to_lowercase).map(letter).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a field holds that was left out on purpose: nothing is known, and it is asked no more.
pub fn left_out() -> Value {
    Value::Text(String::new())
}

/// Whether a value says that its field was left out on purpose.
pub fn is_left_out(value: &Value) -> bool {
    matches!(value, Value::Text(text) if text.is_empty())
}

fn rule<'q>(question: &'q Question, field: &str) -> Option<&'q ItemRule> {
    question.items.iter().find(|rule| rule.field == field)
}

/// Whether a field may be left out.
pub fn is_optional(question: &Question, field: &Field) -> bool {
    rule(question, &field.name).is_some_and(|rule| rule.optional)
}

/// The most characters of free text.
pub fn length_max(question: &Question, field: &Field) -> usize {
    rule(question, &field.name).and_then(|rule| rule.length_max).unwrap_or(TEXT_MAX).min(TEXT_MAX)
}

/// Whether a value is an answer to a field, as [`fits`], and to what its Questionnaire says of it; or leaves it out
/// where that may be.
pub fn answers(question: &Question, field: &Field, value: &Value) -> bool {
    let Some(rule) = rule(question, &field.name) else { return fits(field, value) };
    if is_left_out(value) {
        return rule.optional;
    }
    let own = match value {
        Value::Number(n) => rule.whole != Some(true) || n.fract() == 0.0,
        Value::Text(text) => rule.length_max.is_none_or(|max| text.chars().count() <= max),
        _ => true,
    };
    own && fits(field, value)
}

/// Whether the field at `at` is asked of who gave these answers (in the order of the fields): what it depends on was
/// itself asked and answered so.
pub fn is_asked(question: &Question, given: &[Value], at: usize) -> bool {
    let fields = &question.form.fields;
    let Some(rule) = fields.get(at).and_then(|f| rule(question, &f.name)) else { return true };
    if rule.only_if.is_empty() {
        return true;
    }
    // What a field depends on stands before it, so this ends.
    let met = |(name, value): &(String, Value)| {
        let on = fields[..at].iter().position(|f| f.name == *name);
        on.is_some_and(|on| given.get(on) == Some(value) && is_asked(question, given, on))
    };
    if rule.any { rule.only_if.iter().any(met) } else { rule.only_if.iter().all(met) }
}

/// The first field that is asked of who gave these answers and has none yet; `None`: all is answered.
pub fn open(question: &Question, given: &[Value]) -> Option<usize> {
    let fields = question.form.fields.len();
    (0..fields).find(|at| given.get(*at).is_none_or(|v| *v == Value::Unknown) && is_asked(question, given, *at))
}

/// The answers among these values, by field: nothing of what was left out, or was never to be asked.
pub fn given(question: &Question, values: &[Value]) -> Vec<(String, Value)> {
    let all = question.form.fields.iter().zip(values).enumerate();
    let told = all
        .filter(|(at, (_, value))| **value != Value::Unknown && !is_left_out(value) && is_asked(question, values, *at));
    told.map(|(_, (field, value))| (field.name.clone(), value.clone())).collect()
}

/// What a text answers to a field of a question; `None` when it is no answer to it.
pub fn read(question: &Question, field: &Field, text: &str) -> Option<Value> {
    if is_optional(question, field) && SKIP.contains(&plain(text).as_str()) {
        return Some(left_out());
    }
    read_typed(question, field, text).filter(|value| answers(question, field, value))
}

fn read_typed(question: &Question, field: &Field, text: &str) -> Option<Value> {
    let text = text.trim();
    if let Answer::Text = field.answer {
        let kept: String = text.chars().take(TEXT_MAX).collect();
        return (!kept.is_empty()).then_some(Value::Text(kept));
    }
    if text.chars().count() > PLAIN_MAX || text.contains('?') {
        return None;
    }
    match &field.answer {
        Answer::Bool => yes_or_no(text).map(Value::Bool),
        Answer::Number { min, max } => number(text).filter(|n| (*min..=*max).contains(n)).map(Value::Number),
        Answer::Choice { options } => choice(question, field, options, text).map(Value::Text),
        Answer::Text => None,
    }
}

/// Whether a value is an answer to a field: of its type, in its range, one of its choices.
pub fn fits(field: &Field, value: &Value) -> bool {
    match (&field.answer, value) {
        (Answer::Bool, Value::Bool(_)) => true,
        (Answer::Number { min, max }, Value::Number(n)) => (*min..=*max).contains(n),
        (Answer::Text, Value::Text(t)) => !t.trim().is_empty() && t.chars().count() <= TEXT_MAX,
        (Answer::Choice { options }, Value::Text(t)) => options.iter().any(|(v, _)| v == t),
        _ => false,
    }
}

fn yes_or_no(text: &str) -> Option<bool> {
    let text = plain(text);
    let words: Vec<&str> = text.split(' ').filter(|w| !POLITE.contains(w)).collect();
    match words.as_slice() {
        [word] if YES.contains(word) => Some(true),
        [word] if NO.contains(word) => Some(false),
        _ => None,
    }
}

fn number(text: &str) -> Option<f64> {
    // "7.5" and "7,5" are one number; "8/10" and "8 out of 10" are eight.
    let text = text.trim().trim_end_matches(['.', '!', ',']).to_lowercase();
    let text = ["/ 10", "/10", "out of 10", "out of ten", "of 10", "de 10", "sobre 10", "de diez"]
        .iter()
        .find_map(|end| text.strip_suffix(end))
        .unwrap_or(&text)
        .trim();
    if let Some(n) = figures(text) {
        return n;
    }
    if text.contains(['-', '/', '+']) {
        return None;
    }
    let text = plain(text);
    let words: Vec<&str> = text.split(' ').filter(|w| !POLITE.contains(w) && !AROUND.contains(w)).collect();
    let [word] = words.as_slice() else { return None };
    let said = NUMBERS.iter().position(|names| names.contains(word)).and_then(|n| u32::try_from(n).ok());
    said.map(f64::from).or_else(|| word.parse::<u32>().ok().map(f64::from))
}

/// A number in figures; `None` when it is none. Three figures after a comma or a point may be thousands: which of the two
/// is meant nobody knows.
fn figures(text: &str) -> Option<Option<f64>> {
    let (whole, part) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let figures = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !figures(whole) || !figures(part) {
        return text.parse::<f64>().ok().map(|_| None);
    }
    Some(format!("{whole}.{part}").parse::<f64>().ok().filter(|n| n.is_finite() && part.len() != 3))
}

fn choice(question: &Question, field: &Field, options: &[(String, String)], text: &str) -> Option<String> {
    let said = plain(text);
    let words: Vec<&str> = said.split(' ').filter(|w| !POLITE.contains(w)).collect();
    let said = words.join(" ");
    if let [letter] = said.as_bytes()
        && let Some(at) = letter.checked_sub(b'a').map(usize::from)
        && let Some((value, _)) = options.get(at)
    {
        return Some(value.clone());
    }
    let labels = |value: &str| {
        let key = format!("{}.{value}", field.name);
        let each = question.labels.iter().find(|(k, _)| *k == key).map(|(_, each)| each.as_slice());
        each.unwrap_or_default().iter().map(|(_, label)| plain(label)).collect::<Vec<_>>()
    };
    let whole = |value: &str| plain(&value.replace(['_', '-'], " ")) == said || labels(value).contains(&said);
    if let Some((value, _)) = options.iter().find(|(v, _)| whole(v)) {
        return Some(value.clone());
    }
    // The first words of one label and of no other: "clean" for "Clean and dry".
    const LETTERS_MIN: usize = 4;
    let begins = |value: &str| labels(value).iter().any(|l| l.strip_prefix(&said).is_some_and(|r| r.starts_with(' ')));
    let mut found = options.iter().filter(|(v, _)| said.len() >= LETTERS_MIN && begins(v));
    let first = found.next()?;
    found.next().is_none().then(|| first.0.clone())
}

/// The words of a key of a question (`pain`, `wound.clean`) in a language, else in the first.
pub fn label<'q>(question: &'q Question, key: &str, language: &str) -> &'q str {
    let each = question.labels.iter().find(|(k, _)| k == key).map(|(_, each)| each.as_slice()).unwrap_or_default();
    each.iter().find(|(tag, _)| tag == language).or(each.first()).map_or("", |(_, words)| words)
}

/// An answer in the words of a language.
pub fn shown(question: &Question, field: &Field, value: &Value, language: &str) -> String {
    match (&field.answer, value) {
        (Answer::Choice { .. }, Value::Text(v)) => label(question, &format!("{}.{v}", field.name), language).to_owned(),
        (_, Value::Bool(true)) => if language == "es" { "Sí" } else { "Yes" }.to_owned(),
        (_, Value::Bool(false)) => "No".to_owned(),
        (_, Value::Number(n)) => n.to_string(),
        (_, Value::Text(t)) => t.clone(),
        _ => String::new(),
    }
}

/// Whether a question is put once more, and what the automatic answer says before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again<'a> {
    /// It is put for the first time.
    Not,
    /// What came could not be read as an answer.
    NotRead,
    /// A picture or a file came, which nobody sees here.
    Picture {
        /// Whom to call about it.
        phone: &'a str,
    },
}

/// A question as a text puts it: what is asked, and how to answer. `again`: after an answer that was none.
pub fn put(question: &Question, field: &Field, language: &str, again: Again<'_>) -> String {
    let spanish = language == "es";
    let mut out = String::new();
    match again {
        Again::Not => {}
        Again::NotRead => out.push_str(if spanish {
            "Respuesta automática: no pudimos leer su respuesta. Si se trata de otra cosa, llámenos.\n"
        } else {
            "Automatic reply: we could not read your answer. If it is about something else, please call us.\n"
        }),
        Again::Picture { phone } if spanish => out.push_str(&format!(
            "Respuesta automática: aquí no se pueden ver fotos ni archivos. Para contarnos lo que muestra, llame al {phone}.\n"
        )),
        Again::Picture { phone } => out.push_str(&format!(
            "Automatic reply: pictures and files cannot be seen here. To tell us what it shows, call {phone}.\n"
        )),
    }
    out.push_str(label(question, &field.name, language));
    out.push('\n');
    match &field.answer {
        Answer::Bool => out.push_str(if spanish { "Conteste SÍ o NO." } else { "Reply YES or NO." }),
        Answer::Text => {
            out.push_str(if spanish { "Conteste con sus palabras." } else { "Reply in your own words." });
        }
        Answer::Number { min, max } if spanish => out.push_str(&format!("Conteste con un número del {min} al {max}.")),
        Answer::Number { min, max } => out.push_str(&format!("Reply with a number from {min} to {max}.")),
        Answer::Choice { options } => {
            out.push_str(if spanish { "Conteste con una letra:" } else { "Reply with a letter:" });
            for ((value, _), letter) in options.iter().zip('A'..='Z') {
                let words = label(question, &format!("{}.{value}", field.name), language);
                out.push_str(&format!("\n{letter}: {words}"));
            }
        }
    }
    if is_optional(question, field) {
        out.push_str(if spanish { "\nO escriba OMITIR." } else { "\nOr reply SKIP." });
    }
    out
}

/// Whether the keys of a telephone can answer it: one key is one answer.
pub fn by_keys(answer: &Answer) -> bool {
    match answer {
        Answer::Bool | Answer::Choice { .. } => true,
        Answer::Number { min, max } => *min >= 0.0 && *max <= 10.0 && min.fract() == 0.0 && max.fract() == 0.0,
        Answer::Text => false,
    }
}

/// The keys that answer a field, and what each answers. `*` is ten.
pub fn keys(field: &Field) -> Vec<(char, Value)> {
    match &field.answer {
        Answer::Bool => vec![('1', Value::Bool(true)), ('2', Value::Bool(false))],
        Answer::Number { min, max } => {
            let all = ('0'..='9').chain(['*']).zip(0_u32..).map(|(key, n)| (key, f64::from(n)));
            all.filter(|(_, n)| (*min..=*max).contains(n)).map(|(key, n)| (key, Value::Number(n))).collect()
        }
        Answer::Choice { options } => {
            ('1'..='9').zip(options).map(|(key, (value, _))| (key, Value::Text(value.clone()))).collect()
        }
        Answer::Text => Vec::new(),
    }
}

/// A question as a call says it: what is asked, and which keys answer.
pub fn spoken(question: &Question, field: &Field, language: &str) -> String {
    let spanish = language == "es";
    let asked = label(question, &field.name, language);
    let how = match &field.answer {
        Answer::Bool if spanish => "Si la respuesta es sí, marque 1. Si es no, marque 2.".to_owned(),
        Answer::Bool => "For yes, press 1. For no, press 2.".to_owned(),
        Answer::Number { max, .. } => {
            let ten = match (*max >= 10.0, spanish) {
                (true, true) => " Para 10, marque asterisco.",
                (true, false) => " For 10, press star.",
                _ => "",
            };
            if spanish { format!("Marque el número.{ten}") } else { format!("Press the number.{ten}") }
        }
        Answer::Choice { options } => {
            let each = options.iter().zip('1'..='9').map(|((value, _), key)| {
                let words = label(question, &format!("{}.{value}", field.name), language);
                if spanish { format!("Para {words}, marque {key}.") } else { format!("For {words}, press {key}.") }
            });
            each.collect::<Vec<_>>().join(" ")
        }
        Answer::Text => String::new(),
    };
    format!("{asked} {how}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::prompt::Form;

    fn question() -> Question {
        let each = |en: &str, es: &str| vec![("en".to_owned(), en.to_owned()), ("es".to_owned(), es.to_owned())];
        let options = ["clean", "red", "open"].map(|v| (v.to_owned(), v.to_owned())).to_vec();
        let field = |name: &str, answer| Field { name: name.into(), label: String::new(), answer };
        Question {
            name: "how_is_it".into(),
            form: Form {
                name: "how_is_it".into(),
                title: String::new(),
                fields: vec![
                    field("pain", Answer::Number { min: 0.0, max: 10.0 }),
                    field("eats", Answer::Bool),
                    field("wound", Answer::Choice { options }),
                    field("more", Answer::Text),
                ],
            },
            labels: vec![
                ("pain".into(), each("How bad is the pain?", "¿Cuánto dolor tiene?")),
                ("eats".into(), each("Do you eat?", "¿Come bien?")),
                ("wound".into(), each("How is the wound?", "¿Cómo está la herida?")),
                ("wound.clean".into(), each("Clean and dry", "Limpia y seca")),
                ("wound.red".into(), each("Red or warm", "Roja o caliente")),
                ("wound.open".into(), each("Open", "Abierta")),
                ("more".into(), each("Anything else?", "¿Algo más?")),
            ],
            links: Vec::new(),
            questionnaire: String::new(),
            discloses: model::Disclosure::Health,
            items: Vec::new(),
        }
    }

    #[test]
    fn numbers_are_read_in_digits_and_words_and_nothing_else_is_a_number() {
        let q = question();
        let read = |text: &str| match read(&q, &q.form.fields[0], text) {
            Some(Value::Number(n)) => Some(n),
            None => None,
            other => panic!("{other:?}"),
        };
        for (text, n) in [
            ("8", 8.0),
            (" 8. ", 8.0),
            ("eight", 8.0),
            ("Ocho", 8.0),
            ("0", 0.0),
            ("cero", 0.0),
            ("10", 10.0),
            ("diez", 10.0),
            ("7.5", 7.5),
            ("7,5", 7.5),
            ("8/10", 8.0),
            ("8 out of 10", 8.0),
            ("I'd say 8", 8.0),
            ("es un 4, gracias", 4.0),
            ("It's about six", 6.0),
        ] {
            assert_eq!(read(text), Some(n), "{text}");
        }
        let none = [
            "11",
            "-3",
            "8-9",
            "8 or 9",
            "not 8",
            "8 and bleeding",
            "eighty",
            "a lot",
            "",
            "8?",
            "inf",
            "1e9",
            "1,000",
            "1.000",
            "1e0",
            "+8",
            "1,0,0",
        ];
        for text in none {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn yes_and_no_are_read_in_both_languages() {
        let q = question();
        let read = |text: &str| read(&q, &q.form.fields[1], text);
        for text in ["yes", "Y", "YES!", "sí", "Si", "si, gracias", "Yes please", "sí"] {
            assert_eq!(read(text), Some(Value::Bool(true)), "{text}");
        }
        for text in ["no", "N", "No, thank you", "nope"] {
            assert_eq!(read(text), Some(Value::Bool(false)), "{text}");
        }
        for text in ["yes but it bleeds", "yes and no", "maybe", "not really", "no sé", "yes?"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn choices_are_read_by_letter_value_or_label() {
        let q = question();
        let read = |text: &str| match read(&q, &q.form.fields[2], text) {
            Some(Value::Text(v)) => Some(v),
            _ => None,
        };
        for (text, value) in [
            ("A", "clean"),
            ("b.", "red"),
            ("Clean and dry", "clean"),
            ("clean", "clean"),
            ("limpia", "clean"),
            ("Red", "red"),
            ("abierta", "open"),
            ("ROJA O CALIENTE", "red"),
        ] {
            assert_eq!(read(text).as_deref(), Some(value), "{text}");
        }
        for text in ["D", "blue", "clean but open", "A or B", "not clean", "re"] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(!fits(&q.form.fields[2], &Value::Text("blue".into())), "a choice outside the known");
        assert!(fits(&q.form.fields[2], &Value::Text("red".into())));
        assert!(!fits(&q.form.fields[0], &Value::Number(11.0)) && !fits(&q.form.fields[0], &Value::Bool(true)));
    }

    #[test]
    fn what_is_put_says_how_to_answer_in_the_persons_language() {
        let q = question();
        assert_eq!(
            put(&q, &q.form.fields[0], "en", Again::Not),
            "How bad is the pain?\nReply with a number from 0 to 10."
        );
        let again = put(&q, &q.form.fields[2], "es", Again::NotRead);
        assert!(again.starts_with("Respuesta automática: no pudimos leer su respuesta."), "{again}");
        assert!(
            again.ends_with("Conteste con una letra:\nA: Limpia y seca\nB: Roja o caliente\nC: Abierta"),
            "{again}"
        );
        assert_eq!(spoken(&q, &q.form.fields[1], "en"), "Do you eat? For yes, press 1. For no, press 2.");
        assert!(spoken(&q, &q.form.fields[0], "es").ends_with("Marque el número. Para 10, marque asterisco."));
    }

    #[test]
    fn keys_answer_all_but_text() {
        let q = question();
        let pain = keys(&q.form.fields[0]);
        assert_eq!(pain.len(), 11);
        assert_eq!(pain.last(), Some(&('*', Value::Number(10.0))));
        assert!(q.form.fields.iter().map(|f| by_keys(&f.answer)).eq([true, true, true, false]));
        assert!(
            q.form.fields.iter().flat_map(|f| keys(f).into_iter().map(move |(_, v)| (f, v))).all(|(f, v)| fits(f, &v))
        );
    }
}
