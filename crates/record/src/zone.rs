//! Time zones of addresses: only where the address leaves no doubt; otherwise every zone it may be.
//!
//! By the IANA time zone database (2025b) and, for the United States, 49 CFR part 71 (standard time zone
//! boundaries) with the places that keep another time by custom.

/// The countries with one zone (ISO 3166-1 alpha-2), and those with several, all of them.
const COUNTRIES: &[(&str, &[&str])] = &[
    ("AE", &["Asia/Dubai"]),
    ("AR", &["America/Argentina/Buenos_Aires"]),
    ("AT", &["Europe/Vienna"]),
    ("BE", &["Europe/Brussels"]),
    ("BG", &["Europe/Sofia"]),
    ("CH", &["Europe/Zurich"]),
    ("CO", &["America/Bogota"]),
    ("CZ", &["Europe/Prague"]),
    ("DE", &["Europe/Berlin"]),
    ("DK", &["Europe/Copenhagen"]),
    ("DO", &["America/Santo_Domingo"]),
    ("EE", &["Europe/Tallinn"]),
    ("EG", &["Africa/Cairo"]),
    ("ES", &["Europe/Madrid", "Atlantic/Canary"]),
    ("FI", &["Europe/Helsinki"]),
    ("FR", &["Europe/Paris"]),
    ("GB", &["Europe/London"]),
    ("GR", &["Europe/Athens"]),
    ("HR", &["Europe/Zagreb"]),
    ("HU", &["Europe/Budapest"]),
    ("IE", &["Europe/Dublin"]),
    ("IL", &["Asia/Jerusalem"]),
    ("IN", &["Asia/Kolkata"]),
    ("IS", &["Atlantic/Reykjavik"]),
    ("IT", &["Europe/Rome"]),
    ("JP", &["Asia/Tokyo"]),
    ("KE", &["Africa/Nairobi"]),
    ("KR", &["Asia/Seoul"]),
    ("LT", &["Europe/Vilnius"]),
    ("LU", &["Europe/Luxembourg"]),
    ("LV", &["Europe/Riga"]),
    ("NG", &["Africa/Lagos"]),
    ("NL", &["Europe/Amsterdam"]),
    ("NO", &["Europe/Oslo"]),
    ("PE", &["America/Lima"]),
    ("PH", &["Asia/Manila"]),
    ("PL", &["Europe/Warsaw"]),
    ("PR", &["America/Puerto_Rico"]),
    ("PT", &["Europe/Lisbon", "Atlantic/Azores"]),
    ("RO", &["Europe/Bucharest"]),
    ("SA", &["Asia/Riyadh"]),
    ("SE", &["Europe/Stockholm"]),
    ("SG", &["Asia/Singapore"]),
    ("SI", &["Europe/Ljubljana"]),
    ("SK", &["Europe/Bratislava"]),
    ("TH", &["Asia/Bangkok"]),
    ("UY", &["America/Montevideo"]),
    ("VE", &["America/Caracas"]),
    ("VN", &["Asia/Ho_Chi_Minh"]),
    ("ZA", &["Africa/Johannesburg"]),
    ("AU", &["Australia/Perth", "Australia/Darwin", "Australia/Adelaide", "Australia/Brisbane", "Australia/Sydney"]),
    ("BR", &["America/Rio_Branco", "America/Manaus", "America/Cuiaba", "America/Sao_Paulo", "America/Noronha"]),
    (
        "CA",
        &[
            "America/Vancouver",
            "America/Edmonton",
            "America/Regina",
            "America/Winnipeg",
            "America/Toronto",
            "America/Halifax",
            "America/St_Johns",
        ],
    ),
    ("MX", &["America/Tijuana", "America/Hermosillo", "America/Mazatlan", "America/Mexico_City", "America/Cancun"]),
    (
        "US",
        &[
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Phoenix",
            "America/Los_Angeles",
            "America/Anchorage",
            "America/Adak",
            "Pacific/Honolulu",
        ],
    ),
];

const EASTERN: &[&str] = &["America/New_York"];
const CENTRAL: &[&str] = &["America/Chicago"];
const MOUNTAIN: &[&str] = &["America/Denver"];
const PACIFIC: &[&str] = &["America/Los_Angeles"];
const CENTRAL_EASTERN: &[&str] = &["America/Chicago", "America/New_York"];
const MOUNTAIN_CENTRAL: &[&str] = &["America/Denver", "America/Chicago"];

