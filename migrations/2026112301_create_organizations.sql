-- Numbers that are never reused: organizations and sources (directories and connections).
CREATE TABLE number (
  kind {text} NOT NULL,
  next {int} NOT NULL,
  CONSTRAINT number_pkey PRIMARY KEY (kind)
){keyed};
INSERT INTO number (kind, next) VALUES ('organization', 1), ('source', 1), ('mark', 1);

CREATE TABLE organization (
  org {int} NOT NULL,
  id {blob} NOT NULL,
  slug {text} NOT NULL,
  name {text} NOT NULL,
  panel {text} NOT NULL,
  seats {int},
  enforcement {text} NOT NULL,
  settings {text} NOT NULL,
  created {int} NOT NULL,
  CONSTRAINT organization_pkey PRIMARY KEY (org)
){strict};
CREATE UNIQUE INDEX organization_id ON organization (id);
CREATE UNIQUE INDEX organization_slug ON organization (slug);

CREATE TABLE domain (
  org {int} NOT NULL,
  name {text} NOT NULL,
  verified {bool} NOT NULL,
  CONSTRAINT domain_pkey PRIMARY KEY (org, name)
){strict};
-- A verified domain belongs to one organization in the whole installation (law 3).
CREATE UNIQUE INDEX domain_verified ON domain (name) WHERE verified;

CREATE TABLE client (
  org {int} NOT NULL,
  key {text} NOT NULL,
  name {text} NOT NULL,
  departments {text} NOT NULL,
  CONSTRAINT client_pkey PRIMARY KEY (org, key)
){strict};

-- The organization's guard: which set of rules is in force. Locked only by a change of rules or one that takes an admin.
CREATE TABLE guard (
  org {int} NOT NULL,
  ruleset {int} NOT NULL,
  CONSTRAINT guard_pkey PRIMARY KEY (org)
){keyed};

CREATE TABLE rule (
  org {int} NOT NULL,
  ruleset {int} NOT NULL,
  seq {int} NOT NULL,
  id {blob} NOT NULL,
  body {text} NOT NULL,
  CONSTRAINT rule_pkey PRIMARY KEY (org, ruleset, seq)
){strict};

-- Panel definitions belong to the installation.
CREATE TABLE panel (
  key {text} NOT NULL,
  version {int} NOT NULL,
  source {text} NOT NULL,
  adopted {int} NOT NULL,
  CONSTRAINT panel_pkey PRIMARY KEY (key)
){strict};

-- Sealed secrets of the installation itself: the key of the token hashes, and its like.
CREATE TABLE secret (
  name {text} NOT NULL,
  sealed {blob} NOT NULL,
  CONSTRAINT secret_pkey PRIMARY KEY (name)
){strict};
