//! Walks the script of a call: a small, pure state machine that any voice provider can drive.
//!
//! The provider says what [`Walk::next`] hands it, and comes back with the key that was pressed, or
//! with none when nothing was pressed in time. Every walk ends: steps and keys are bounded.

use crate::message::{Call, CallStep};

/// The most steps of one walk; past it the call hangs up (a script that goes round in circles).
pub const STEPS_MAX: usize = 1_000;
/// The most answers of one walk, silent ones too.
pub const ANSWERS_MAX: usize = 50;
/// Silent tries after which a question goes where `otherwise` leads.
pub const SILENT_MAX: u8 = 2;

/// What is to be done on the line now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// Say these words.
    Words(String),
    /// Say these words and wait for one of the keys.
    Ask {
        /// The words.
        text: String,
        /// Keys that lead somewhere.
        keys: Vec<char>,
    },
    /// Ring this number and connect it: the walk is over.
    Dial(String),
    /// Hang up: the walk is over.
    HungUp,
}

/// One call under way.
#[derive(Clone, Debug)]
pub struct Walk {
    script: Vec<CallStep>,
    at: usize,
    steps: usize,
    silent: u8,
    answers: usize,
    marks: Vec<String>,
    keys: String,
    ended: bool,
}

impl Walk {
    /// A call that was just answered; the first [`Walk::next`] begins to speak.
    pub fn new(call: &Call) -> Self {
        Self {
            script: call.script.clone(),
            at: 0,
            steps: 0,
            silent: 0,
            answers: 0,
            marks: Vec::new(),
            keys: String::new(),
            ended: false,
        }
    }

    /// Goes on until a key is needed or the call is over. `key` answers the question that was asked
    /// last, `None` is silence; before the first question it is not looked at. The last item is
    /// always [`Said::Ask`], [`Said::Dial`] or [`Said::HungUp`].
    pub fn next(&mut self, key: Option<char>) -> Vec<Said> {
        if self.ended {
            return vec![Said::HungUp];
        }
        if self.steps > 0 {
            self.answer(key);
        }
        let mut said = Vec::new();
        while !self.ended {
            self.steps += 1;
            if self.steps > STEPS_MAX || self.answers > ANSWERS_MAX {
                break;
            }
            match self.script.get(self.at) {
                Some(CallStep::Say { text }) => {
                    said.push(Said::Words(text.clone()));
                    self.at += 1;
                }
                Some(CallStep::Mark { what }) => {
                    if !self.marks.contains(what) {
                        self.marks.push(what.clone());
                    }
                    self.at += 1;
                }
                Some(CallStep::Goto { to }) => self.at = *to,
                Some(CallStep::Ask { text, keys, .. }) => {
                    said.push(Said::Ask { text: text.clone(), keys: keys.iter().map(|(k, _)| *k).collect() });
                    return said;
                }
                Some(CallStep::Dial { to }) => {
                    self.ended = true;
                    said.push(Said::Dial(to.clone()));
                    return said;
                }
                Some(CallStep::HangUp) | None => break,
            }
        }
        self.ended = true;
        said.push(Said::HungUp);
        said
    }

    /// Goes where the answer to the question at hand leads.
    fn answer(&mut self, key: Option<char>) {
        let Some(CallStep::Ask { keys, otherwise, .. }) = self.script.get(self.at) else { return };
        self.answers += 1;
        match key {
            None if self.silent + 1 < SILENT_MAX => self.silent += 1,
            None => (self.at, self.silent) = (*otherwise, 0),
            Some(key) => {
                self.keys.push(key);
                self.silent = 0;
                self.at = keys.iter().find(|(k, _)| *k == key).map_or(*otherwise, |(_, to)| *to);
            }
        }
    }

    /// The other side hung up.
    pub fn hang_up(&mut self) {
        self.ended = true;
    }
    /// Whether it is over.
    pub fn ended(&self) -> bool {
        self.ended
    }
    /// What was recorded on the way, in order, each once.
    pub fn marks(&self) -> &[String] {
        &self.marks
    }
    /// Whether the person said who they are.
    pub fn identified(&self) -> bool {
        self.marks.iter().any(|m| m == "identified")
    }
    /// The keys that were pressed, in order.
    pub fn keys(&self) -> &str {
        &self.keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(steps: Vec<CallStep>) -> Call {
        Call { script: steps, voicemail: None, language: "en".into(), ring_s: 25 }
    }
    fn say(text: &str) -> CallStep {
        CallStep::Say { text: text.into() }
    }

    fn identify() -> Call {
        script(vec![
            CallStep::Ask { text: "Press 1 if you are David.".into(), keys: vec![('1', 2), ('9', 5)], otherwise: 1 },
            CallStep::HangUp,
            CallStep::Mark { what: "identified".into() },
            say("Your prescription is ready."),
            CallStep::HangUp,
            CallStep::Mark { what: "wrong_number".into() },
        ])
    }

    #[test]
    fn nothing_about_health_is_said_before_the_key() {
        let mut walk = Walk::new(&identify());
        let first = walk.next(None);
        assert_eq!(first, [Said::Ask { text: "Press 1 if you are David.".into(), keys: vec!['1', '9'] }]);
        assert!(!walk.identified());
        let then = walk.next(Some('1'));
        assert_eq!(then, [Said::Words("Your prescription is ready.".into()), Said::HungUp]);
        assert!(walk.ended() && walk.identified());
        assert_eq!(walk.keys(), "1");
    }

    #[test]
    fn silence_asks_once_more_and_then_goes_otherwise() {
        let mut walk = Walk::new(&identify());
        let asked = walk.next(None);
        assert_eq!(walk.next(None), asked, "the question is asked again");
        assert_eq!(walk.next(None), [Said::HungUp]);
        assert!(walk.marks().is_empty() && walk.keys().is_empty());
    }

    #[test]
    fn another_key_goes_otherwise_and_the_end_of_the_script_hangs_up() {
        let mut walk = Walk::new(&identify());
        walk.next(None);
        assert_eq!(walk.next(Some('5')), [Said::HungUp]);
        let mut wrong = Walk::new(&identify());
        wrong.next(None);
        assert_eq!(wrong.next(Some('9')), [Said::HungUp]);
        assert_eq!(wrong.marks(), ["wrong_number"]);
        assert_eq!(wrong.next(Some('1')), [Said::HungUp], "over is over");
    }

    #[test]
    fn a_script_in_circles_ends() {
        let mut walk = Walk::new(&script(vec![CallStep::Goto { to: 0 }]));
        assert_eq!(walk.next(None), [Said::HungUp]);
        let round = CallStep::Ask { text: "Again?".into(), keys: vec![('1', 0)], otherwise: 0 };
        let mut walk = Walk::new(&script(vec![round, CallStep::Goto { to: 7_000 }]));
        walk.next(None);
        let mut turns = 0;
        while !walk.ended() {
            walk.next(Some('1'));
            turns += 1;
        }
        assert_eq!(turns, ANSWERS_MAX + 1);
    }
}
