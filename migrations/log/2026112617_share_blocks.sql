-- Entries of a directory that are written together share one sealed block for what their calls carried: it is compressed
-- and sealed once. An entry that is written alone keeps it in its own row (`head`, `bodies`). A block has the id of its
-- newest entry.
CREATE TABLE scim_log_block (
  org {int} NOT NULL,
  src {int} NOT NULL,
  id {blob} NOT NULL,
  sealed {blob} NOT NULL,
  CONSTRAINT scim_log_block_pkey PRIMARY KEY (org, src, id)
){strict};
{pg} ALTER TABLE scim_log_block ALTER COLUMN sealed SET STORAGE EXTERNAL;
ALTER TABLE scim_log ADD COLUMN block {blob};
