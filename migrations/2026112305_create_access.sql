-- The resolved access of a person. Seat: 0 none, 1 held, 2 waiting (`waiting` = since when).
-- `mark` is the newest wide mark that this row has been derived under.
CREATE TABLE access (
  org {int} NOT NULL,
  person {blob} NOT NULL,
  version {int} NOT NULL,
  until {int},
  admin {bool} NOT NULL,
  seat {int} NOT NULL,
  waiting {int},
  mark {int} NOT NULL,
  grants {text} NOT NULL,
  CONSTRAINT access_pkey PRIMARY KEY (org, person)
){hot};
CREATE INDEX access_admin ON access (org, person) WHERE admin;
CREATE INDEX access_waiting ON access (org, waiting, person) WHERE waiting IS NOT NULL;

CREATE TABLE access_past (
  org {int} NOT NULL,
  person {blob} NOT NULL,
  version {int} NOT NULL,
  at {int} NOT NULL,
  cause {text} NOT NULL,
  grants {text} NOT NULL,
  CONSTRAINT access_past_pkey PRIMARY KEY (org, person, version)
){strict};

-- Marks of law 6: this person, or everyone of this organization, is to be derived afresh before being read.
CREATE TABLE stale (
  org {int} NOT NULL,
  person {blob} NOT NULL,
  CONSTRAINT stale_pkey PRIMARY KEY (org, person)
){keyed};
CREATE TABLE wide (
  org {int} NOT NULL,
  id {int} NOT NULL,
  gid {blob},
  ruleset {int},
  cursor {blob},
  CONSTRAINT wide_pkey PRIMARY KEY (org, id)
){strict};

-- Free seats of an organization, in slots; no row at all means no limit.
CREATE TABLE seat_slot (
  org {int} NOT NULL,
  slot {int} NOT NULL,
  free {int} NOT NULL,
  CONSTRAINT seat_slot_pkey PRIMARY KEY (org, slot)
){keyed};
