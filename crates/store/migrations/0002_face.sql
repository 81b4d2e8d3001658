-- What people are found by moves into a narrow table of its own: a search reads it and not the lines
-- with their states, and a turn that changes no name writes none.

CREATE TABLE face (part {small} NOT NULL, person {blob} NOT NULL, closed {small} NOT NULL, name {text} NOT NULL,
  birth_date {text} NOT NULL, site {text} NOT NULL, search {text} NOT NULL, PRIMARY KEY (part, person)) {keyed};

INSERT INTO face (part, person, closed, name, birth_date, site, search)
  SELECT part, person, CASE WHEN forwards_to IS NULL THEN 0 ELSE 1 END, name, birth_date, site, search
  FROM line WHERE name <> '' OR search <> '';

ALTER TABLE line DROP COLUMN name;
ALTER TABLE line DROP COLUMN birth_date;
ALTER TABLE line DROP COLUMN site;
ALTER TABLE line DROP COLUMN search;
