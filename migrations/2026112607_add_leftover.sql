-- Groups that are gone and whose memberships are taken away behind the answer: a large one would hold the writer.
CREATE TABLE leftover (
  org {int} NOT NULL,
  gid {blob} NOT NULL,
  CONSTRAINT leftover_pkey PRIMARY KEY (org, gid)
){keyed};
