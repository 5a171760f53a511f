-- The extension schemas that an organization declares for itself.
CREATE TABLE extension_schema (
  org {int} NOT NULL,
  key {text} NOT NULL,
  body {text} NOT NULL,
  CONSTRAINT extension_schema_pkey PRIMARY KEY (org, key)
){strict};
-- Moves with every change of them; 0 where there never was one, so that nobody else has to ask.
ALTER TABLE guard ADD COLUMN schemas {int} NOT NULL DEFAULT 0;
