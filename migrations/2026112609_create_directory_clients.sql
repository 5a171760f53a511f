-- OAuth clients of directories, the secrets of those that have one, and the assertions that the others have used.
CREATE TABLE directory_client (
  org {int} NOT NULL,
  id {blob} NOT NULL,
  src {int} NOT NULL,
  key {text} NOT NULL,
  method {text} NOT NULL,
  created {int} NOT NULL,
  used {int},
  CONSTRAINT directory_client_pkey PRIMARY KEY (org, id)
){strict};
CREATE UNIQUE INDEX directory_client_key ON directory_client (org, src, key);

CREATE TABLE directory_client_secret (
  org {int} NOT NULL,
  client {blob} NOT NULL,
  hash {blob} NOT NULL,
  created {int} NOT NULL,
  until {int},
  CONSTRAINT directory_client_secret_pkey PRIMARY KEY (org, client, hash)
){strict};

CREATE TABLE directory_assertion (
  org {int} NOT NULL,
  client {blob} NOT NULL,
  jti {text} NOT NULL,
  until {int} NOT NULL,
  CONSTRAINT directory_assertion_pkey PRIMARY KEY (org, client, jti)
){keyed};
CREATE INDEX directory_assertion_until ON directory_assertion (until);

-- A token that a client was given names it; one that an admin made names none.
ALTER TABLE directory_token ADD COLUMN client {blob};
CREATE INDEX directory_token_client ON directory_token (org, client);
CREATE INDEX directory_token_until ON directory_token (until);
