# The pathways as they run: list, picture, table, text, who stands where, versions.
pathway-list-title = Pathways
pathway-none = No pathway is in force.
pathway-owner = Owner:
pathway-standing = standing: for every person, always
pathway-goals = Goals
pathway-goal-within = until { $when }
pathway-goal-counts = { $reached } reached, { $missed } missed
pathway-every-day = every day at { $time }
pathway-every-week = every { $day } at { $time }
pathway-by-hand = by hand
pathway-by-import = by an import
pathway-again-after = again { $lapse } after the last one
pathway-held-out = { $percent }% held out
pathway-weekday-0 = Monday
pathway-weekday-1 = Tuesday
pathway-weekday-2 = Wednesday
pathway-weekday-3 = Thursday
pathway-weekday-4 = Friday
pathway-weekday-5 = Saturday
pathway-weekday-6 = Sunday
pathway-on-it-now = On it now
pathway-started = Started in { $days } days
pathway-steps = Steps
pathway-speaks = Speaks { $languages }
pathway-version-count = { $n ->
    [one] 1 version
   *[other] { $n } versions
  }
pathway-your-sites = People are counted at your sites:
pathway-all-sites = Medians, shares and started journeys are of all sites; they name nobody.
pathway-in-force = in force
pathway-older = older version
pathway-views = Views
pathway-view-picture = Picture
pathway-view-table = Table
pathway-view-text = Text
pathway-picture-label = Picture of the pathway
pathway-text-label = The text of { $name }
pathway-how-counted = Here now: people who stand at a step this moment. Median stay and shares: of those who went on in the last { $days } days; a median read so is within 10% of the exact one. What a corrected outcome had led to is not counted.
pathway-legend = Colours and signs
pathway-legend-wait = waits
pathway-legend-said = written to the person
pathway-legend-voice = said to the person
pathway-legend-team = asks the care team
pathway-legend-branch = chooses a way
pathway-legend-loop = repeats
pathway-begins = Begins when: { $fact }
pathway-started-days = { $n ->
    [one] 1 started in { $days } days
   *[other] { $n } started in { $days } days
  }
pathway-ended-days = { $finished } finished, { $left } left early
pathway-people-on = { $n ->
    [one] 1 person on it now
   *[other] { $n } people on it now
  }
pathway-here = { $n } here
pathway-median-of = median { $lapse }
pathway-under-a-minute = under 1 min
pathway-percent = { $n }%
pathway-share = { $percent }% ({ $n } of { $of })
pathway-more = and { $n } more
pathway-box = { $name }, { $n ->
    [one] 1 person here now
   *[other] { $n } people here now
  }
pathway-box-line = { $name }: line { $line } of the text
pathway-line-back = { $name }, { $n } here: show in the picture
pathway-end = end
pathway-track = Track
pathway-sub = Sub-pathway
pathway-subs = Sub-pathways
pathway-subs-what = Only those who are sent there walk these.
pathway-table-caption = Every step, who stands there now, and the last { $days } days
pathway-col-step = Step
pathway-col-kind = Kind
pathway-col-leads = Leads to
pathway-col-here = Here now
pathway-col-median = Median stay
pathway-col-person = Person
pathway-col-born = Born
pathway-col-site = Site
pathway-col-since = Since
pathway-col-version = Version
pathway-col-difference = Difference
pathway-kind-start = start
pathway-kind-wait = wait
pathway-kind-wait_for = wait for
pathway-kind-reach = message
pathway-kind-prompt = prompt
pathway-kind-red_flag = red flag
pathway-kind-concern = concern
pathway-kind-enrol_in = begins another
pathway-kind-withdraw_from = ends another
pathway-kind-branch = branch
pathway-kind-repeat = repeat
pathway-kind-each = for each
pathway-kind-remind = reminders
pathway-kind-note = note
pathway-kind-leave = leave
pathway-kind-split = experiment
pathway-kind-parallel = side by side
pathway-kind-include = steps from elsewhere
pathway-way-found = came
pathway-way-missed = did not come
pathway-way-closed = closed with a reason
pathway-way-proved = proved to be over
pathway-way-unknown = not known
pathway-way-else = otherwise
pathway-way-late = too late
pathway-way-in-time = in time
pathway-way-day = each day
pathway-way-days-over = after the last day
pathway-way-item = for each
pathway-way-meanwhile = meanwhile
pathway-way-held-out = held out
pathway-way-joined = then
pathway-way-included = goes into
pathway-way-after-included = then
pathway-title-wait = Wait: { $when }
pathway-title-wait-for = Wait for: { $fact }
pathway-title-branch = Which way?
pathway-title-repeat = Daily at { $time }, day { $from } to { $to }
pathway-title-each = For each { $what }
pathway-title-remind = Reminders of tasks
pathway-title-leave = Leave
pathway-title-enrol-in = Begin: { $pathway }
pathway-title-withdraw-from = End: { $pathway }
pathway-title-note = Note
pathway-title-rhythm = { $rhythm }, day { $from } to { $to }
pathway-title-parallel = Side by side
pathway-when-day = day { $day } at { $time }
pathway-when-next-day = { $n ->
    [one] next day at { $time }
   *[other] in { $n } days at { $time }
  }
