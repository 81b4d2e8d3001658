-- What staff ordered about versions of pathways, in order. `once` makes two clicks one order.
CREATE TABLE change (number {int} NOT NULL, kind {text} NOT NULL, pathway {text} NOT NULL, at {int} NOT NULL,
  who {text} NOT NULL, once {text} NOT NULL, json {text} NOT NULL, PRIMARY KEY (number), UNIQUE (once)) {rows};

-- How far the people of a part were asked for an order: `after` is the last of them.
CREATE TABLE change_part (part {small} NOT NULL, number {int} NOT NULL, after {blob}, done {small} NOT NULL,
  asked {int} NOT NULL, PRIMARY KEY (part, number)) {keyed};
