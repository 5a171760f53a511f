-- Every call of a directory, refused ones included. What a call carried is sealed: `head` is the address, the query and
-- what was skipped, `bodies` the request and the answer. Ids begin with their time and grow with it.
CREATE TABLE scim_log (
  org {int} NOT NULL,
  src {int} NOT NULL,
  id {blob} NOT NULL,
  at {int} NOT NULL,
  micros {int} NOT NULL,
  method {text} NOT NULL,
  path {text} NOT NULL,
  resource {blob},
  status {int} NOT NULL,
  scim_type {text},
  refusal {text},
  hint {text},
  lost {int} NOT NULL,
  request {text},
  caller_kind {text},
  caller {text},
  caller_label {text},
  agent {text},
  quirks {text} NOT NULL,
  skipped {int} NOT NULL,
  head {blob},
  bodies {blob},
  CONSTRAINT scim_log_pkey PRIMARY KEY (org, src, id)
){strict};
CREATE INDEX scim_log_request ON scim_log (org, request);
CREATE INDEX scim_log_resource ON scim_log (org, src, resource, id) WHERE resource IS NOT NULL;

-- How often each rewrite was needed, counted when the log is written.
CREATE TABLE scim_log_quirk (
  org {int} NOT NULL,
  src {int} NOT NULL,
  quirk {text} NOT NULL,
  calls {int} NOT NULL,
  first {int} NOT NULL,
  last {int} NOT NULL,
  CONSTRAINT scim_log_quirk_pkey PRIMARY KEY (org, src, quirk)
){hot};

-- How many entries a directory has, so that its bound needs no counting.
CREATE TABLE scim_log_tally (
  org {int} NOT NULL,
  src {int} NOT NULL,
  entries {int} NOT NULL,
  CONSTRAINT scim_log_tally_pkey PRIMARY KEY (org, src)
){hot};
