# Turns sql/**/*.sql into one table of (path without .sql, text). Raw string literals are cut into pieces, since a
# compiler may refuse very long ones.
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/*.sql)
list(SORT files)
set(out "// Generated from sql/ by cmake/embed_sql.cmake.\n#include \"postgres/embedded_sql.hpp\"\n\nnamespace sentinel::postgres {\n\nnamespace {\nconstexpr EmbeddedSql kFiles[] = {\n")
foreach(file IN LISTS files)
  file(READ ${ROOT}/${file} text)
  string(REGEX REPLACE "\\.sql$" "" name ${file})
  string(APPEND out "    {\"${name}\", R\"__sql__(${text})__sql__\"},\n")
endforeach()
string(APPEND out "};\n}  // namespace\n\nstd::span<const EmbeddedSql> embedded_sql() { return kFiles; }\n\n}  // namespace sentinel::postgres\n")
file(WRITE ${OUT} "${out}")
