-- What a source sent that could not be read. All of a source's rows lie in the part of its name, so that its
-- bounds are kept by one indexed sum; `body` is null where it was too large to keep.

CREATE TABLE refused (part {small} NOT NULL, id {blob} NOT NULL, source {text} NOT NULL, site {text} NOT NULL,
  door {text} NOT NULL, sender {text} NOT NULL, first_at {int} NOT NULL, at {int} NOT NULL, times {int} NOT NULL,
  bytes {int} NOT NULL, state {text} NOT NULL, state_at {int} NOT NULL, state_by {text} NOT NULL, note {text} NOT NULL,
  cause {text} NOT NULL, issues {text} NOT NULL, body {blob}, mended {blob}, outcome {text} NOT NULL,
  PRIMARY KEY (part, id)) {rows};
CREATE INDEX refused_at ON refused (part, source, at);
CREATE INDEX refused_state ON refused (part, state, at);

CREATE INDEX parked_at ON parked (part, at, seq);
