//! Chance without a generator: a draw is a hash of seed, person and name, so that it is the same whoever draws
//! it, in whatever order and on whatever thread.

use model::Id;

/// Which of `weights` (their numbers, in order) this person draws under `name`. The first when all are zero.
pub fn draw(seed: u64, person: u32, name: &str, weights: &[u32]) -> usize {
    let sum: u64 = weights.iter().map(|w| u64::from(*w)).sum();
    if sum == 0 {
        return 0;
    }
    let id = Id::of(&[b"draw", &seed.to_be_bytes(), &person.to_be_bytes(), name.as_bytes()]);
    // 128 bits over a sum of at most 38: what the remainder favours is nothing.
    let mut rest = (id.0 % u128::from(sum)) as u64;
    for (place, weight) in weights.iter().enumerate() {
        match rest.checked_sub(u64::from(*weight)) {
            Some(less) => rest = less,
            None => return place,
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn shares_are_what_the_weights_say_and_seeds_and_names_differ() {
        let mut counts = [0u32; 3];
        for person in 0..10_000 {
            counts[draw(1, person, "call", &[700, 0, 300])] += 1;
        }
        assert!((6_800..7_200).contains(&counts[0]) && counts[1] == 0, "{counts:?}");
        let of = |seed, name| (0..64).map(|p| draw(seed, p, name, &[1, 1])).collect::<Vec<_>>();
        assert_eq!(of(1, "a"), of(1, "a"));
        assert!(of(1, "a") != of(2, "a") && of(1, "a") != of(1, "b"));
    }
}
