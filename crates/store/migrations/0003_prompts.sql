-- What the worklist and the hand-over are made of, narrow: they are listed from an index alone, and only the
-- prompts that are shown are read whole. Who had claimed a prompt before this migration is told by its JSON.

ALTER TABLE prompt ADD COLUMN assignee {text} NOT NULL DEFAULT '';
ALTER TABLE prompt ADD COLUMN hidden_until {int};
ALTER TABLE prompt ADD COLUMN lease_until {int};
ALTER TABLE prompt ADD COLUMN held_until {int};
ALTER TABLE prompt ADD COLUMN closed_at {int};

DROP INDEX prompt_open;
CREATE INDEX prompt_open ON prompt
  (part, urgent, due_at, person, id, team, site, assignee, hidden_until, lease_until, held_until) WHERE is_open = 1;
CREATE INDEX prompt_closed ON prompt (part, closed_at, person, id, team, site, status, urgent) WHERE closed_at IS NOT NULL;

-- Whoever had claimed a prompt before there were leases has left it: their lines get a turn, which gives it back.
UPDATE line SET wake_at = 0 WHERE forwards_to IS NULL AND EXISTS
  (SELECT 1 FROM prompt p WHERE p.part = line.part AND p.person = line.person AND p.is_open = 1 AND p.status = 'acknowledged');
