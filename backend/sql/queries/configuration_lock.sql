-- Held to the end of the transaction: changes go one after the other. The statement that follows sees what the holder
-- before it wrote.
SELECT pg_advisory_xact_lock(hashtextextended('sentinel.configuration', 0))