pathway-when-span = { $lapse } later
pathway-when-same-day = the day of { $field }
pathway-when-before = { $n ->
    [one] 1 day before { $field }
   *[other] { $n } days before { $field }
  }
pathway-when-after = { $n ->
    [one] 1 day after { $field }
   *[other] { $n } days after { $field }
  }
pathway-when-with-time = { $day } at { $time }
pathway-when-clock = at { $time }
pathway-when-field = at { $field }
pathway-when-offset-before = { $lapse } before { $field }
pathway-when-offset-after = { $lapse } after { $field }
pathway-when-weekday = next { $day } at { $time }
pathway-when-working-day = { $n ->
    [one] next working day at { $time }
   *[other] in { $n } working days at { $time }
  }
pathway-when-within = some time within { $lapse }
pathway-when-between = some time between { $from } and { $to }
pathway-weekday-mon = Monday
pathway-weekday-tue = Tuesday
pathway-weekday-wed = Wednesday
pathway-weekday-thu = Thursday
pathway-weekday-fri = Friday
pathway-weekday-sat = Saturday
pathway-weekday-sun = Sunday
pathway-rhythm-days = { $n ->
    [one] Every day at { $time }
   *[other] Every { $n } days at { $time }
  }
pathway-rhythm-weekdays = Each { $days } at { $time }
pathway-team-hours = { $lapse } of the team’s hours
pathway-rung = { $channel } (given { $lapse })
pathway-does-wait = Waits until { $when }
pathway-late-skip = if that is past, the step after it is left out
pathway-late-prompt = if that is past, the team decides about the step after it
pathway-does-wait-for = Waits for the fact “{ $fact }”
pathway-deadline = at the latest { $when }
pathway-does-reach = Tells the person “{ $words }”
pathway-by = by { $channels }
pathway-valid = not later than { $lapse } after it was wanted
pathway-purpose-care = for the care itself
pathway-purpose-reminder = to remind
pathway-purpose-education = to teach
pathway-purpose-survey = to ask for experience
pathway-purpose-billing = about money
pathway-purpose-marketing = to sell
pathway-does-prompt = Asks { $team }: “{ $what }”
pathway-due = due in { $lapse }
pathway-overdue = then { $team } after { $lapse }
pathway-tries = up to { $n } tries, { $lapse } apart
pathway-form = form “{ $form }”
pathway-offer = offers: { $actions }
pathway-why = because: { $reason }
pathway-urgent = urgent
pathway-person-within = someone on duty takes it on within { $lapse }, at any hour
pathway-closes-reason = closes only with a reason in words
pathway-closes-fact = closes only after “{ $fact }” or with a reason in words
pathway-closes-when = closes only when { $when }, or with a reason in words
pathway-until = not needed any more after “{ $fact }”
pathway-does-branch = Goes the first way that is true
pathway-does-repeat = Every day at { $time }, from day { $from } to day { $to }
pathway-checklist = with the checklist “{ $checklist }”
pathway-does-rhythm = { $rhythm }, from day { $from } to day { $to }
pathway-repeat-until = over as soon as { $when }
pathway-does-split = Draws one of several ways, the same for a person each time: experiment “{ $experiment }”
pathway-split-arm = { $name } { $share }
pathway-hold-out = { $share } of people are held out
pathway-metric = judged by the goal “{ $goal }”
pathway-does-parallel = Does these side by side: { $strands }
pathway-join-all = goes on when all are over
pathway-join-count = { $n ->
    [one] goes on when one is over; the others are withdrawn
   *[other] goes on when { $n } are over; the others are withdrawn
  }
