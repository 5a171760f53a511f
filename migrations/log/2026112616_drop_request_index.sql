-- Nobody asks the log for a request id alone; an id begins with its time, which finds the entry by the key.
DROP INDEX scim_log_request;
