# What every page shares: the frame, times, lengths, closed sets of the data.
common-skip = Skip to the content
common-log-out = Log out
common-main-nav = Main
common-test-mode = Test mode.
common-test-mode-label = Test mode
common-test-mode-only = { $n ->
    [one] Only one allow-listed contact is reached.
   *[other] Only { $n } allow-listed contacts are reached.
  }
common-demo = Demo.
common-demo-label = Demo
common-demo-what = Make-believe people on a make-believe clock.
common-demo-story = Story and clock
common-demo-phones = Phones
common-nav-worklist = Worklist
common-nav-handover = Hand-over
common-nav-people = People
common-nav-pathways = Pathways
common-nav-intake = Refused and parked
common-nav-keys = Keys
common-nav-accounts = Accounts
common-nav-access = Access log
common-minutes = { $n } min
common-hours = { $n } h
common-days = { $n ->
    [one] 1 day
   *[other] { $n } days
  }
common-due-in = Due in { $lapse }
common-overdue = Overdue { $lapse }
common-ago = { $lapse } ago
common-just-now = just now
common-fault-not-found-title = Not found
common-fault-broken-title = Something went wrong
common-fault-title = Not done
common-fault-not-found = There is nothing here.
common-fault-forbidden = Your account may not do this.
common-fault-role = Your account may not do this: it needs the role { $roles }.
common-fault-or = { $left } or { $right }
common-fault-stale = This form is no longer valid. Go back, reload the page and try again.
common-fault-too-many = Too many tries. Wait some minutes and try again.
common-fault-too-large = This is too large.
common-fault-broken = Something went wrong on our side. Nothing was changed.
common-fault-find = Look for a person (care team)
common-fault-start = Go to the start
role-nurse = nurse
role-lead = lead
role-designer = designer
role-integrator = integrator
role-auditor = auditor
role-administrator = administrator
channel-sms = text
channel-email = e-mail
channel-voice = call
channel-voicemail = voicemail
channel-portal = Today page
language-en = English
language-es = Spanish
language-fr = French
language-de = German
language-zh = Chinese
language-vi = Vietnamese
language-ar = Arabic
language-ru = Russian
language-pt = Portuguese
language-ko = Korean
language-tl = Tagalog
