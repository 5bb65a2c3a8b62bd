-- $1: a generation that is over.
SELECT close_generation($1)
