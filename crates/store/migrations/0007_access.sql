-- The access log is read by who looked, too: within a part, newest first.

CREATE INDEX access_log_who ON access_log (part, who, at, nonce);
