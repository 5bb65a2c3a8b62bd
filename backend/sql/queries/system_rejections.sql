-- $1: since when, $2: at most so many. What was refused since, by code, the most frequent first.
SELECT code, sum(count)
FROM rejection
WHERE last_at >= $1::timestamptz AND day >= floor(extract(epoch FROM $1::timestamptz) / 86400)::integer
GROUP BY code
ORDER BY 2 DESC, 1
LIMIT $2
