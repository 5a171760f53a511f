-- The id of the request that an event was done by, as the answer and the logs have it.
ALTER TABLE event ADD COLUMN request {text};
