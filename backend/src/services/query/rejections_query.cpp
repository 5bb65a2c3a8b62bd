#include "services/query/rejections_query.hpp"

namespace sentinel::query {

namespace {

std::optional<std::string> maybe_text(const postgres::Rows& rows, int row, int column) {
  if (rows.is_null(row, column)) return std::nullopt;
  return std::string(rows.text(row, column));
}

Timestamp time_of(const postgres::Rows& rows, int row, int column) {
  return Timestamp{Microseconds{rows.integer(row, column)}};
}

}  // namespace

Task<Result<std::vector<RejectionRow>>> rejections(postgres::Database& database,
                                                   std::vector<std::string> agents, Timestamp start,
                                                   Timestamp end,
                                                   std::optional<RejectionPosition> behind,
                                                   int limit) {
  std::optional<std::string> wanted;
  if (!agents.empty()) wanted = postgres::to_array(agents);
  std::optional<int64_t> last;
  std::optional<std::string> kind;
  if (behind) {
    last = behind->last.time_since_epoch().count();
    kind = format_uuid(behind->kind);
  }
  auto rows = co_await database.query("rejections",
                                      postgres::Params(wanted, start, end, last, kind, limit));
  if (!rows) co_return forward(rows);
  std::vector<RejectionRow> found;
  for (int row = 0; row < rows->size(); ++row) {
    found.push_back({.agent = std::string(rows->text(row, 0)),
                     .agent_id = maybe_text(*rows, row, 1),
                     .key = maybe_text(*rows, row, 2),
                     .address = std::string(rows->text(row, 3)),
                     .subject = std::string(rows->text(row, 4)),
                     .code = std::string(rows->text(row, 5)),
                     .field = std::string(rows->text(row, 6)),
                     .reason = std::string(rows->text(row, 7)),
                     .count = rows->integer(row, 8),
                     .first = time_of(*rows, row, 9),
                     .last = time_of(*rows, row, 10),
                     .kind = parse_uuid(rows->text(row, 11)).value_or(Uuid{})});
  }
  co_return found;
}

}  // namespace sentinel::query
