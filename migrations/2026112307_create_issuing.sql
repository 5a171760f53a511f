-- Panel apps belong to the vendor and serve every organization.
CREATE TABLE app (
  id {blob} NOT NULL,
  key {text} NOT NULL,
  secret {blob} NOT NULL,
  redirect_uris {text} NOT NULL,
  settings {text} NOT NULL,
  created {int} NOT NULL,
  CONSTRAINT app_pkey PRIMARY KEY (id)
){strict};
CREATE UNIQUE INDEX app_key ON app (key);

CREATE TABLE signing_key (
  kid {text} NOT NULL,
  alg {text} NOT NULL,
  public {text} NOT NULL,
  sealed {blob} NOT NULL,
  created {int} NOT NULL,
  retired {int},
  CONSTRAINT signing_key_pkey PRIMARY KEY (kid)
){strict};

CREATE TABLE code (
  org {int} NOT NULL,
  hash {blob} NOT NULL,
  app {blob} NOT NULL,
  family {blob} NOT NULL,
  person {blob} NOT NULL,
  session {blob} NOT NULL,
  epoch {int} NOT NULL,
  body {text} NOT NULL,
  used {bool} NOT NULL,
  until {int} NOT NULL,
  CONSTRAINT code_pkey PRIMARY KEY (org, hash)
){strict};
CREATE INDEX code_until ON code (until);

-- Access and refresh tokens of panel apps. A family is everything that one sign-in at one app gave.
CREATE TABLE token (
  org {int} NOT NULL,
  hash {blob} NOT NULL,
  kind {text} NOT NULL,
  app {blob} NOT NULL,
  family {blob} NOT NULL,
  person {blob} NOT NULL,
  session {blob} NOT NULL,
  epoch {int} NOT NULL,
  scope {text} NOT NULL,
  nonce {text},
  created {int} NOT NULL,
  until {int} NOT NULL,
  replaced {int},
  successor {blob},
  CONSTRAINT token_pkey PRIMARY KEY (org, hash)
){strict};
CREATE INDEX token_family ON token (org, family);
CREATE INDEX token_person ON token (org, person);
CREATE INDEX token_until ON token (until);
