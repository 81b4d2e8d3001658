# Publishing: a version is put in force, and who answers for it.
publish-title = Publish a version
publish-what = Paste the file of a pathway, or choose it. What is found in it and what it changes is shown on the next page; nothing is in force before you confirm it there.
publish-file = File of the pathway
publish-text = Text of the pathway (YAML)
publish-look = Look at it
publish-nothing = There is no text: paste the file of a pathway.
publish-first = No version of it is in force: this would be the first.
publish-in-force-already = This version is in force.
publish-in-place-of = It would take the place of
publish-does-not-read = It does not read: what is found says why.
publish-other-first = Somebody else published meanwhile: another version is in force now. Look again at what yours would replace.
publish-confirm = Put it in force
publish-confirm-what = From that moment whoever begins this pathway begins this version. Whoever is on the way stays on theirs.
publish-refused = It cannot be put in force:
publish-way-errors = { $n ->
    [one] there is 1 error
   *[other] there are { $n } errors
  }
publish-way-draft = it names no clinical approver with a day of review
publish-way-past = its review was due on { $day }
publish-way-service = it calls the service { $name }, which this hub has no settings for: add [services.{ $name }] to the settings file and start the hub anew
publish-way-codes = this very text is known here with other code sets: change the text
publish-draft-ok = I know that it names no clinical approver with a day of review
publish-now = Publish
publish-mend = Mend it and look again
publish-keep = Keep it only, not in force
publish-again = Put in force again
publish-reviews = Reviews that are due
publish-review-past = the review was due on { $day }: have it read again
publish-review-near = the review is due on { $day }: have it read again
publish-review-none = no day of review is named
publish-approval = Approval and review
publish-approver = Clinical approver
publish-approved-by-nobody = nobody has approved it
publish-review = Review
publish-reviewed-by = reviewed by
publish-with-pathway = approved with the pathway
publish-held-back = held back: nobody has reviewed it
publish-let-out = not reviewed; the clinic lets it out all the same
publish-since = Known or in force since
publish-order = order { $n }
publish-by-folder = the folder
publish-col-put = Put in force
publish-compare = Compare
publish-who-begins = for whoever begins
