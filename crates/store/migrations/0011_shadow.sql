-- What a version that runs in shadow would have done, and what the version in force did beside it. `number` is that
-- of the order. `seq` grows along a person's line.
CREATE TABLE shadow_would (part {small} NOT NULL, number {int} NOT NULL, person {blob} NOT NULL, seq {int} NOT NULL,
  side {text} NOT NULL, at {int} NOT NULL, site {text} NOT NULL, journey {blob} NOT NULL, step {text} NOT NULL,
  about {text} NOT NULL, wish {text} NOT NULL, what {text} NOT NULL, due {int},
  PRIMARY KEY (part, number, person, seq)) {keyed};

-- How many there were, those beyond the bound among them.
CREATE TABLE shadow_count (part {small} NOT NULL, number {int} NOT NULL, n {int} NOT NULL,
  PRIMARY KEY (part, number)) {keyed};
