//! The language that a person is spoken to in, and its name in words.

use crate::{Context, Want};

/// The language to use: the pathway's own tag for it, or what the person speaks when the pathway does
/// not. Unknown is the pathway's first.
pub(crate) fn choose(want: &Want, cx: &Context<'_>) -> Result<String, (String, Vec<String>)> {
    // Who writes knows in what language they write; the page told them of another one.
    if let Some(written) = want.written() {
        return Ok(written.language);
    }
    let speaks = cx.world.speaks(want);
    let wanted = cx.record.language.as_deref().map(primary).filter(|l| !l.is_empty() && l != "und");
    match wanted {
        None => speaks.first().cloned().ok_or_else(|| ("und".to_owned(), speaks)),
        Some(language) => match speaks.iter().find(|s| primary(s) == language) {
            Some(tag) => Ok(tag.clone()),
            None => Err((language, speaks)),
        },
    }
}

/// The primary subtag of a BCP 47 tag, in lower case.
pub(crate) fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// ISO 639-1 codes (and the 639-2 ones that have none) of the languages most asked for, in English.
const NAMES: &[(&str, &str)] = &[
    ("am", "Amharic"),
    ("ar", "Arabic"),
    ("ase", "American Sign Language"),
    ("bn", "Bengali"),
    ("bs", "Bosnian"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fa", "Persian"),
    ("fr", "French"),
    ("gu", "Gujarati"),
    ("he", "Hebrew"),
    ("hi", "Hindi"),
    ("hmn", "Hmong"),
    ("hr", "Croatian"),
    ("ht", "Haitian Creole"),
    ("hu", "Hungarian"),
    ("hy", "Armenian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("km", "Khmer"),
    ("ko", "Korean"),
    ("ku", "Kurdish"),
    ("lo", "Lao"),
    ("mr", "Marathi"),
    ("my", "Burmese"),
    ("ne", "Nepali"),
    ("nl", "Dutch"),
    ("nv", "Navajo"),
    ("om", "Oromo"),
    ("pa", "Punjabi"),
    ("pl", "Polish"),
    ("ps", "Pashto"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("rw", "Kinyarwanda"),
    ("so", "Somali"),
    ("sq", "Albanian"),
    ("sr", "Serbian"),
    ("sw", "Swahili"),
    ("ta", "Tamil"),
    ("te", "Telugu"),
    ("th", "Thai"),
    ("ti", "Tigrinya"),
    ("tl", "Tagalog"),
    ("tr", "Turkish"),
    ("uk", "Ukrainian"),
    ("ur", "Urdu"),
    ("uz", "Uzbek"),
    ("vi", "Vietnamese"),
    ("yi", "Yiddish"),
    ("zh", "Chinese"),
];

/// The name of a language in English; its tag in quotes when it is not in the list.
pub(crate) fn name(tag: &str) -> String {
    let code = primary(tag);
    match NAMES.iter().find(|(c, _)| *c == code) {
        Some((_, name)) => (*name).to_owned(),
        None => format!("“{tag}”-language"),
    }
}

/// `a Polish interpreter`, `an Arabic interpreter`.
pub(crate) fn interpreter(tag: &str) -> String {
    let name = name(tag);
    // Ukrainian begins with a consonant's sound.
    let article = if name.starts_with(['A', 'E', 'I', 'O', 'U']) && !name.starts_with("Uk") { "an" } else { "a" };
    format!("{article} {name} interpreter")
}

/// `English, Spanish and Polish`.
pub(crate) fn names(tags: &[String]) -> String {
    let names: Vec<String> = tags.iter().map(|t| name(t)).collect();
    match names.split_last() {
        None => "no language".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Case;

    #[test]
    fn a_language_is_never_silently_another() {
        let mut case = Case::new();
        for (language, expected) in [
            (None, Ok("en")),
            (Some("es-MX"), Ok("es")),
            (Some("EN_us"), Ok("en")),
            (Some("und"), Ok("en")),
            (Some("pl"), Err("pl")),
        ] {
            case.record.language = language.map(str::to_owned);
            let got = case.with(|cx| choose(&case.want, cx));
            assert_eq!(got.as_deref().map_err(|(l, _)| l.as_str()), expected, "{language:?}");
        }
        assert_eq!(interpreter("pl"), "a Polish interpreter");
        assert_eq!(interpreter("ar"), "an Arabic interpreter");
        assert_eq!(interpreter("uk"), "a Ukrainian interpreter");
        assert_eq!(names(&["en".into(), "es".into()]), "English and Spanish");
    }
}