/// States and territories of the United States: code, name, zones. One zone only where no county and no
/// town keeps another.
const STATES: &[(&str, &str, &[&str])] = &[
    ("AL", "Alabama", CENTRAL_EASTERN),
    ("AK", "Alaska", &["America/Anchorage", "America/Adak"]),
    ("AZ", "Arizona", &["America/Phoenix", "America/Denver"]),
    ("AR", "Arkansas", CENTRAL),
    ("CA", "California", PACIFIC),
    ("CO", "Colorado", MOUNTAIN),
    ("CT", "Connecticut", EASTERN),
    ("DC", "District of Columbia", EASTERN),
    ("DE", "Delaware", EASTERN),
    ("FL", "Florida", CENTRAL_EASTERN),
    ("GA", "Georgia", EASTERN),
    ("GU", "Guam", &["Pacific/Guam"]),
    ("HI", "Hawaii", &["Pacific/Honolulu"]),
    ("IA", "Iowa", CENTRAL),
    ("ID", "Idaho", &["America/Boise", "America/Los_Angeles"]),
    ("IL", "Illinois", CENTRAL),
    ("IN", "Indiana", &["America/Indiana/Indianapolis", "America/Chicago"]),
    ("KS", "Kansas", MOUNTAIN_CENTRAL),
    ("KY", "Kentucky", CENTRAL_EASTERN),
    ("LA", "Louisiana", CENTRAL),
    ("MA", "Massachusetts", EASTERN),
    ("MD", "Maryland", EASTERN),
    ("ME", "Maine", EASTERN),
    ("MI", "Michigan", &["America/Detroit", "America/Menominee"]),
    ("MN", "Minnesota", CENTRAL),
    ("MO", "Missouri", CENTRAL),
    ("MS", "Mississippi", CENTRAL),
    ("MT", "Montana", MOUNTAIN),
    ("NC", "North Carolina", EASTERN),
    ("ND", "North Dakota", MOUNTAIN_CENTRAL),
    ("NE", "Nebraska", MOUNTAIN_CENTRAL),
    ("NH", "New Hampshire", EASTERN),
    ("NJ", "New Jersey", EASTERN),
    ("NM", "New Mexico", MOUNTAIN),
    ("NV", "Nevada", &["America/Los_Angeles", "America/Denver"]),
    ("NY", "New York", EASTERN),
    ("OH", "Ohio", EASTERN),
    ("OK", "Oklahoma", CENTRAL),
    ("OR", "Oregon", &["America/Los_Angeles", "America/Boise"]),
    ("PA", "Pennsylvania", EASTERN),
    ("PR", "Puerto Rico", &["America/Puerto_Rico"]),
    ("RI", "Rhode Island", EASTERN),
    ("SC", "South Carolina", EASTERN),
    ("SD", "South Dakota", MOUNTAIN_CENTRAL),
    ("TN", "Tennessee", CENTRAL_EASTERN),
    ("TX", "Texas", MOUNTAIN_CENTRAL),
    ("UT", "Utah", MOUNTAIN),
    ("VA", "Virginia", EASTERN),
    ("VT", "Vermont", EASTERN),
    ("WA", "Washington", PACIFIC),
    ("WI", "Wisconsin", CENTRAL),
    ("WV", "West Virginia", EASTERN),
    ("WY", "Wyoming", MOUNTAIN),
];

/// The zones that an address may be in: one when there is no doubt, none when nothing is known.
pub(crate) fn of_address(country: &str, state: &str, postal_code: &str) -> &'static [&'static str] {
    let code = country_code(country.trim());
    let state = state.trim();
    let in_states = STATES.iter().find(|(c, n, _)| c.eq_ignore_ascii_case(state) || n.eq_ignore_ascii_case(state));
    match (code.as_str(), in_states) {
        ("US", Some((_, _, zones))) => zones,
        // Without a country, a state and a ZIP code together are told from others' provinces.
        ("", Some((_, _, zones))) if is_zip(postal_code.trim()) => zones,
        ("", _) => &[],
        (code, _) => COUNTRIES.iter().find(|(c, _)| *c == code).map_or(&[], |(_, zones)| zones),
    }
}

fn country_code(country: &str) -> String {
    match country.to_ascii_uppercase().as_str() {
        "USA" | "UNITED STATES" | "UNITED STATES OF AMERICA" => "US".into(),
        "CAN" | "CANADA" => "CA".into(),
        "MEX" | "MEXICO" => "MX".into(),
        "GBR" | "UNITED KINGDOM" | "UK" => "GB".into(),
        "DEU" | "GERMANY" => "DE".into(),
        "FRA" | "FRANCE" => "FR".into(),
        "ESP" | "SPAIN" => "ES".into(),
        other => other.to_owned(),
    }
}

fn is_zip(code: &str) -> bool {
    let digits = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_digit());
    match code.split_once('-') {
        Some((five, four)) => digits(five, 5) && digits(four, 4),
        None => digits(code, 5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_zone_named_is_one() {
        let named = COUNTRIES.iter().map(|(_, z)| *z).chain(STATES.iter().map(|(_, _, z)| *z)).flatten();
        for name in named {
            assert!(model::time::zone(name).is_some(), "{name}");
        }
    }

    #[test]
    fn an_address_in_doubt_gives_every_zone_it_may_be() {
        assert_eq!(of_address("US", "Massachusetts", ""), EASTERN);
        assert_eq!(of_address("", "ma", "02139"), EASTERN);
        assert_eq!(of_address("", "WA", "6000"), &[] as &[&str], "Western Australia has a WA too");
        assert_eq!(of_address("US", "TX", "").len(), 2);
        assert_eq!(of_address("USA", "", "").len(), 8);
        assert_eq!(of_address("CA", "WA", "").len(), 7, "the country rules");
        assert!(of_address("XX", "", "").is_empty());
    }
}
