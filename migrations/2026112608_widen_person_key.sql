-- One index for both looks at an e-mail: within an organization, oldest first, and which organizations know it at all.
DROP INDEX person_key;
CREATE INDEX person_key ON person (key, org, id);
