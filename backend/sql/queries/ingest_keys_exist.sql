-- $1: a day since 1970 UTC; $2: hashes of keys, as uuid[]. Whether any of them is there.
SELECT EXISTS (SELECT FROM ingest_key WHERE day = $1::integer AND key_hash = ANY ($2::uuid[]))
