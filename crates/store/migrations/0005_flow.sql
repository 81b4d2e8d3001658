-- Who stands at which step of which version of a pathway: the lists behind the counts. The step '' is the
-- pathway itself.
CREATE TABLE here (part {small} NOT NULL, version {int} NOT NULL, step {text} NOT NULL, person {blob} NOT NULL,
  site {text} NOT NULL, since {int} NOT NULL, PRIMARY KEY (part, version, step, person)) {keyed};

-- How many they are, by site: added once a group, summed on read.
CREATE TABLE standing (part {small} NOT NULL, version {int} NOT NULL, step {text} NOT NULL, site {text} NOT NULL,
  n {int} NOT NULL, PRIMARY KEY (part, version, step, site)) {keyed};

-- What passed a step on a day: `what` is the way it went on, or `~` and the bucket of how long it stayed.
CREATE TABLE flow (part {small} NOT NULL, version {int} NOT NULL, step {text} NOT NULL, day {int} NOT NULL,
  what {text} NOT NULL, n {int} NOT NULL, PRIMARY KEY (part, version, step, day, what)) {keyed};

-- Journeys that are under way already. Their steps are written `a,b,c`: the last one is what follows the
-- last comma, until nothing is left.
INSERT INTO here (part, version, step, person, site, since)
  WITH RECURSIVE cut (part, version, person, since, rest, step) AS (
    SELECT part, version, person, started_at, step, substr(step, 1, 0) FROM journey WHERE status = 'active'
    UNION ALL
    SELECT part, version, person, since,
      substr(rtrim(rest, replace(rest, ',', '')), 1, length(rtrim(rest, replace(rest, ',', ''))) - 1),
      substr(rest, length(rtrim(rest, replace(rest, ',', ''))) + 1)
    FROM cut WHERE rest LIKE '%,%'
  ), places (part, version, person, since, step) AS (
    SELECT part, version, person, since, step FROM cut WHERE step <> ''
    UNION ALL SELECT part, version, person, since, rest FROM cut WHERE rest <> '' AND rest NOT LIKE '%,%'
    UNION ALL SELECT part, version, person, started_at, substr(step, 1, 0) FROM journey WHERE status = 'active'
  )
  SELECT p.part, p.version, p.step, p.person, COALESCE(MAX(f.site), ''), MIN(p.since) FROM places p
    LEFT JOIN face f ON f.part = p.part AND f.person = p.person
    GROUP BY p.part, p.version, p.step, p.person;

INSERT INTO standing (part, version, step, site, n)
  SELECT part, version, step, site, COUNT(*) FROM here GROUP BY part, version, step, site;
