-- $1: a generation whose sealing was broken off.
SELECT reset_sealing($1)
