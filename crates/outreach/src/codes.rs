//! The codes of traces, each with its words. A code cannot be emitted without words in both languages:
//! every trace takes a [`Code`].

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $en:literal, $es:literal;)*) => {
        /// Why something was sent, moved, skipped or not sent.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub(crate) enum Code { $($(#[$doc])* $name),* }
        impl Code {
            /// Every code.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),*];
            /// As stored: stable, at most 200 bytes with its detail.
            pub(crate) fn name(self) -> &'static str { match self { $(Self::$name => $code),* } }
            /// Words in English; `{key}` stands for a value of the detail.
            pub(crate) fn en(self) -> &'static str { match self { $(Self::$name => $en),* } }
            /// The same in Spanish.
            pub(crate) fn es(self) -> &'static str { match self { $(Self::$name => $es),* } }
        }
    };
}

// New codes go at the end: their place is part of the stored state.
codes! {
    Chosen = "chosen", "Went out by {channel}: {because}.", "Se envió por {channel}: {because}.";
    QuietHours = "quiet_hours", "Quiet hours ({quiet}, local time): moved to {until}.",
        "Horas de silencio ({quiet}, hora local): se pasó a {until}.";
    Cap = "cap", "Enough messages for now ({limit}): moved to {until}.",
        "Ya hubo suficientes mensajes ({limit}): se pasó a {until}.";
    Consent = "consent", "Not by {channel}: the person refused it.", "No por {channel}: la persona no lo permite.";
    Stop = "stop", "Not by {channel}: the person said STOP.", "No por {channel}: la persona pidió STOP.";
    StopConfirmed = "stop_confirmed", "The STOP was confirmed already; it is confirmed once only.",
        "El STOP ya se confirmó; se confirma una sola vez.";
    Contact = "contact", "Not by {channel}: no usable number or address of the person's own.",
        "No por {channel}: no hay número ni dirección propia que sirva.";
    Deaf = "deaf", "Not by {channel}: the person cannot hear.", "No por {channel}: la persona no oye.";
    NoSmartphone = "no_smartphone", "Not by {channel}: the person has no smartphone.",
        "No por {channel}: la persona no tiene teléfono inteligente.";
    NoWords = "no_words", "Not by {channel}: there are no words for it in this language.",
        "No por {channel}: no hay texto para ese medio en este idioma.";
    SentUnknown = "sent_unknown", "Not by {channel} again: nobody knows whether it went out before, and it goes out once at most.",
        "No otra vez por {channel}: no se sabe si ya salió, y sale una vez como máximo.";
    Deceased = "deceased", "The person has died: nothing is sent.", "La persona falleció: no se envía nada.";
    Inpatient = "inpatient", "The person is in hospital: only urgent care reaches them there.",
        "La persona está hospitalizada: allí solo llega lo urgente.";
    Expired = "expired", "Too late: it was valid until {until}.", "Demasiado tarde: valía hasta {until}.";
    Language = "language", "The person speaks {language}, the pathway speaks {speaks}: a person with an interpreter was asked.",
        "La persona habla {language}, el plan habla {speaks}: se pidió una persona con intérprete.";
    Bounds = "bounds", "Too much is under way to this person ({count}): the care team was asked instead.",
        "Hay demasiado en curso para esta persona ({count}): se avisó al equipo.";
    Timeout = "timeout", "No answer by {channel} in the time given: the next way.",
        "Sin respuesta por {channel} en el tiempo dado: se sigue con otro medio.";
    Failed = "failed", "It did not arrive by {channel}: the next way.", "No llegó por {channel}: se sigue con otro medio.";
    NotAnswered = "not_answered", "Nobody answered the call: the next way.", "Nadie contestó: se sigue con otro medio.";
    NotIdentified = "not_identified", "Someone answered but did not say who they are: it does not count as reached.",
        "Alguien contestó pero no se identificó: no cuenta como avisado.";
    MaybeSent = "maybe_sent", "Nobody knows whether it went out by {channel}: it is not sent again that way.",
        "No se sabe si salió por {channel}: no se repite por ese medio.";
    Bounced = "bounced", "It came back after it had been accepted: the next way.",
        "Volvió después de aceptado: se sigue con otro medio.";
    Withdrawn = "withdrawn", "Taken back before it left: {because}.", "Se retiró antes de salir: {because}.";
    Delivered = "delivered", "It arrived by {channel}.", "Llegó por {channel}.";
    Pointless = "pointless", "No longer needed: {because}.", "Ya no hace falta: {because}.";
    Exhausted = "exhausted", "Every way was tried ({tried}).", "Se intentó por todos los medios ({tried}).";
    Refused = "refused", "It was not sent: {because}.", "No se envió: {because}.";
    Asked = "asked", "The care team was asked ({code}): {team}.", "Se avisó al equipo ({code}): {team}.";
    AskedBefore = "asked_before", "The care team was asked for an interpreter already.", "Ya se pidió un intérprete al equipo.";
    Heard = "heard", "They pressed a key on the call: {mark}.", "Pulsó una tecla en la llamada: {mark}.";
    Paused = "paused", "The person paused messages: held until {until}.",
        "La persona pausó los mensajes: se retuvo hasta {until}.";
    Halted = "halted", "The pathway is halted by staff: held until it is resumed, at most until {until}.",
        "El personal detuvo el plan: se retiene hasta que se reanude, a más tardar hasta {until}.";
    Disclosure = "disclosure", "Not by {channel}: the words tell of health, and the person has not agreed to that there.",
        "No por {channel}: el texto habla de salud y la persona no lo ha aceptado por ese medio.";
    PremiumNumber = "premium_number", "Not by {channel}: the number is of a range that costs extra.",
        "No por {channel}: el número es de tarifa especial.";
    SatelliteNumber = "satellite_number", "Not by {channel}: the number is of a satellite network.",
        "No por {channel}: el número es de una red satelital.";
    PagerNumber = "pager_number", "Not by {channel}: the number is a pager.", "No por {channel}: el número es de un localizador.";
    ForeignNumber = "foreign_number", "Not by {channel}: the number is of a country that nothing is sent to.",
        "No por {channel}: el número es de un país al que no se envía nada.";
    NoBasis = "no_basis", "Not by {channel}: nothing allows it: neither a consent, nor the exemption for health care.",
        "No por {channel}: nada lo permite: ni un consentimiento, ni la excepción para atención médica.";
    Confidential = "confidential", "Not by {channel}: the person asked for confidential communication.",
        "No por {channel}: la persona pidió comunicación confidencial.";
    NoGrant = "no_grant", "Not by {channel} to a related person: no grant allows it.",
        "No por {channel} a un allegado: ningún permiso lo autoriza.";
    Landline = "landline", "Not by {channel}: the number takes no texts.",
        "No por {channel}: el número no recibe mensajes de texto.";
    TooLong = "too_long", "Not by {channel}: without consent the law allows 160 characters or one minute, and it is longer.",
        "No por {channel}: sin consentimiento la ley permite 160 caracteres o un minuto, y es más largo.";
    NoAddress = "no_address", "Not by {channel}: advertisement by mail needs the clinic's postal address.",
        "No por {channel}: la publicidad por correo necesita la dirección postal de la clínica.";
    ConfirmationLate = "confirmation_late", "Too late to confirm the STOP: that may be done within five minutes only.",
        "Demasiado tarde para confirmar el STOP: solo se puede en los cinco minutos siguientes.";
    CarrierStop = "opted_out", "The carrier refused it: the person stopped these messages there. It counts as a STOP.",
        "La compañía telefónica lo rechazó: la persona detuvo allí estos mensajes. Cuenta como STOP.";
    DeadNumber = "unreachable_number", "The number or address does not work any more: it is not used again.",
        "El número o la dirección ya no funciona: no se usa más.";
    Unsettled = "unsettled", "Nobody could find out whether it went out by {channel}: it is not sent again that way.",
        "No se pudo averiguar si salió por {channel}: no se repite por ese medio.";
    SayAgain = "say_again", "Nobody could find out whether it went out by {channel}: it is said once more, and says so.",
        "No se pudo averiguar si salió por {channel}: se dice una vez más, y así se indica.";
    Later = "later", "Waits for the time that was set for it: {until}.", "Espera a la hora que se le puso: {until}.";
    SaidAlready = "said_already", "Not sent: the same words went out, or wait to, by {channel} since {since}.",
        "No se envió: las mismas palabras ya salieron, o esperan salir, por {channel} desde {since}.";
}

