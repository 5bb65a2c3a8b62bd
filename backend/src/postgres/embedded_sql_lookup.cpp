#include <algorithm>
#include <cstdlib>

#include "base/log.hpp"
#include "postgres/embedded_sql.hpp"

namespace sentinel::postgres {

EmbeddedSql query(std::string_view name) {
  auto wanted = "queries/" + std::string(name);
  auto files = embedded_sql();
  auto found = std::ranges::lower_bound(files, wanted, {}, &EmbeddedSql::name);
  if (found == files.end() || found->name != wanted) {
    log::error("no statement sql/{}.sql is linked into this program", wanted);
    std::abort();
  }
  // The file's header is for people; the statement begins after it.
  auto text = found->text;
  while (text.starts_with("--")) text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  return {found->name, text};
}

}  // namespace sentinel::postgres
