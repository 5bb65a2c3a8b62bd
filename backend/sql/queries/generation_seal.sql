-- $1: a generation all of whose records are in its chunks, $2: how many they are, $3: chunks, $4: checksums of its parts. From
-- this row on readers take them from there. Nothing is written where it is not the next one, or its chunks hold less.
INSERT INTO sealed_gen (gen, records, chunks, checksum, ts_min, ts_max)
SELECT $1::integer, $2::bigint, $3::bigint, (SELECT coalesce(sum(part), 0) FROM unnest($4::numeric[]) AS part), min(ts_min), max(ts_max)
FROM metric_chunk
WHERE gen = $1::integer
HAVING coalesce(sum(records), 0) = $2::bigint AND count(*) = $3::bigint
  AND $1::integer = coalesce((SELECT max(gen) FROM sealed_gen), 0) + 1