/// Values that details hold, in words.
const VALUES: &[(&str, &str, &str)] = &[
    ("sms", "text message", "mensaje de texto"),
    ("voice", "automated call", "llamada automática"),
    ("voicemail", "voicemail", "mensaje de voz"),
    ("email", "e-mail", "correo electrónico"),
    ("portal", "a note on the Today page", "una nota en la página Hoy"),
    ("preference", "the person prefers it", "la persona lo prefiere"),
    ("ladder", "next on the pathway's list", "sigue en la lista del plan"),
    ("reply", "the person wrote that way", "la persona escribió por ese medio"),
    ("staff", "a member of the team chose it", "alguien del equipo lo eligió"),
    ("need", "it suits the person's needs", "se ajusta a lo que la persona necesita"),
    ("opt_out", "no more automated messages", "no más mensajes automáticos"),
    ("wrong_number", "wrong number", "número equivocado"),
    ("callback", "call me back", "quiero que me llamen"),
    ("unreachable", "could not be reached", "no se pudo avisar"),
    ("nothing_left", "no way is left", "no queda ningún medio"),
    ("halted", "staff halted the pathway", "el personal detuvo el plan"),
    ("proxy", "to a related person, by a grant", "a un allegado, con permiso"),
    ("confirmation", "it confirms a STOP", "confirma un STOP"),
    ("grant", "the person allowed it", "la persona lo permitió"),
    ("number_given", "the person gave this number to the clinic", "la persona dio este número a la clínica"),
    ("exemption", "the exemption for health care", "la excepción para atención médica"),
    ("emergency", "an emergency", "una emergencia"),
    ("turned_on", "the person turned notifications on", "la persona activó los avisos"),
    ("transactional_mail", "a mail about the person's own care", "un correo sobre la atención de la persona"),
    ("words_corrected", "its words were corrected", "se corrigieron sus palabras"),
];

