-- What one directory pushed, as it pushed it. Kinds: 1 User, 2 Group.
CREATE TABLE resource (
  org {int} NOT NULL,
  id {blob} NOT NULL,
  src {int} NOT NULL,
  kind {int} NOT NULL,
  person {blob},
  label {text} NOT NULL,
  key {text} NOT NULL,
  ext {text},
  active {bool} NOT NULL,
  version {int} NOT NULL,
  created {int} NOT NULL,
  modified {int} NOT NULL,
  doc {text} NOT NULL,
  CONSTRAINT resource_pkey PRIMARY KEY (org, id)
){hot};
CREATE UNIQUE INDEX resource_list ON resource (org, src, kind, id);
CREATE UNIQUE INDEX resource_user_key ON resource (org, src, key) WHERE kind = 1;
CREATE INDEX resource_group_key ON resource (org, src, key) WHERE kind = 2;
CREATE UNIQUE INDEX resource_ext ON resource (org, src, kind, ext);
CREATE INDEX resource_person ON resource (org, person);

-- Folded values that filters ask for; path is a number of the schema's searchable attributes.
CREATE TABLE attr (
  org {int} NOT NULL,
  src {int} NOT NULL,
  path {int} NOT NULL,
  val {text} NOT NULL,
  id {blob} NOT NULL,
  CONSTRAINT attr_pkey PRIMARY KEY (org, src, path, val, id)
){keyed};

-- A membership is a row: a group of 100,000 costs the same to change as a group of 10.
CREATE TABLE member (
  org {int} NOT NULL,
  gid {blob} NOT NULL,
  mid {blob} NOT NULL,
  kind {int} NOT NULL,
  display {text},
  CONSTRAINT member_pkey PRIMARY KEY (org, gid, mid)
){keyed};
CREATE UNIQUE INDEX member_rev ON member (org, mid, gid);

CREATE TABLE tombstone (
  org {int} NOT NULL,
  id {blob} NOT NULL,
  src {int} NOT NULL,
  kind {int} NOT NULL,
  ext {text},
  person {blob},
  label {text} NOT NULL,
  doc {text} NOT NULL,
  until {int} NOT NULL,
  CONSTRAINT tombstone_pkey PRIMARY KEY (org, id)
){strict};
CREATE INDEX tombstone_ext ON tombstone (org, src, kind, ext);
CREATE INDEX tombstone_until ON tombstone (until);

-- How many resources a directory has, in slots, so that writers do not queue behind one row.
CREATE TABLE counter (
  org {int} NOT NULL,
  src {int} NOT NULL,
  kind {int} NOT NULL,
  slot {int} NOT NULL,
  n {int} NOT NULL,
  CONSTRAINT counter_pkey PRIMARY KEY (org, src, kind, slot)
){keyed};
