-- $1: the next generation.
SELECT open_generation($1)