/// A code of a trace in words: `language` is `es` for Spanish, anything else is English. `detail` holds
/// `key=value` pairs, parted by `;`. A code that is not known is returned as it is, with its detail.
pub fn describe(code: &str, detail: &str, language: &str) -> String {
    let spanish = language.split('-').next().is_some_and(|l| l.eq_ignore_ascii_case("es"));
    let Some(known) = Code::ALL.iter().find(|c| c.name() == code) else {
        return if detail.is_empty() { code.to_owned() } else { format!("{code} ({detail})") };
    };
    let mut text = if spanish { known.es() } else { known.en() }.to_owned();
    for (key, value) in detail.split(';').filter_map(|pair| pair.split_once('=')) {
        text = text.replace(&format!("{{{key}}}"), &value_in_words(value, spanish));
    }
    let mut text = without_gaps(&text);
    if known == &Code::Chosen
        && let Some(basis) = detail.split(';').find_map(|pair| pair.strip_prefix("basis="))
    {
        text.push_str(&ground(basis, detail, spanish));
    }
    text
}

/// The ground of a send in words: `reply` and `portal` are ways too, so they have words of their own here.
fn ground(basis: &str, detail: &str, spanish: bool) -> String {
    let own = match (basis, spanish) {
        ("reply", false) => "it answers what the person wrote".to_owned(),
        ("reply", true) => "responde a lo que la persona escribió".to_owned(),
        ("portal", false) => "a note on the person's own page".to_owned(),
        ("portal", true) => "una nota en la página de la persona".to_owned(),
        ("consent", false) => "consent that was recorded".to_owned(),
        ("consent", true) => "consentimiento registrado".to_owned(),
        _ => value_in_words(basis, spanish),
    };
    let named = |key: &str| detail.split(';').find_map(|pair| pair.split_once('=').filter(|(k, _)| *k == key));
    let more: Vec<&str> = [named("by"), named("since")].into_iter().flatten().map(|(_, v)| v).collect();
    let more = if more.is_empty() { String::new() } else { format!(" ({})", more.join(", ")) };
    if spanish { format!(" Fundamento: {own}{more}.") } else { format!(" Ground: {own}{more}.") }
}

/// The ground of a send, as kept with a message, in words: `language` is `es` for Spanish, anything else is English.
pub fn describe_basis(basis: &str, language: &str) -> String {
    let spanish = language.split('-').next().is_some_and(|l| l.eq_ignore_ascii_case("es"));
    let text = ground(basis, "", spanish);
    let text = text.trim_start_matches(if spanish { " Fundamento: " } else { " Ground: " });
    text.trim_end_matches('.').to_owned()
}

/// A value of a detail in words, or as it is.
fn value_in_words(value: &str, spanish: bool) -> String {
    if let Some((_, en, es)) = VALUES.iter().find(|(name, _, _)| *name == value) {
        return (if spanish { *es } else { *en }).to_owned();
    }
    match Code::ALL.iter().find(|c| c.name() == value) {
        Some(code) => {
            let words = if spanish { code.es() } else { code.en() };
            without_gaps(words).trim_end_matches('.').to_lowercase()
        }
        None => value.to_owned(),
    }
}

/// Removes what no value was given for: `({tried})`, `: {because}`, `{until}`.
fn without_gaps(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        out.push_str(rest[..open].trim_end_matches([' ', ':', '(']));
        rest = rest[open + close + 1..].trim_start_matches(')');
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_words_in_both_languages_that_show_its_values() {
        for code in Code::ALL {
            assert!(code.name().len() < 40, "{}", code.name());
            for (language, words) in [("en", code.en()), ("es", code.es())] {
                assert!(words.ends_with('.') && words.len() > 10, "{} in {language}", code.name());
                let bare = describe(code.name(), "", language);
                assert!(!bare.contains(['{', '}', '(']) || bare.contains("()") == bare.contains('{'), "{bare}");
                assert!(!bare.contains('{'), "{bare}");
            }
            assert_ne!(code.en(), code.es(), "{}", code.name());
        }
        let names: std::collections::BTreeSet<_> = Code::ALL.iter().map(|c| c.name()).collect();
        assert_eq!(names.len(), Code::ALL.len(), "names are unique");
        assert_eq!(
            describe("chosen", "channel=sms;because=preference", "en"),
            "Went out by text message: the person prefers it."
        );
        assert_eq!(
            describe("chosen", "channel=sms;because=ladder;basis=consent;by=nora;since=2026-11-01T10:00:00Z", "en"),
            "Went out by text message: next on the pathway's list. Ground: consent that was recorded (nora, 2026-11-01T10:00:00Z)."
        );
        assert_eq!(describe_basis("exemption", "es"), "la excepción para atención médica");
        assert_eq!(describe("stop", "channel=voice", "es-MX"), "No por llamada automática: la persona pidió STOP.");
        assert_eq!(describe("step:wait", "a=1", "en"), "step:wait (a=1)");
    }
}
