-- $1: a sealed generation.
SELECT drop_unsealed($1)
