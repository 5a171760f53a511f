-- Users, groups and people come in bulk and change rarely: they fill their pages. The first change of a row on a full page
-- goes to another page; from then on its place is free for the next one. SQLite has no such room to give away.
{pg} ALTER TABLE resource SET (fillfactor = 100);
{pg} ALTER TABLE person SET (fillfactor = 100);
