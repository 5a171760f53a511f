-- How things stand: `facts` moves with every change of what is cached of an organization (its rules, clients, sources,
-- panel, domains, credentials of directories).
ALTER TABLE guard ADD COLUMN facts {int} NOT NULL DEFAULT 1;
-- When a mark was put: it is taken away only when no unit of work can be older.
ALTER TABLE wide ADD COLUMN at {int} NOT NULL DEFAULT 0;
