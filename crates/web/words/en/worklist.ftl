# worklist, shift hand-over, and what they share with a prompt's page
worklist-title = Worklist
worklist-keys = Keys
worklist-filters = Filters
worklist-all = All of mine
worklist-all-sites = All sites
worklist-mine = I have these
worklist-as-of = As of { $time }.
worklist-waiting = { $n ->
    [0] Nobody waits
    [one] 1 person waits
   *[other] { $n } people wait
  }{ $overdue ->
    [0] {""}
   *[other] , { $overdue } overdue
  }{ $urgent ->
    [0] {""}
   *[other] , { $urgent } urgent
  }.
worklist-empty = Nobody waits here. New prompts show by themselves.
worklist-pages = Pages of the worklist
worklist-previous = Previous page
worklist-next = Next page
worklist-page = Page { $n } of { $of }
worklist-moot = No longer needed
worklist-moot-said = No longer needed: { $title } ({ $why })
worklist-moot-unknown = taken back
worklist-unknown-person = Unknown person
worklist-urgent = Urgent
worklist-last-contact = last contact { $ago } ({ $how })
worklist-no-contact = no contact yet
worklist-by-staff = the team
worklist-attempt = attempt { $n } of { $of }
worklist-open = Open
worklist-take = I take this
worklist-more = More
worklist-release = Give back
worklist-hand-over = Hand over
worklist-called = Called
worklist-language-unknown = Language not known
worklist-yours = Yours until { $until }
worklist-taken = Taken by { $name } until { $until }
worklist-escalated = Escalated to { $to } from { $from }
worklist-asked-again = Asked again, overdue, { $ago }
worklist-handed = Handed over by { $by } from { $team }
worklist-handed-to = Handed over by { $by } to { $to }
worklist-snoozed = Snoozed until { $until }
worklist-not-before = Not before { $from }
worklist-snooze-30 = Snooze 30 min
worklist-snooze-120 = Snooze 2 h
worklist-snooze-tomorrow = Snooze until tomorrow 9:00
worklist-no-snooze = It is due too soon to be snoozed.
worklist-saved = Saved: { $outcome }.
worklist-undo = Undo
worklist-whose = ({ $owner }, for { $person })
worklist-need-deaf = Cannot hear: no calls
worklist-need-blind = Cannot see: call rather than write
worklist-need-interpreter = Needs an interpreter
worklist-need-no-smartphone = No smartphone: no links
worklist-key-move = next and previous card
worklist-key-open = open the card
worklist-key-claim = take it on
worklist-key-search = to the search box, where there is one
worklist-key-help = this list
worklist-key-close = Close
worklist-shift = Shift hand-over
worklist-print = Print
worklist-shift-as-of = As of { $when }, for { $who }.
worklist-shift-flags = Red flags and other urgent work of this shift: { $n }
worklist-shift-open = Open: { $n }
worklist-shift-more = { $n ->
    [one] One more is open: choose a team to see it.
   *[other] { $n } more are open: choose a team to see them.
  }
worklist-shift-done = Done in the last 12 hours: { $n }
worklist-shift-nothing = Nothing was closed in this shift.
worklist-col-due = Due
worklist-col-person = Person
worklist-col-what = What and why
worklist-col-who = Who has it
worklist-col-when = When
worklist-col-end = How it ended
moot-medication_picked_up = the medicine was picked up
moot-medication_stopped = the medicine was stopped
moot-person_died = the person died
moot-encounter_readmitted = the person was readmitted
moot-encounter_discharge_cancelled = the discharge was cancelled
moot-appointment_cancelled = the appointment was cancelled
moot-appointment_missed = the appointment was missed
moot-outcome_corrected = the outcome that led to it was corrected
moot-finished = the journey is finished
