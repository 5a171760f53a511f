-- A person holds credentials, access, seat and lock. Every credential carries the epoch it was made under (law 5).
CREATE TABLE person (
  org {int} NOT NULL,
  id {blob} NOT NULL,
  origin {text} NOT NULL,
  state {text} NOT NULL,
  locked {bool} NOT NULL,
  epoch {int} NOT NULL,
  key {text},
  email {text},
  name {text} NOT NULL,
  given {text},
  family {text},
  created {int} NOT NULL,
  modified {int} NOT NULL,
  CONSTRAINT person_pkey PRIMARY KEY (org, id)
){hot};
CREATE INDEX person_key ON person (org, key);

CREATE TABLE password (
  org {int} NOT NULL,
  person {blob} NOT NULL,
  hash {text} NOT NULL,
  changed {int} NOT NULL,
  CONSTRAINT password_pkey PRIMARY KEY (org, person)
){strict};

CREATE TABLE link (
  org {int} NOT NULL,
  con {int} NOT NULL,
  subject {text} NOT NULL,
  person {blob} NOT NULL,
  created {int} NOT NULL,
  CONSTRAINT link_pkey PRIMARY KEY (org, con, subject)
){strict};
CREATE INDEX link_person ON link (org, person);

CREATE TABLE manual_grant (
  org {int} NOT NULL,
  person {blob} NOT NULL,
  seq {int} NOT NULL,
  body {text} NOT NULL,
  until {int},
  CONSTRAINT manual_grant_pkey PRIMARY KEY (org, person, seq)
){strict};
