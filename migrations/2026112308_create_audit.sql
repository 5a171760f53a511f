CREATE TABLE event (
  org {int} NOT NULL,
  id {blob} NOT NULL,
  at {int} NOT NULL,
  actor {text} NOT NULL,
  deed {text} NOT NULL,
  target {text},
  body {text} NOT NULL,
  CONSTRAINT event_pkey PRIMARY KEY (org, id)
){strict};

-- The chain over the events, linked afterwards by the sealer, which numbers them itself.
CREATE TABLE seal (
  org {int} NOT NULL,
  seq {int} NOT NULL,
  id {blob} NOT NULL,
  hash {blob} NOT NULL,
  CONSTRAINT seal_pkey PRIMARY KEY (org, seq)
){strict};

CREATE TABLE outbox (
  org {int} NOT NULL,
  id {blob} NOT NULL,
  sender {text} NOT NULL,
  target {blob},
  version {int} NOT NULL,
  body {text} NOT NULL,
  due {int} NOT NULL,
  tries {int} NOT NULL,
  CONSTRAINT outbox_pkey PRIMARY KEY (org, id, sender)
){strict};
CREATE INDEX outbox_due ON outbox (due);
