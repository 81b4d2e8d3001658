-- Calls to services outside that have no outcome yet. `body` is all that is sent. One whose journey stands still is held.
-- What came of a call is a fact on the person's line; its row goes in that commit.
CREATE TABLE service_call (part {small} NOT NULL, person {blob} NOT NULL, id {blob} NOT NULL, journey {blob} NOT NULL,
  service {text} NOT NULL, body {text} NOT NULL, created_at {int} NOT NULL, until_at {int} NOT NULL,
  status {text} NOT NULL, held {small} NOT NULL, tries {int} NOT NULL, next_at {int} NOT NULL,
  PRIMARY KEY (part, person, id)) {keyed};
CREATE INDEX service_call_next ON service_call (part, next_at) WHERE status = 'queued';
