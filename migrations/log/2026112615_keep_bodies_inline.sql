-- What a call carried is sealed, so that nothing can be compressed; and most of it fits into the page of its entry, where it
-- costs no rows of another table.
{pg} ALTER TABLE scim_log SET (toast_tuple_target = 8160);
{pg} ALTER TABLE scim_log ALTER COLUMN bodies SET STORAGE EXTERNAL;
