-- What made the data of this database up; no row when it is real. Times are microseconds since 1970.
SELECT seed, agents, days, (extract(epoch FROM anchor) * 1000000)::bigint FROM demo
