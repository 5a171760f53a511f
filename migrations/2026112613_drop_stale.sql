-- Marks of single people: no program puts any. A change that concerns few settles them at once, a larger one marks everybody.
DROP TABLE stale;
