-- The number or address that a message goes to, as the first eight bytes of a hash: what went there at the same time is
-- found across lines, because a number may be shared. None for what has no address, and for what was queued before.
ALTER TABLE message ADD COLUMN toward {int};
CREATE INDEX message_toward ON message (toward, created_at) WHERE toward IS NOT NULL;
