-- Who brings people and groups: directories push them, connections prove them.
CREATE TABLE directory (
  org {int} NOT NULL,
  src {int} NOT NULL,
  id {blob} NOT NULL,
  key {text} NOT NULL,
  profile {text} NOT NULL,
  enabled {bool} NOT NULL,
  settings {text} NOT NULL,
  created {int} NOT NULL,
  CONSTRAINT directory_pkey PRIMARY KEY (org, src)
){strict};
CREATE UNIQUE INDEX directory_id ON directory (id);
CREATE UNIQUE INDEX directory_key ON directory (org, key);

CREATE TABLE directory_token (
  org {int} NOT NULL,
  hash {blob} NOT NULL,
  src {int} NOT NULL,
  id {blob} NOT NULL,
  label {text} NOT NULL,
  created {int} NOT NULL,
  until {int},
  used {int},
  CONSTRAINT directory_token_pkey PRIMARY KEY (org, hash)
){strict};
CREATE INDEX directory_token_src ON directory_token (org, src);

CREATE TABLE connection (
  org {int} NOT NULL,
  src {int} NOT NULL,
  id {blob} NOT NULL,
  key {text} NOT NULL,
  kind {text} NOT NULL,
  enabled {bool} NOT NULL,
  settings {text} NOT NULL,
  secret {blob},
  created {int} NOT NULL,
  CONSTRAINT connection_pkey PRIMARY KEY (org, src)
){strict};
CREATE UNIQUE INDEX connection_id ON connection (id);
CREATE UNIQUE INDEX connection_key ON connection (org, key);

CREATE TABLE connection_domain (
  org {int} NOT NULL,
  name {text} NOT NULL,
  src {int} NOT NULL,
  CONSTRAINT connection_domain_pkey PRIMARY KEY (org, name, src)
){keyed};

CREATE TABLE api_token (
  org {int} NOT NULL,
  hash {blob} NOT NULL,
  id {blob} NOT NULL,
  label {text} NOT NULL,
  created {int} NOT NULL,
  until {int},
  CONSTRAINT api_token_pkey PRIMARY KEY (org, hash)
){strict};