pathway-does-include = Does the steps of a sub-pathway here, then goes on
pathway-include-with = “{ $own }” stands for “{ $theirs }” there
pathway-does-each = For each of { $over }, as “{ $what }”
pathway-again = begins anew on “{ $fact }”
pathway-does-remind = Reminds of each task of the day with “{ $words }”, if the person asked for it
pathway-does-note = Writes on the timeline: “{ $text }”
pathway-does-leave = The journey ends: { $reason }
pathway-does-enrol-in = Begins the pathway “{ $pathway }” for this person
pathway-does-withdraw-from = Ends the pathway “{ $pathway }” of this person: { $reason }
pathway-skip = left out if { $when }
pathway-yes = yes
pathway-no = no
pathway-nothing-known = not known
pathway-if-yes = { $field }: yes
pathway-if-no = { $field }: no
pathway-if-and = { $left } and { $right }
pathway-if-or = { $left } or { $right }
pathway-if-not = not ({ $what })
pathway-if-known = { $field } is known
pathway-if-unknown = { $field } is not known
pathway-if-codes = { $field } is in a list of codes
pathway-if-equal = { $left } is { $right }
pathway-if-not-equal = { $left } is not { $right }
pathway-if-less = { $left } below { $right }
pathway-if-at-most = { $left } at most { $right }
pathway-if-greater = { $left } above { $right }
pathway-if-at-least = { $left } at least { $right }
pathway-back = Back to the pathway
pathway-people-title-all = Everyone on this pathway
pathway-people-heading = { $step }: { $n } here now
pathway-people-list = People here now
pathway-people-here = { $n ->
    [one] 1 person stands here now.
   *[other] { $n } people stand here now.
  }
pathway-people-paged = Up to { $n } on a page; on each, who has stood here longest comes first.
pathway-nobody = Nobody stands here now.
pathway-next-page = Next page
pathway-first-page = First page
pathway-versions = Versions
pathway-first-version = the first that is kept
pathway-difference = What changed
pathway-difference-to = compared with { $version }
pathway-difference-what = From version { $from } to version { $to }.
pathway-in-words = In words
pathway-no-difference = Nothing that a step does has changed.
pathway-line-by-line = Line by line
pathway-same-lines = { $n ->
    [one] 1 line is the same
   *[other] { $n } lines are the same
  }
pathway-now-after = now after: { $step }
pathway-change-added = Added
pathway-change-removed = Removed
pathway-change-moved = Moved
pathway-change-changed = Changed
pathway-field-does = what it does
pathway-field-late = when too late
pathway-field-deadline = deadline
pathway-field-by = channels
pathway-field-valid = valid
pathway-field-purpose = purpose
pathway-field-stop = stops asking
pathway-field-due = due
pathway-field-overdue = when overdue
pathway-field-tries = tries
pathway-field-form = form
pathway-field-offer = actions
pathway-field-why = reason
pathway-field-urgent = urgency
pathway-field-until = pointless after
pathway-field-person = who takes it on
pathway-field-closes = closes
pathway-field-checklist = checklist
pathway-field-again = begins anew
pathway-field-arms = ways
pathway-field-hold-out = held out
pathway-field-metric = judged by
pathway-field-join = goes on when
pathway-field-with = names
pathway-field-skip = left out
pathway-field-leads = leads to
pathway-field-title = title
pathway-field-owner = owner
pathway-field-fallback = team that steps in
pathway-field-speaks = languages
pathway-field-enrol = begins when
pathway-field-when = for whom
pathway-field-once = once for each
pathway-field-ways = also begins
pathway-field-fresh = starts for facts no older than
pathway-field-leave = ends when
pathway-field-tracks = tracks
pathway-field-words = words of messages
pathway-field-forms = forms
pathway-field-checklists = checklists
pathway-field-goals = goals
pathway-once-encounter = encounter
pathway-once-person = person
pathway-once-fact = fact
pathway-once-item = item that it is about
pathway-kind-ask = questions
pathway-kind-call = service
pathway-does-call = Asks the service “{ $service }” and waits for what it says
pathway-call-within = Tries end after { $lapse }
pathway-way-service-answered = it answered
pathway-way-service-failed = it did not answer, or the answer cannot be used
pathway-does-ask = Asks the person “{ $questions }” and waits for the answers
pathway-ask-again = Asks again after an answer that is none: { $n } times at most
pathway-ask-stop = Asks no more, and goes on at once, when { $when }
pathway-counts-delivered = Waits until it was delivered
pathway-counts-read = Waits until it was read
pathway-counts-answered = Waits until the person replied
pathway-counts-done = Waits until it was done
pathway-way-answered = all answered
pathway-way-not-answered = not all answered
pathway-way-got = success
pathway-way-not = no success
pathway-places = { $n } of { $most } places taken
pathway-places-site = { $n } places taken, at most { $most } at each site
pathway-waiting = { $n ->
    [0] nobody waits for a place
    [one] { $n } person waits for a place
   *[other] { $n } people wait for a place
 }
pathway-waiting-first = the first of them since
pathway-waiting-title = Waiting for a place
pathway-waiting-nobody = Nobody waits for a place.
pathway-waiting-how = Whoever waits longest gets the next place. Who must not wait can be enrolled by hand on their own page, where the pathway allows it.
pathway-col-waits = Waits since
pathway-at-most = at most { $n } under way at once; the others wait in line, and after { $lapse } the team is told
pathway-at-most-site = at most { $n } under way at once at each site; the others wait in line, and after { $lapse } the team is told
