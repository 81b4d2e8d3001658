# The demo’s home and the phones.
demo-title = Two people go home after the same operation
demo-intro-1 = Katie’s hospital hands her a sheet of paper; David’s hospital runs Throughline.
demo-intro-2 = Let the clock run, or step it, and watch what reaches David, what his nurses are asked to do, and why: open any event.
demo-intro-3 = You can be David: his phone is on this page, and it answers.
demo-jump = Parts of this page
demo-jump-phone = Phone
demo-jump-team = Team
demo-not-yet = Not in hospital yet.
demo-clock = The clock
demo-day = Day { $n }
demo-run = Run
demo-pause = Pause
demo-step = Step the clock
demo-step-event = Next event
demo-step-hour = +1 hour
demo-step-day = +1 day
demo-speed = Speed
demo-speed-slow = Slow
demo-speed-usual = Usual
demo-speed-fast = Fast
demo-pace-still = The clock stands still.
demo-pace-rings = A phone rings: the clock keeps your own time.
demo-pace-seconds = A day takes { $n ->
    [one] 1 second
   *[other] { $n } seconds
  }.
demo-pace-minutes = A day takes { $n ->
    [one] 1 minute
   *[other] { $n } minutes
  }.
demo-logins = Logins of this demo
demo-logins-about = Each role has its own pages.
demo-login-role = Role
demo-login-name = Name
demo-login-password = Password
demo-all-phones = All phones and mailboxes
demo-back = Katie and David
demo-phone = David’s phone
demo-with = with Throughline
demo-paper = with paper
demo-story = What happened, newest first
demo-sum-prompts = { $n ->
    [one] thing asked of nurses
   *[other] things asked of nurses
  }
demo-sum-done = { $n ->
    [one] task done
   *[other] tasks done
  }
demo-left-sms = A text went out
demo-left-email = An e-mail went out
demo-left-voice = An automated call went out
demo-left-voicemail = A voicemail was left
demo-left-portal = A note was put on the Today page
demo-left-other = A message went out
demo-end-failed = , and did not arrive
demo-end-unknown = , perhaps
demo-call-answered = The call was answered
demo-call-missed = The call was not answered
demo-understood = Understood as: { $class }
demo-class-done = done
demo-class-stop = stop
demo-class-red_flag = a danger sign
demo-class-question = a question
demo-class-thanks = thanks
demo-class-wrong_number = a wrong number
demo-class-start = messages again
demo-class-picked_up = picked up
demo-outcome = The nurse’s outcome: { $outcome }
demo-corrected = The outcome was corrected: { $outcome }
demo-outcome-reached = reached
demo-a-task = A task
demo-wish-language = Language
demo-wish-quiet = Quiet hours
demo-wish-paused_until = Paused until
demo-wish-task_reminders = Texts about tasks
demo-outcome-no_answer = no answer
demo-outcome-voicemail = left a voicemail
demo-outcome-wrong_number = wrong number
demo-outcome-call_back = call back later
demo-outcome-already_handled = already handled
demo-outcome-declined = declined
demo-outcome-not_appropriate = not appropriate
demo-fact-encounter-admitted = Admitted
demo-fact-encounter-discharged = Went home
demo-fact-encounter-discharge_cancelled = The discharge was taken back
demo-fact-encounter-readmitted = Readmitted
demo-fact-procedure-performed = Operated on
demo-fact-medication-requested = A medicine was prescribed
demo-fact-medication-ready = The medicine is ready at the pharmacy
demo-fact-medication-picked_up = The medicine was picked up
demo-fact-medication-stopped = A medicine was stopped
demo-fact-appointment-booked = A visit was booked
demo-fact-appointment-moved = The visit was moved
demo-fact-appointment-cancelled = The visit was cancelled
demo-fact-appointment-missed = The person did not come to the visit
demo-fact-person-died = Died
demo-fact-reply-received = David wrote
demo-fact-prompt-opened = A nurse was asked
demo-fact-prompt-acknowledged = A nurse took it on
demo-fact-prompt-escalated = Nobody acted in time: others were asked
demo-fact-prompt-withdrawn = No longer needed of the nurse
demo-fact-journey-started = The pathway began
demo-fact-journey-ended = The pathway ended
demo-fact-task-done = Ticked off
demo-fact-task-added = A task was added
demo-fact-reach-ended = One way to reach him came to its end
demo-fact-consent-changed = A consent was changed
demo-fact-preference-changed = A wish was changed
demo-fact-contact-disabled = A number was closed
demo-fact-message-failed = A message did not arrive
demo-why-said = Said by
demo-why-because = Because
demo-why-resource = the source sent
demo-why-pathway = Pathway
demo-why-reason = Why it matters
demo-why-team = Asked of
demo-why-due = due
demo-why-rules = Rules
demo-by-hub = Throughline itself
demo-by-patient = the patient
demo-katie-what = What Katie has
demo-katie-told = What she was told
demo-katie-fetch = Fetch from a pharmacy:
demo-katie-visit = Be at
demo-katie-call = Call if anything is wrong
demo-katie-crossed = Nothing is crossed off: nobody asks.
demo-katie-home = went home. Since then her hospital knows nothing.
demo-row-reached = Reached out
demo-row-asked = Calls by nurses
demo-row-done = Tasks known done
demo-row-medicine = Antibiotic
demo-medicine-none = none
demo-medicine-picked-up = picked up
demo-medicine-ready = ready, waits
demo-medicine-unknown = not known
demo-team = What the team sees
demo-team-list = Open prompts
demo-team-open = { $n ->
    [one] open
   *[other] open
  }
demo-team-urgent = { $n ->
    [one] urgent
   *[other] urgent
  }
demo-team-late = { $n ->
    [one] overdue
   *[other] overdue
  }
demo-team-empty = Nothing is asked of anyone now.
demo-team-enter = Enter as the nurse
demo-team-open-as = Open
demo-urgent = Urgent
demo-phones = Phones and mailboxes
demo-phones-about = Make-believe ones: nothing leaves this machine. Open one to read, reply and answer.
demo-phones-empty = Nothing was sent to anyone yet.
demo-phones-more = and { $n } more
demo-ringing = Ringing now
demo-phone-items = { $n ->
    [one] 1 item
   *[other] { $n } items
  }
demo-phone-list = On the phone, newest first
demo-phone-empty = Nothing here yet.
demo-is-calling = { $who } is calling
demo-on-the-line = { $who } is on the line
demo-call = Call
demo-answer = Answer
demo-decline = Decline
demo-key = Key { $key }
demo-wait = Say nothing
demo-hang-up = Hang up
demo-came-text = Text
demo-came-written = You wrote
demo-came-voicemail = Voicemail
demo-came-mail = E-mail
demo-came-ringing = Call, ringing
demo-came-talking = Call, on the line
demo-came-answered = Call, answered
demo-came-missed = Missed call
demo-pressed = Pressed { $keys }
demo-unsubscribe = Unsubscribe
demo-write-mail = Write back (a mail)
demo-write-text = Write back (a text)
demo-write-hint = Reply…
demo-send = Send
demo-sent-sms = texts
demo-sent-one-sms = text
demo-sent-email = e-mails
demo-sent-one-email = e-mail
demo-sent-voice = automated calls
demo-sent-one-voice = automated call
demo-sent-voicemail = voicemails
demo-sent-one-voicemail = voicemail
demo-sent-push = notifications
demo-sent-one-push = notification
demo-sent-portal = notes
demo-sent-one-portal = note
