# The laboratory of a pathway: findings, tests, one make-believe person, the difference.
lab-title = Laboratory
lab-what = What the command line tells of this version, by the same code and in the same words. Nothing here reads or changes anything of a real person.
lab-findings = What check finds
lab-findings-text = The findings, as the command line prints them
lab-findings-what = Checked with the teams, hours and rules of this hub.
lab-not-in-force = No version of this pathway is in force: there is nothing to be checked here.
lab-errors = { $n ->
    [one] 1 error,
   *[other] { $n } errors,
  }
lab-warnings = { $n ->
    [one] 1 warning.
   *[other] { $n } warnings.
  }
lab-as = as { $format }
lab-code-what = Why this is told, with a bad and a good example. These pages are in English, as the command line prints them.
lab-tests = What its tests say
lab-tests-held-back = This hub sends words that nobody reviewed. The tests are run as they were written, with the settings of a hub that holds such words back; a person played below gets them.
lab-no-tests = This pathway has no tests (a .test.yaml file beside it).
lab-passed = { $n ->
    [one] 1 scenario passed,
   *[other] { $n } scenarios passed,
  }
lab-failed = { $n } failed.
lab-left = { $n ->
    [one] There was no time for 1 more: run throughline test.
   *[other] There was no time for { $n } more: run throughline test.
  }
lab-coverage = { $percent } % of steps and ways are passed ({ $passed } of { $all }).
lab-never-passed = What no scenario passes
lab-person = One make-believe person
lab-person-what = Plays the pathway with a person who does not exist, and shows every word as it would be sent. Nothing is sent and nothing is kept.
lab-scenario = Begins with
lab-story = Home after an operation, with a medicine and an appointment
lab-as-the-scenario = as the beginning says
lab-language = Language
lab-calls = Calls
lab-calls-missed = nobody answers
lab-calls-answered = they are answered
lab-keys = Keys pressed on a call
lab-texts = Texts
lab-texts-arrive = they arrive
lab-texts-fail = they fail (a landline)
lab-reply = The person texts
lab-day = On day
lab-day-what = At 10:00; left empty: five minutes after the first text.
lab-days = Days played
lab-play = Play
lab-no-scenario = There is no such scenario any more. Choose another one.
lab-zone = All times are the person’s ({ $zone }).
lab-until = Played until
lab-problem = This could not happen as the scenario says:
lab-nothing-came = Nothing came: no journey began, or it said nothing in these days.
lab-services = What services outside are asked
lab-on-the-page = The page asks:
lab-prompts = What the team is asked
lab-to = To
lab-due = due
lab-wrote = the person writes
lab-urgent = urgent
lab-ended = The journey ended
lab-more = and { $n } more
lab-why = Why, and why not
lab-why-nothing = Everything went out as planned.
lab-status-queued = waits to be sent
lab-status-dispatching = is being sent
lab-status-accepted = sent
lab-status-delivered = arrived
lab-status-failed = failed
lab-status-unknown = nobody knows whether it was sent
lab-status-withdrawn = taken back
lab-status-asked = asked, nothing heard yet
lab-status-answered = answered
lab-status-missed = no answer in time
lab-status-open = open
lab-status-taken = taken on
lab-status-done = done
lab-difference = The difference to the version before
lab-difference-lines = Line by line
lab-difference-text = The difference, as the command line prints it
