-- The outbox leaves by channel, so that a channel that is slow, throttled or paused keeps no other one waiting. A text
-- within the JSON has its quotes escaped: only the message's own field reads so.
ALTER TABLE message ADD COLUMN channel {text} NOT NULL DEFAULT '';
UPDATE message SET channel = CASE
  WHEN json LIKE '%"channel":"sms"%' THEN 'sms'
  WHEN json LIKE '%"channel":"voice"%' THEN 'voice'
  WHEN json LIKE '%"channel":"voicemail"%' THEN 'voicemail'
  WHEN json LIKE '%"channel":"email"%' THEN 'email'
  WHEN json LIKE '%"channel":"portal"%' THEN 'portal'
  ELSE '' END;

-- What a message that is queued waits for beside its turn: `pathway/words` that a second person is to approve, or
-- whose pathway is paused. It is not among those that leave until it is released.
ALTER TABLE message ADD COLUMN held {text};

DROP INDEX message_queued;
CREATE INDEX message_queued ON message (part, channel, urgent DESC, created_at) WHERE status = 'queued' AND held IS NULL;
CREATE INDEX message_held ON message (part, held, created_at) WHERE status = 'queued' AND held IS NOT NULL;

-- How many wait now, by channel: `now.queued.<urgent>.<channel>`.
INSERT INTO counter (part, name, n)
  SELECT part, 'now.queued.' || urgent || '.' || channel, COUNT(*) FROM message WHERE status = 'queued'
  GROUP BY part, channel, urgent;

-- Messages of the same words of a pathway that were queued in an hour, urgent ones not among them. Added once a group,
-- summed on read; hours that are over for long are dropped.
CREATE TABLE bulk (part {small} NOT NULL, hour {int} NOT NULL, pathway {text} NOT NULL, words {text} NOT NULL,
  n {int} NOT NULL, PRIMARY KEY (part, hour, pathway, words)) {keyed};
