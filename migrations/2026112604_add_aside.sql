-- Links and manual grants of a person behind whom the directory may have put another human: an admin gives them back
-- or throws them away. Kinds: 1 link (con, subject), 2 manual grant (body, until).
CREATE TABLE aside (
  org {int} NOT NULL,
  person {blob} NOT NULL,
  seq {int} NOT NULL,
  kind {int} NOT NULL,
  con {int},
  subject {text},
  body {text},
  until {int},
  since {int} NOT NULL,
  CONSTRAINT aside_pkey PRIMARY KEY (org, person, seq)
){strict};
CREATE INDEX aside_subject ON aside (org, con, subject) WHERE kind = 1;

-- What a restored User goes on from: its first day and its last version.
ALTER TABLE tombstone ADD COLUMN version {int};
ALTER TABLE tombstone ADD COLUMN created {int};
