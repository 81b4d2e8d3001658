//! The order of the list.

use super::*;
use crate::staff::prompt::tests::prompt;

fn of(person: &str, id: &str, urgent: bool, due: i64) -> Prompt {
    let (person, id) = (PersonId::of(&[person.as_bytes()]), PromptId::of(&[id.as_bytes()]));
    Prompt { person, id, urgent, due_at: At(due), ..prompt() }
}

#[test]
fn one_card_a_person_the_most_urgent_first() {
    let list =
        by_person(vec![of("a", "1", false, 10), of("b", "2", false, 5), of("a", "3", true, 99), of("c", "4", true, 7)]);
    let due: Vec<Vec<i64>> = list.iter().map(|p| p.iter().map(|p| p.due_at.0).collect()).collect();
    assert_eq!(due, [vec![7], vec![99, 10], vec![5]]);
    assert!(by_person(Vec::new()).is_empty());
}

#[test]
fn pages_lead_on_and_back_and_keep_the_team() {
    let middle = paging("a b", 2, 3).into_string();
    assert!(middle.contains("href=\"/?team=a%20b&amp;page=1\"") && middle.contains("page=3\""), "{middle}");
    assert!(!paging("", 3, 3).into_string().contains("Next"));
    assert_eq!(waiting(1), "1 prompt waits");
}
