CREATE TABLE session (
  org {int} NOT NULL,
  hash {blob} NOT NULL,
  id {blob} NOT NULL,
  person {blob} NOT NULL,
  epoch {int} NOT NULL,
  con {int},
  subject {text},
  idp_session {text},
  auth_time {int} NOT NULL,
  amr {text} NOT NULL,
  created {int} NOT NULL,
  until {int} NOT NULL,
  CONSTRAINT session_pkey PRIMARY KEY (org, hash)
){strict};
CREATE UNIQUE INDEX session_id ON session (org, id);
CREATE INDEX session_person ON session (org, person);
CREATE INDEX session_subject ON session (org, con, subject);
CREATE INDEX session_until ON session (until);

-- One attempt from start to session; found by the handle that travels (RelayState, state), bound to one browser.
CREATE TABLE flow (
  org {int} NOT NULL,
  hash {blob} NOT NULL,
  con {int} NOT NULL,
  browser {blob} NOT NULL,
  request {text},
  nonce {text},
  verifier {blob},
  return_to {text},
  created {int} NOT NULL,
  until {int} NOT NULL,
  CONSTRAINT flow_pkey PRIMARY KEY (org, hash)
){strict};
CREATE INDEX flow_until ON flow (until);

-- Assertions that were used; a second use is refused.
CREATE TABLE replay (
  org {int} NOT NULL,
  con {int} NOT NULL,
  assertion {text} NOT NULL,
  until {int} NOT NULL,
  CONSTRAINT replay_pkey PRIMARY KEY (org, con, assertion)
){keyed};
CREATE INDEX replay_until ON replay (until);

-- Links that were handed out: invitations and resets. Used up by POST.
CREATE TABLE mailed (
  org {int} NOT NULL,
  hash {blob} NOT NULL,
  person {blob} NOT NULL,
  kind {text} NOT NULL,
  epoch {int} NOT NULL,
  until {int} NOT NULL,
  CONSTRAINT mailed_pkey PRIMARY KEY (org, hash)
){strict};
CREATE INDEX mailed_person ON mailed (org, person);
CREATE INDEX mailed_until ON mailed (until);
