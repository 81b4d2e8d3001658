-- People are found by keys: hashes of folded names, of names with a letter left out (so that a slip of one letter
-- meets), of their beginnings, of birth dates, ends of numbers, addresses and identifiers. What keys a person has
-- follows from their face alone; the rows of people that are here already are filled in by `find::fill`.
CREATE TABLE find (part {small} NOT NULL, key {int} NOT NULL, person {blob} NOT NULL,
  PRIMARY KEY (part, key, person)) {keyed};

-- What a fact is about, by number (`model::fact::Topic`), so that a filtered timeline reads what it shows and no more.
ALTER TABLE fact ADD COLUMN topic {small} NOT NULL DEFAULT 1;
UPDATE fact SET topic = CASE
  WHEN json LIKE '%,"kind":"resource.received",%' OR json LIKE '%,"kind":"message.delivered",%'
    OR json LIKE '%,"kind":"message.read",%' OR json LIKE '%,"kind":"message.queued",%'
    OR json LIKE '%,"kind":"line.%' THEN 6
  WHEN json LIKE '%,"kind":"reach.ended",%"how":"delivered"%' OR json LIKE '%,"kind":"reach.ended",%"how":"pointless"%'
    THEN 6
  WHEN json LIKE '%,"kind":"message.%' OR json LIKE '%,"kind":"reply.%' OR json LIKE '%,"kind":"call.%' THEN 2
  WHEN json LIKE '%,"kind":"prompt.%' OR json LIKE '%,"kind":"outcome.%' THEN 3
  WHEN json LIKE '%,"kind":"journey.%' OR json LIKE '%,"kind":"enrolment.%' OR json LIKE '%,"kind":"note.%'
    OR json LIKE '%,"kind":"reach.%' THEN 4
  WHEN json LIKE '%,"kind":"consent.%' OR json LIKE '%,"kind":"preference.%' OR json LIKE '%,"kind":"contact.%'
    OR json LIKE '%,"kind":"task.%' OR json LIKE '%,"kind":"record.%' THEN 5
  ELSE 1 END;
CREATE INDEX fact_topic ON fact (part, person, topic, seq);
