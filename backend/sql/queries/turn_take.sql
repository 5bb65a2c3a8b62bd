-- $1: name of a turn. Held to the end of the transaction: those who take it go one after the other, and the statement that
-- follows sees what the holder before it wrote.
SELECT pg_advisory_xact_lock(hashtextextended($1::text, 0))
