//! Every string of the patients' pages, in English and Spanish. A test holds the table complete.

/// Key, English, Spanish.
const SAID: &[(&str, &str, &str)] = &[
    ("today", "Today", "Hoy"),
    ("test_mode", "Test mode: this is a rehearsal.", "Modo de prueba: esto es un ensayo."),
    ("notice", "Test mode", "Modo de prueba"),
    ("notice_demo", "Demo", "Demostración"),
    ("demo", "Demo: make-believe people and messages.", "Demostración: personas y mensajes ficticios."),
    ("emergency", "In an emergency call", "En una emergencia llame al"),
    (
        "clinic_number",
        "You can check that this page is ours by calling",
        "Puede comprobar que esta página es nuestra llamando al",
    ),
    ("one_question", "One question first", "Primero una pregunta"),
    (
        "why_birth",
        "So that nobody else sees this page, please give your date of birth.",
        "Para que nadie más vea esta página, indique su fecha de nacimiento.",
    ),
    ("birth_date", "Date of birth", "Fecha de nacimiento"),
    ("birth_hint", "For example 27 3 1968: day, month, year", "Por ejemplo 27 3 1968: día, mes, año"),
    ("day", "Day", "Día"),
    ("month", "Month", "Mes"),
    ("year", "Year", "Año"),
    ("continue", "Continue", "Continuar"),
    (
        "wrong_birth",
        "That date does not match. Check it and try again.",
        "Esa fecha no coincide. Revísela e inténtelo otra vez.",
    ),
    (
        "locked",
        "Too many tries. The page is closed for 15 minutes. You can call us in the meantime.",
        "Demasiados intentos. La página queda cerrada 15 minutos. Mientras tanto puede llamarnos.",
    ),
    ("expired_title", "This link no longer works", "Este enlace ya no funciona"),
    (
        "expired",
        "Use the link in our newest message, or call us.",
        "Use el enlace de nuestro último mensaje o llámenos.",
    ),
    ("morning", "Good morning", "Buenos días"),
    ("afternoon", "Good afternoon", "Buenas tardes"),
    ("evening", "Good evening", "Buenas noches"),
    ("done_of", "done today", "hechas hoy"),
    ("of", "of", "de"),
    ("checklist", "Your checklist", "Su lista de hoy"),
    ("no_tasks", "There is nothing on your list today.", "Hoy no hay nada en su lista."),
    ("tick", "Mark as done", "Marcar como hecha"),
    ("untick", "Done. Undo", "Hecha. Deshacer"),
    ("medicine_ready", "Your medicine is ready", "Su medicina está lista"),
    ("waits_at", "It is waiting at", "Le espera en"),
    ("the_pharmacy", "the pharmacy", "la farmacia"),
    ("picked_up", "I picked it up", "Ya la recogí"),
    ("need_help", "I need help getting it", "Necesito ayuda para recogerla"),
    (
        "help_coming",
        "Thank you. A nurse will get in touch with you.",
        "Gracias. Una enfermera se pondrá en contacto con usted.",
    ),
    ("next_visit", "Your next visit", "Su próxima visita"),
    ("with", "with", "con"),
    ("change_visit", "To change it, call us.", "Para cambiarla, llámenos."),
    ("notes", "Notes from your care team", "Notas de su equipo"),
    ("read", "I have read this", "Ya lo leí"),
    ("call_if", "Call us today if", "Llámenos hoy si"),
    (
        "red_1",
        "your wound bleeds, leaks, smells, or is more red or swollen",
        "su herida sangra, supura, huele o está más roja o hinchada",
    ),
    ("red_2", "your temperature is 100.4 °F (38 °C) or higher", "su temperatura es de 100.4 °F (38 °C) o más"),
    ("red_3", "your pain gets worse although you take your medicine", "su dolor empeora aunque tome su medicina"),
    ("red_4", "your calf is hot, swollen or painful", "su pantorrilla está caliente, hinchada o le duele"),
    ("call_team", "Call the care team", "Llamar al equipo"),
    ("contact", "How we contact you", "Cómo le contactamos"),
    ("reminders_on", "You get a reminder for each task.", "Recibe un recordatorio de cada tarea."),
    ("reminders_off", "You get no reminders of tasks.", "No recibe recordatorios de tareas."),
    ("turn_on", "Remind me of each task", "Recordarme cada tarea"),
    ("turn_off", "No more task reminders", "No más recordatorios de tareas"),
    ("stop_texts", "Stop all texts", "No más mensajes de texto"),
    ("texts_stopped", "You get no texts from us.", "No recibe mensajes de texto nuestros."),
    ("start_texts", "Text me again", "Volver a enviarme mensajes"),
    ("language", "Language", "Idioma"),
    ("in_english", "English", "English"),
    ("in_spanish", "Español", "Español"),
    ("not_me", "This is not me", "No soy yo"),
    (
        "not_me_why",
        "Did you get this by mistake? Tell us the number or e-mail address that it came to, and we stop using it.",
        "¿Recibió esto por error? Díganos el número o correo al que llegó y dejaremos de usarlo.",
    ),
    ("not_me_where", "Number or e-mail address", "Número o correo electrónico"),
    ("not_me_send", "Send", "Enviar"),
    (
        "not_me_thanks",
        "Thank you. If it is one that we use for this page, we have stopped.",
        "Gracias. Si es uno de los que usamos para esta página, ya no lo usaremos.",
    ),
    ("unsubscribe", "Stop these e-mails", "No más correos"),
    (
        "unsubscribe_why",
        "We will no longer send you e-mails. What must still be said goes by another way or by a person's call.",
        "No le enviaremos más correos. Lo que sea necesario decirle irá por otro medio o por una llamada.",
    ),
    ("unsubscribe_do", "Stop e-mails", "No más correos"),
    ("unsubscribed", "Done. You get no more e-mails from us.", "Hecho. Ya no recibirá correos nuestros."),
    ("saved", "Saved.", "Guardado."),
];

