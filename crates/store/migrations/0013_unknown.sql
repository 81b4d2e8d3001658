-- Attempts of which nobody knows whether they left: when each is looked at next (machine's clock; none once there is
-- nothing more to find out), and how often it was.
ALTER TABLE message ADD COLUMN look_at {int} DEFAULT 0;
ALTER TABLE message ADD COLUMN looks {small} NOT NULL DEFAULT 0;
CREATE INDEX message_unknown ON message (part, look_at) WHERE status = 'unknown' AND look_at IS NOT NULL;
