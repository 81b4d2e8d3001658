//! Why an order of staff may not stand, or a version not be kept: a closed list, so that each page says it in the
//! language of its reader. What is displayed here is for logs and machines.

use journey::Why;

/// What is in the way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no reason, or one of more than so many characters.
    #[error("a reason is needed, of at most {0} characters")]
    Reason(usize),
    /// No pathway of that name.
    #[error("no such pathway")]
    NoPathway,
    /// No version of that hash, of that pathway.
    #[error("no such version")]
    NoVersion,
    /// One of the two versions is not known, or they are the same.
    #[error("no such versions")]
    NoVersions,
    /// A standing pathway is never halted.
    #[error("a standing pathway answers what people say: it cannot be halted")]
    Standing,
    /// A halt holds.
    #[error("it is halted already")]
    HaltedAlready,
    /// No such halt holds.
    #[error("it is not halted")]
    NotHalted,
    /// Two versions differ in more than words: in these parts, by their names in `pathway::same`.
    #[error("they differ in more than words: {}", .0.join(", "))]
    MoreThanWords(Vec<&'static str>),
    /// Who stands at this step cannot go where it was chosen.
    #[error("{step}: {}", why.name())]
    Step {
        /// The step's name.
        step: String,
        /// Why.
        why: Why,
    },
    /// Journeys of the version are under way to another one.
    #[error("journeys of this version are being moved already: wait until that is done")]
    Moving,
    /// It is in force.
    #[error("it is in force already")]
    InForceAlready,
    /// No such shadow runs.
    #[error("it does not run in shadow")]
    NotInShadow,
    /// Another version of the pathway runs in shadow.
    #[error("another version of this pathway runs in shadow: end that one first")]
    OtherInShadow,
    /// So many shadows run.
    #[error("{0} pathways run in shadow, and no more at a time")]
    Shadows(usize),
    /// It calls this service.
    #[error("it calls the service `{0}`, which no setting has")]
    NoService(String),
    /// Only the hub itself gives this order.
    #[error("only the hub itself says that")]
    HubAlone,
    /// What was sent to be kept is no version.
    #[error("it does not read as a version of a pathway")]
    Unreadable,
    /// So many versions are kept.
    #[error("{0} versions are kept, and no more")]
    Versions(usize),
    /// So many versions are kept that no order names.
    #[error("{0} versions are kept that no order names, and no more: publish this one")]
    Unordered(usize),
}
