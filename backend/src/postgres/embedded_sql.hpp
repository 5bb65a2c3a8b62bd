// The files of sql/, linked into the program. `name` is the path below sql/ without `.sql`.
#pragma once

#include <span>
#include <string_view>

namespace sentinel::postgres {

struct EmbeddedSql {
  std::string_view name;
  std::string_view text;
};

// Sorted by name.
std::span<const EmbeddedSql> embedded_sql();

// The statement of sql/queries/`name`.sql. Asking for one that is not there is a defect of ours and
// ends the process.
EmbeddedSql query(std::string_view name);

}  // namespace sentinel::postgres
