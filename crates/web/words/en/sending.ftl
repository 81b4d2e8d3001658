# What leaves, what is paused, and what waits for a second person.
sending-title = Sending
sending-what = What each provider takes, what waits, and what is held back.
sending-paused-now = Paused now
sending-none-paused = Nothing is paused.
sending-paused-holds = What is paused stays in the outbox, urgent care messages too. A message whose time is over is taken back, and a reach that is part of care then goes another way or asks a person.
sending-everything = Everything
sending-channel = The channel “{ $name }”
sending-provider = The provider
sending-pathway = The pathway
sending-resume = Resume
sending-waits = Waits for a second person
sending-never = Nothing waits for its number: the setting outreach.approve_above is 0.
sending-rule = More than { $n } messages of the same words of a pathway within a day wait until somebody approves who did not decide these words (put that version in force, or moved journeys to it) and did not pause it. Urgent messages never wait for it.
sending-none-waits = Nothing waits for approval.
sending-waiting-count = { $n ->
    [one] 1 message waits, of { $all } within a day.
   *[other] { $n } messages wait, of { $all } within a day.
  }
sending-oldest = The first is taken back at
sending-example = The words, as their author wrote them:
sending-approve-up-to = Approve up to so many within a day
sending-approve-what = It holds for a day, and as long as this version of the pathway is in force. Every guard is asked again before anything leaves.
sending-approve = Approve
sending-up-to = { $n ->
    [one] approved, 1 within a day
   *[other] approved, up to { $n } within a day
  }
sending-gates = Providers
sending-since = Counts are of today (UTC), since this hub started.
sending-col-provider = Provider
sending-col-state = Gate
sending-col-rate = Rate
sending-col-under-way = Under way
sending-col-sent = Sent
sending-col-failed = Not carried
sending-col-unknown = Unknown
sending-open = open
sending-paused = paused
sending-throttled = asked to wait: { $n } s
sending-broken = fails: left alone for { $n } s
sending-refusing = refuses our account or sender: set it right. Tried again in { $n } s
sending-probing = being tried again
sending-rate = { $n } a second
sending-no-rate = no limit set
sending-outbox = Waiting to leave
sending-col-channel = Channel
sending-col-urgent = Urgent
sending-col-others = Others
sending-new-senders = Mail from people whom nobody knows: { $taken } of at most { $max } new senders this hour. Mails put off since this hub started: { $off }.
sending-may-not = People with the role of lead or administrator can pause, resume and approve.
sending-pause = Pause
sending-pause-what = From this moment nothing of it leaves, urgent care messages included, and it stays so after a restart. What is queued is kept. When it is resumed, every guard is asked again before anything leaves. To stop the journeys of a pathway, too, halt it on its own page.
sending-pause-which = What
sending-why = Why
sending-why-needed = Say why it is paused.
sending-number = A whole number of messages is needed.
sending-pause-now = Pause now
sending-refused-reason_needed = A reason is needed, of at most 500 characters.
sending-refused-no_such_provider = There is no such provider.
sending-refused-no_such_pathway = There is no such pathway.
sending-refused-paused_already = It is paused already.
sending-refused-not_paused = It is not paused.
sending-refused-not_in_force = No such pathway is in force.
sending-refused-number_needed = A number of messages from 1 on is needed.
sending-refused-second_published = Whoever put this version in force cannot approve it alone: a second person is needed.
sending-refused-second_moved = Whoever took journeys to other words cannot approve them alone: a second person is needed.
sending-refused-second_paused = Whoever paused it cannot approve it alone: a second person is needed.
