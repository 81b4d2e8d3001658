# Refused and parked.
intake-title = Refused and parked
intake-lead = What sources sent and the hub could not use. Nothing here reached anybody’s record.
intake-phi = What was sent is health data: you see that of your own sites, and each look is written to the access log.
intake-no-phi = Your role sees source, place and message. What was sent is for the care team and integrators of its site.
intake-say = { $n ->
    [0] Nothing waits here
    [one] 1 item waits here
   *[other] { $n } items wait here
  }
intake-groups = Groups
intake-states = State
intake-group-refused = Refused
intake-group-parked = Matches nobody yet
intake-group-failed = Failed in its turn
intake-state-open = Open
intake-state-mended = Mended
intake-state-dismissed = Dismissed
intake-by-open = Open since
intake-by-mended = mended by
intake-by-dismissed = dismissed by
intake-source = Source
intake-all-sources = All sources
intake-show = Show
intake-show-all = Show all
intake-one-cause = Only this cause:
intake-same-cause = all { $n } of this cause
intake-empty-refused = Nothing was refused.
intake-empty-parked = Everything that came matches somebody.
intake-empty-failed = Nothing failed in its turn.
intake-empty-filtered = Nothing fits this choice.
intake-empty-live = What comes shows here by itself.
intake-about-refused = The sender was told, with the same place and message. Mend it here, or wait until it is sent anew.
intake-about-parked = It is tried again by itself when its identifier becomes known. You can say whose it is.
intake-about-failed = The hub could not work it into the person’s line. The care team was asked to look after the person.
intake-times = came { $n ->
    [one] once
   *[other] { $n } times
  }
intake-pick = Choose { $what } from { $source }
intake-why-nobody = Its identifier belongs to nobody who is known here.
intake-why-receipt = No message is known that this receipt is of. After three days it is dismissed by itself.
intake-why-failed = It could not be worked in:
intake-pages = Pages
intake-page = Page { $at } of { $pages }
intake-page-before = Previous page
intake-page-next = Next page
intake-bulk = Several at once
intake-bulk-about = After a code or a topic was put right: what is chosen goes in again as it came, at most { $most } with one click. What is still wrong stays here.
intake-bulk-replay = Send the chosen in again
intake-bulk-cause = Send { $n ->
    [one] the one
   *[other] the { $n }
  } of this cause in again
intake-bulk-dismiss = Dismiss the chosen
intake-note = Reason
intake-none-picked = Choose at least one that you may read.
intake-note-needed = Give a reason: it stays beside the item.
intake-dropped = { $n ->
    [one] 1 old item had to make room and is no longer kept.
   *[other] { $n } old items had to make room and are no longer kept.
  }
intake-done-replayed = { $n ->
    [0] None of them is understood yet.
    [one] 1 item went in again.
   *[other] { $n } items went in again.
  }
intake-done-dismissed = { $n ->
    [one] 1 item was dismissed.
   *[other] { $n } items were dismissed.
  }
intake-done-linked = The item is on the person’s line now.
intake-done-taken = Somebody else took it on a moment before.
intake-one-title = Refused at the door
intake-about = What it is
intake-site = Site
intake-sender = Sent by
intake-door = Door
intake-first = First came
intake-last = Came last
intake-wrong = What is wrong
intake-where = Where
intake-line = Marked line
intake-no-place = The place is not in the text; it begins like this.
intake-original = What was sent
intake-mended = What went in instead
intake-not-shown = What was sent is health data. Your role or your sites do not include it.
intake-not-kept = It was too large to keep (more than { $kib } KiB): only the place and its fingerprint are here. Ask the sender to send it anew.
intake-cannot-mend = There is no text to mend here.
intake-mend = Mend and send in again
intake-mend-about = It goes in by the same door, as said by the same source and site, at the times that the text itself gives. What is older than 72 hours changes what is known and starts nothing.
intake-text = The text
intake-check = Check
intake-check-about = Checking changes nothing.
intake-replay = Send in
intake-over-newer = Put this older version over the newer one all the same
intake-still-wrong = { $n ->
    [one] Still 1 thing to mend. Nothing was changed.
   *[other] Still { $n } things to mend. Nothing was changed.
  }
intake-would = { $n ->
    [0] It is understood, and nothing is in it.
    [one] It is understood: 1 thing would come in.
   *[other] It is understood: { $n } things would come in.
  }
intake-nothing-changed = Nothing was changed yet.
intake-of = of
intake-of-known = of a person who is known
intake-of-nobody = of no person: it is kept for all
intake-of-new = of a person who is new here
intake-of-parked = of nobody who is known: it would wait here
intake-there-older = It takes the place of an older version
intake-there-same = The very same is there already
intake-there-newer = A newer version of it came meanwhile
intake-starts-nothing = It starts nothing: it is too old, or history
intake-newer-first = The source has sent a newer version since this was refused. Dismiss this one, or say below that it shall replace the newer.
intake-settled-already = Somebody has settled this one meanwhile.
intake-facts = { $n ->
    [one] It became one fact:
   *[other] It became { $n } facts:
  }
intake-was-there = (was there already)
intake-more = and { $n } more
intake-dismiss = Dismiss
intake-dismiss-about = Nothing of it comes in. The text stays to be read, with your name and reason.
intake-aside-dismiss-about = It is dropped for good. Your name and reason stay in the access log.
intake-failed-title = Failed in its turn
intake-parked-title = Matches nobody yet
intake-why = Why it waits
intake-says = What it says
intake-kind = Kind
intake-subject = Said about
intake-happened = Happened
intake-aside-since = Set aside
intake-person = Person
intake-open-person = Open the person’s page
intake-again = Try it again
intake-again-about = When the reason is mended. If it fails once more it comes back here.
intake-link = Say whose it is
intake-link-about = Be sure: it becomes part of that person’s record, and what follows from it happens to them. Compare name and birth date.
intake-search = Name, number or identifier
intake-find = Find
intake-nobody-found = Nobody is known by that.
intake-born = born
intake-link-to = It is theirs
intake-identifier = Or an identifier that is known
intake-link-identifier = Link
intake-todo-structure = Mend the JSON at the marked place: a bracket, a comma or a quotation mark, or another kind of value.
intake-todo-required = Add what is missing, if you know it for certain; else ask the sender.
intake-todo-value = Write the value in the form that is asked for, without changing what it means.
intake-todo-code-invalid = Take one of the codes that are known, or have the code added and send it in again.
intake-todo-invalid = Make the two places say the same.
intake-todo-not-supported = Write it as a kind that is taken in, or dismiss it: the hub has no use for it.
intake-todo-duplicate = Leave the resource in once and take the other out.
intake-todo-too-long = Take out what is too long, such as an attached document, and ask the sender for the rest.
intake-todo-too-costly = Ask the sender for smaller Bundles.
intake-todo-forbidden = The sender’s key may not say this. Have an administrator look at the key, and the sender send it anew.
intake-todo-business-rule = Look whether start and end were mixed up.
intake-where-now = Where it is still wrong
