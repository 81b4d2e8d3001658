-- Places on pathways that a team's capacity limits. `state` is 0 for who waits in line (the oldest `since` is next),
-- 1 for a place that was given, 2 for one that a journey has, 3 for one that a merge carries to another line.
CREATE TABLE place (part {small} NOT NULL, person {blob} NOT NULL, id {blob} NOT NULL, pathway {text} NOT NULL,
  state {small} NOT NULL, site {text} NOT NULL, since {int} NOT NULL, asked {int} NOT NULL,
  PRIMARY KEY (part, person, id)) {keyed};

CREATE INDEX place_line ON place (part, pathway, state, since, person, site);
