# The conversation with a person.

conversation-open = Conversation
conversation-title = Conversation with { $name }
conversation-heading = What was said
conversation-earlier = Earlier
conversation-newest = To the newest
conversation-nothing = Nothing was said yet.
conversation-new = Something new in the conversation, { $at }
conversation-new-theirs = { $name } wrote, { $at }
conversation-unread = { $n ->
    [one] 1 new message
   *[other] { $n } new messages
  }
conversation-unread-more = More than { $n } new messages
conversation-new-since = New since { $since }
conversation-grant-of-some = What you write could be of anything: only a permission for everything allows it.
conversation-mark-read = Mark as read
conversation-to-related = to { $name }
conversation-grant = (may be told: { $scope }, until { $until })
conversation-automatic = automatic
conversation-answer = automatic answer
conversation-internal = internal note
conversation-understood = Taken for: { $class }
conversation-auto-reply = An automatic reply of theirs: nothing follows from it
conversation-not-authentic = It may not be from them: the sender's address was not proved
conversation-files = { $n ->
    [one] Sent 1 picture or file, which is not taken in here: ask them
   *[other] Sent { $n } pictures or files, which are not taken in here: ask them
}
conversation-pressed = On the phone: { $what }
conversation-mark-identified = said that it is them
conversation-mark-repeat = heard it again
conversation-mark-callback = asks to be called
conversation-mark-opt_out = no more automated calls or texts
conversation-mark-wrong_number = wrong number
conversation-mark-voicemail = left on the voicemail
conversation-not-sent = not sent
conversation-take-back = Take back
conversation-waits = Waits to be sent
conversation-wishes = How to reach them
conversation-reads = Reads
conversation-to-person = All that is known of them
conversation-write = Write
conversation-how = How
conversation-preferred = preferred
conversation-quiet = Quiet hours: it waits until { $until }.
conversation-note = Internal note: it never leaves the team
conversation-text = Your words
conversation-text-what = { $clinic } is named first, and { $who } signs it. A text message and an e-mail can be seen by others: write nothing of health there that they have not agreed to.
conversation-length = { $n ->
    [one] 1 character
   *[other] { $n } characters
  }, { $parts ->
    [one] 1 text message
   *[other] { $parts } text messages
  }
conversation-language = Written in
conversation-at = Send later
conversation-at-what = Their time ({ $zone }). Left empty, it is sent now. All rules are asked again then, and until then it can be taken back.
conversation-send = Send
conversation-other-language = They read { $language }. Write in it, or call with an interpreter.
conversation-bad-way = Choose how it is to be sent.
conversation-bad-at = This is no time.
conversation-past = This time is over already.
conversation-bad-text = Write something first.
conversation-candidates = Who may have written
conversation-candidates-what = This number is on more than one record, or on none as the person's own. Nothing was told to the sender, and nothing was done on these records but for a STOP. Ask who it is.
conversation-candidates-hidden = { $n ->
    [one] 1 more at another site
   *[other] { $n } more at other sites
  }
conversation-way-lost = The way that was chosen cannot be used any more. Choose another one.
conversation-too-long = It is too long: a text message has at most { $n } parts, with the clinic’s name and the signature.
conversation-too-far = That is too far ahead: at most { $n } days.
conversation-left = It has left already, or was taken back.

# A member of staff is connected by telephone
conversation-call = Call by telephone
conversation-call-what = Your own telephone rings first. Press 1, and theirs is rung from the clinic's number.
conversation-call-what-digits = Your own telephone rings first, and this page shows three digits. Press them on it, and theirs is rung from the clinic's number.
conversation-call-digits = Your telephone rings. Press these digits on it, one after the other, so that it is known to be yours:
conversation-call-tries = Your telephone is not known to be yours, and { $n } calls to such a one are the most within an hour. Try again later.
conversation-digit-0 = zero
conversation-digit-1 = one
conversation-digit-2 = two
conversation-digit-3 = three
conversation-digit-4 = four
conversation-digit-5 = five
conversation-digit-6 = six
conversation-digit-7 = seven
conversation-digit-8 = eight
conversation-digit-9 = nine
conversation-call-nobody = No service that connects calls is set up.
conversation-call-no-phone = Your own number is not known.
conversation-call-add-phone = Add your number
conversation-call-other = Your telephone rings for a call with another person already. Take or refuse that one first.
conversation-call-bad-phone = The number in your account cannot be used for this call.