/// Languages that the patients' pages speak.
pub(crate) const LANGUAGES: &[&str] = &["en", "es"];

/// The string of that key; the key itself when there is none (a test makes sure there is).
pub(crate) fn say(lang: &str, key: &'static str) -> &'static str {
    let row = SAID.iter().find(|(k, ..)| *k == key);
    row.map_or(key, |(_, en, es)| if lang == "es" { es } else { en })
}

/// The language that a person's pages are in.
pub(crate) fn lang_of(tag: Option<&str>) -> &'static str {
    let short = tag.and_then(|t| t.split('-').next()).unwrap_or("en");
    LANGUAGES.iter().find(|l| **l == short).copied().unwrap_or("en")
}

/// `Thursday 26 November, 10:20 am`, `jueves 26 de noviembre, 10:20`.
pub(crate) fn moment(lang: &str, at: model::At, zone: &jiff::tz::TimeZone) -> String {
    use pathway::template::MONTHS_ES;
    const DAYS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
    let local = zone.to_datetime(at.timestamp());
    if lang != "es" {
        return local.strftime("%A %-d %B, %-I:%M %P").to_string();
    }
    let day = DAYS[usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0)];
    let month = MONTHS_ES[usize::try_from(local.month() - 1).unwrap_or(0)];
    format!("{day} {} de {month}, {}", local.day(), local.strftime("%-H:%M"))
}

/// `8:00 am`, `8:00`.
pub(crate) fn clock(lang: &str, at: model::At, zone: &jiff::tz::TimeZone) -> String {
    let local = zone.to_datetime(at.timestamp());
    local.strftime(if lang == "es" { "%-H:%M" } else { "%-I:%M %P" }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_string_is_missing_in_either_language() {
        let keys: BTreeSet<_> = SAID.iter().map(|(k, ..)| k).collect();
        assert_eq!(keys.len(), SAID.len(), "a key is there twice");
        for (key, en, es) in SAID {
            assert!(!en.is_empty() && !es.is_empty(), "{key}");
            assert!(en != es || key.starts_with("in_"), "{key} is not translated");
        }
        let pages = concat!(
            include_str!("view.rs"),
            include_str!("factor.rs"),
            include_str!("unsubscribe.rs"),
            include_str!("today.rs"),
            include_str!("act.rs"),
            include_str!("../page.rs")
        );
        let mut asked = 0;
        for part in pages.split("say(").skip(1) {
            let call = part.split(')').next().unwrap_or_default();
            for key in call.split('"').skip(1).step_by(2).filter(|k| !LANGUAGES.contains(k)) {
                asked += 1;
                assert!(keys.contains(&key), "{key} is said and not in the table");
            }
        }
        assert!(asked > 30, "the pages say what is in the table: {asked}");
    }

    #[test]
    fn dates_are_in_the_persons_language() {
        let at: model::At = serde_json::from_str("\"2026-11-26T15:20:00Z\"").expect("a time");
        let zone = crate::words::zone("America/New_York");
        assert_eq!(moment("en", at, &zone), "Thursday 26 November, 10:20 am");
        assert_eq!(moment("es", at, &zone), "jueves 26 de noviembre, 10:20");
        assert_eq!(lang_of(Some("es-MX")), "es");
        assert_eq!(lang_of(Some("vi")), "en");
    }
}
