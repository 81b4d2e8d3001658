//! What carriers ask of the number that texts leave from (`sender.number`, `rules/carriers.yaml`): that it is registered,
//! and how many segments a second they take.
//!
//! A provider of texts keeps to that rate, so that what is more waits in the hub's outbox, where an urgent text goes
//! first, and not in the provider's own queue. Where its settings say `per_second`, that is what a contract allows, and
//! holds. Deliberately absent: what is left to carriers of one class (nobody here knows a person's carrier), and how many
//! numbers a provider sends from.

use crate::settings::Settings;
use channels::registry::{self, Config};
use model::Channel;
use outreach::{Clinic, NumberKind, Rules};
use serde_json::json;

/// The setting of a provider that says how much it takes.
const PER_SECOND: &str = "per_second";

/// Whether a provider carries texts and may be told how many a second.
fn keeps_a_rate(provider: &str) -> bool {
    let entry = registry::ALL.iter().find(|e| e.spec.name == provider);
    entry.is_some_and(|e| e.spec.channels.contains(&Channel::Sms) && e.spec.fields.iter().any(|f| f.name == PER_SECOND))
}

/// Providers of texts whose settings say no rate get that of the kind of number.
pub fn keep_to_the_rate(configs: &mut [Config], clinic: &Clinic, rules: &Rules) {
    let Some(kind) = clinic.sender.kind(rules) else { return };
    for config in configs.iter_mut().filter(|c| keeps_a_rate(&c.provider)) {
        config.settings.entry(PER_SECOND).or_insert_with(|| json!(kind.per_second));
    }
}

/// Says when the hub starts what somebody should know of the number that texts leave from.
pub fn tell(settings: &Settings, clinic: &Clinic) {
    let rules = Rules::shipped();
    if let Some(kind) = clinic.sender.unregistered(&rules) {
        tracing::warn!(
            sender.number = kind.name,
            sender.registration = kind.registration,
            "the number that texts leave from is not registered: carriers will hold them back (sender.registered)"
        );
    }
    for line in clinic.sender.kind(&rules).map(|kind| kept(settings, kind)).unwrap_or_default() {
        tracing::warn!("{line}");
    }
    for contract in clinic.sender.kind(&rules).map(|kind| contracts(settings, kind)).unwrap_or_default() {
        tracing::warn!("{contract}");
    }
}

/// Where a provider's settings say no rate: a line for each.
fn kept(settings: &Settings, kind: &NumberKind) -> Vec<String> {
    let silent = |c: &&Config| keeps_a_rate(&c.provider) && !c.settings.contains_key(PER_SECOND);
    let line = |config: &Config| {
        format!(
            "providers.{}: texts keep to {} segments a second, what carriers take of a {} (rules/carriers.yaml); where a \
             contract allows more, say it as per_second",
            config.provider, kind.per_second, kind.name
        )
    };
    settings.providers().iter().filter(silent).map(line).collect()
}

/// Where a provider's settings allow more than carriers take of such a number: a line for each.
fn contracts(settings: &Settings, kind: &NumberKind) -> Vec<String> {
    let above = |config: &Config| {
        let set = config.settings.get(PER_SECOND).and_then(registry::number)?;
        let line = format!(
            "providers.{}.per_second: {set} segments a second are more than carriers take of a {} ({}, \
             rules/carriers.yaml): they are taken as what the contract allows",
            config.provider, kind.name, kind.per_second
        );
        (set > u64::from(kind.per_second)).then_some(line)
    };
    settings.providers().iter().filter(|c| keeps_a_rate(&c.provider)).filter_map(above).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::config;

    fn clinic(number: &str) -> Clinic {
        let sender = outreach::Sender { number: number.into(), ..outreach::Sender::default() };
        Clinic { sender, ..Clinic::default() }
    }

    /// What each provider's settings say of its rate.
    fn rates(number: &str, mut configs: Vec<Config>) -> Vec<Option<u64>> {
        keep_to_the_rate(&mut configs, &clinic(number), &Rules::shipped());
        configs.iter().map(|c| c.settings.get(PER_SECOND).and_then(registry::number)).collect()
    }

    #[test]
    fn a_provider_of_texts_keeps_to_the_rate_of_its_number_unless_a_contract_says_more() {
        let of = |name: &str| config(name, json!({}));
        for (number, rate) in [("long_code", Some(1)), ("toll_free", Some(3)), ("short_code", Some(100)), ("", None)] {
            assert_eq!(rates(number, vec![of("twilio"), of("smpp")]), [rate, rate], "{number}");
            // Nobody's number but theirs, no texts, or no such setting.
            let others = ["twilio_voice", "webhook", "handset", "smtp", "portal", "chat"].map(of).to_vec();
            assert_eq!(rates(number, others), [None; 6], "{number}");
        }
        let set = |value| config("twilio", json!({(PER_SECOND): value}));
        assert_eq!(rates("long_code", vec![set(json!(30)), set(json!("4")), of("smpp")]), [Some(30), Some(4), Some(1)]);
    }

    #[test]
    fn what_a_contract_allows_beyond_the_number_is_told_with_the_place() {
        let file = std::env::temp_dir().join(format!("throughline-carriers-{}.toml", std::process::id()));
        let sid = format!("AC{}", "0".repeat(32));
        let twilio = |rate: u32| {
            format!(
                "[providers.twilio]\naccount_sid = \"{sid}\"\nauth_token = \"t\"\nfrom = \"+12125550100\"\n\
                 per_second = {rate}\n"
            )
        };
        let told = |text: &str| {
            std::fs::write(&file, text).expect("a file");
            let settings = Settings::read(Some(&file), std::iter::empty(), &[]).expect("settings");
            contracts(&settings, clinic("long_code").sender.kind(&Rules::shipped()).expect("a kind"))
        };
        let line = "providers.twilio.per_second: 30 segments a second are more than carriers take of a long_code (1, \
                    rules/carriers.yaml): they are taken as what the contract allows";
        assert_eq!(told(&twilio(30)), [line]);
        assert_eq!((told(&twilio(1)), told("")), (Vec::new(), Vec::new()));
        // And that is what the gate asks of the provider.
        let rate = |text: String| {
            std::fs::write(&file, text).expect("a file");
            let settings = Settings::read(Some(&file), std::iter::empty(), &[]).expect("settings");
            let made = crate::providers::build(&settings, &crate::providers::Keys::default()).expect("providers");
            made.iter().find(|p| p.spec().name == "twilio").and_then(|p| p.limits().per_second)
        };
        let toll_free = |more: &str| format!("[sender]\nnumber = \"toll_free\"\n{more}");
        let unsaid = twilio(0).replace("per_second = 0\n", "");
        assert_eq!((rate(toll_free(&unsaid)), rate(toll_free(&twilio(30)))), (Some(3.0), Some(30.0)));
        assert_eq!(rate(unsaid), None, "no kind of number is named");
        std::fs::remove_file(&file).expect("removed");
    }
}
