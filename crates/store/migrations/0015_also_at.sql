-- A person may be in care at several sites. The one that stands for them is in `face`; the others are here, for a search
-- that names sites.
CREATE TABLE face_also (part {small} NOT NULL, person {blob} NOT NULL, site {text} NOT NULL,
  PRIMARY KEY (part, person, site)) {keyed};
