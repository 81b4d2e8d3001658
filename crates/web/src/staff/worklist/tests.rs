//! The order of the list, and its filters' addresses.

use super::*;

fn of(person: &str, id: &str, urgent: bool, due: i64) -> WaitingPrompt {
    WaitingPrompt {
        person: PersonId::of(&[person.as_bytes()]),
        id: PromptId::of(&[id.as_bytes()]),
        urgent,
        due_at: At(due),
        team: "nurses".into(),
        site: String::new(),
        assignee: String::new(),
        hidden_until: None,
        lease_until: None,
        held_until: None,
    }
}

#[test]
fn one_card_a_person_the_most_urgent_first_and_what_sleeps_last() {
    let asleep = WaitingPrompt { hidden_until: Some(At(8)), ..of("d", "5", false, 9) };
    let woken = WaitingPrompt { hidden_until: Some(At(8)), ..of("e", "6", false, 1) };
    let list = by_person(
        vec![
            asleep,
            woken,
            of("a", "1", false, 10),
            of("b", "2", false, 5),
            of("a", "3", true, 99),
            of("c", "4", true, 7),
        ],
        At(3),
    );
    let due: Vec<Vec<i64>> = list.iter().map(|p| p.iter().map(|p| p.due_at.0).collect()).collect();
    assert_eq!(due, [vec![7], vec![99, 10], vec![1], vec![5], vec![9]], "overdue before snoozed");
    assert!(by_person(Vec::new(), At(3)).is_empty());
}

#[test]
fn pages_lead_on_and_back_and_keep_the_filters() {
    let asked = Asked { team: "a b".into(), mine: "1".into(), ..Asked::default() };
    let middle = paging(Tongue::En, &asked, 2, 3).into_string();
    assert!(middle.contains("href=\"/?team=a%20b&amp;mine=1\"") && middle.contains("page=3\""), "{middle}");
    assert!(!paging(Tongue::En, &asked, 3, 3).into_string().contains("Next"));
    assert_eq!(Asked::default().link(), "/");
    assert_eq!(asked.with(|a| a.site = "north".into()).link(), "/?team=a%20b&site=north&mine=1");
}
