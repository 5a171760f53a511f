-- The events of one directory in their order, also where other directories of the organization are told of too.
CREATE INDEX outbox_target ON outbox (org, target, sender, id);
