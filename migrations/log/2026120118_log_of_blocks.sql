-- The log is a row of blocks: entries of a directory that were written together, what a list shows of them sealed as one
-- and their bodies as another. A block has the id of its newest entry. Entries of the form before, which no released
-- program has written, go.
DROP TABLE scim_log;
DROP TABLE scim_log_block;
DELETE FROM scim_log_tally;
CREATE TABLE scim_log_block (
  org {int} NOT NULL,
  src {int} NOT NULL,
  id {blob} NOT NULL,
  oldest {blob} NOT NULL,
  entries {int} NOT NULL,
  heads {blob} NOT NULL,
  bodies {blob} NOT NULL,
  CONSTRAINT scim_log_block_pkey PRIMARY KEY (org, src, id)
){strict};
{pg} ALTER TABLE scim_log_block SET (toast_tuple_target = 8160);
{pg} ALTER TABLE scim_log_block ALTER COLUMN heads SET STORAGE EXTERNAL;
{pg} ALTER TABLE scim_log_block ALTER COLUMN bodies SET STORAGE EXTERNAL;
