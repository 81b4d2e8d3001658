//! One suite, run on both engines.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

extern crate throughline_store as store;

mod conformance {
    /// Runs each test of a module on each engine.
    macro_rules! on_both_engines {
        ($($name:ident),* $(,)?) => {
            mod sqlite {$(
                #[test]
                fn $name() { super::$name(&$crate::conformance::fixture::Fixture::sqlite()) }
            )*}
            mod postgres {$(
                #[test]
                fn $name() { super::$name(&$crate::conformance::fixture::Fixture::postgres()) }
            )*}
        };
    }

    mod fixture;

    mod faults;

    mod calls;
    mod change;
    mod commit;
    mod desk;
    mod flow;
    mod inbox;
    mod migrations;
    mod outbox;
    mod places;
    mod random;
    mod reads;
    mod refused;
    mod shadow;
    mod size;
    mod unknown;
    mod wake;
    mod worklist;
}
