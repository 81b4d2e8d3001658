# Change in flight: halts, corrected words, moves to another version.
change-title = Halts and changes
change-link = Halts and changes
change-halted = halted
change-back = ← Halts and changes
change-halted-now = Halted now
change-none-halted = Nothing is halted.
change-every-version = every version
change-people-stand-still = { $n ->
    [one] 1 person stands still on { $version }
   *[other] { $n } people stand still on { $version }
  }
change-resume = Resume
change-orders = What was ordered
change-col-when = When
change-col-what = What
change-col-who = By
change-col-far = How far
change-done = { $n ->
    [one] done: 1 person asked
   *[other] done: { $n } people asked
  }
change-under-way = under way: { $n } asked, { $parts } of { $of } parts
change-order-halt = Halted
change-order-resume = Resumed
change-order-words = Corrected words
change-order-publish = Put in force
change-order-move = Moved
change-order-pause = Paused its messages
change-order-approve = Approved many of
change-order-shadow = Began in shadow
change-order-unshadow = Ended in shadow
change-order-fell = What put it in force is over:
change-refused = It goes to nobody yet:
change-refused-see = See what is found in it
change-standing = A standing pathway answers what people write: it cannot be halted.
change-may-not = Leads and designers may halt and change versions.
change-version-people = { $version }, { $n ->
    [one] 1 person
   *[other] { $n } people
  }
change-halt = Halt
change-halt-what = From this moment nobody starts it, nothing of it goes on and nothing of it leaves. Prompts that are open stay and escalate, and what people write is answered. When it is resumed it goes on from where it stood.
change-which = What
change-why = Why
change-why-needed = Say why it is halted.
change-halt-now = Halt now
change-move = Move journeys to another version
change-move-what = The next page shows who would move where. Nothing moves before you confirm it there.
change-one-version = Only one version is known here.
change-from = From
change-to = To
change-preview = Show who would move where
change-move-from-to = From { $from } to { $to }
change-see-difference = See what differs
change-words = Corrected words
change-words-only = Only words differ: steps, conditions and forms are the same. Journeys can take the corrected words at once, and what waits to be sent is worded anew.
change-words-take = { $n ->
    [one] Take the corrected words (1 person)
   *[other] Take the corrected words ({ $n } people)
  }
change-words-more = More than words differs:
change-differs-name = name
change-differs-fallback = fallback team
change-differs-speaks = languages
change-differs-standing = standing
change-differs-enrol = enrolment
change-differs-leave = ends
change-differs-tracks = tracks
change-differs-steps = steps
change-differs-forms = forms
change-differs-checklists = checklists
change-differs-goals = goals
change-differs-questions = questions
change-differs-words = which messages there are
change-who-where = Who would move where
change-who-where-what = A person may stand at several steps at once. Whoever cannot move with all of them stays on the old version.
change-nobody = Nobody is on the old version.
change-people = People
change-goes-to = Goes to
change-where-to = Where { $step } goes
change-same-step = the step of the same name
change-stays = stays on the old version
change-unmapped-gone = there is no step of this name
change-unmapped-stays = chosen to stay
change-unmapped-other-verb = the step does something else there
change-unmapped-other-place = the step is inside of other loops there
change-tried = Tried, without moving anyone
change-tried-on = { $n ->
    [one] 1 person looked at: { $go } would move, { $stay } would stay.
   *[other] { $n } people looked at: { $go } would move, { $stay } would stay.
  }
change-so-many = { $n ->
    [one] 1 person
   *[other] { $n } people
  }
change-who-stays = Who would stay:
change-look-again = Look again
change-go = { $n ->
    [one] Move 1 person
   *[other] Move { $n } people
  }
change-refused-reason = A reason is needed, of at most { $n } characters.
change-refused-no-pathway = There is no such pathway.
change-refused-no-version = There is no such version of this pathway.
change-refused-no-versions = These are not two versions of this pathway that are known here.
change-refused-standing = A standing pathway answers what people say: it cannot be halted.
change-refused-halted-already = It is halted already.
change-refused-not-halted = It is not halted, or not any more.
change-refused-more-than-words = More than words differs: { $what }.
change-refused-step = { $step }: { $why }.
change-refused-moving = Journeys of this version are being moved already: wait until that is done.
change-refused-in-force = This version is in force already.
change-refused-not-in-shadow = It does not run in shadow, or not any more.
change-refused-other-in-shadow = Another version of this pathway runs in shadow: end that one first.
change-refused-shadows = { $n } pathways run in shadow, and no more can at a time.
change-refused-no-service = It calls the service { $name }, which this hub has no settings for.
change-refused-hub-alone = Only the hub itself gives this order.
change-refused-unreadable = It does not read as a version of a pathway.
change-refused-versions = { $n } versions are kept, and no more can be.
change-refused-unordered = { $n } versions are kept that were never put in force, and no more can be: publish this one.
change-differs-services = services
