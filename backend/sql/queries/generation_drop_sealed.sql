-- $1: a sealed generation that is expired.
SELECT drop_sealed($1)
