#include "services/query/kept_answers.hpp"

#include <charconv>

namespace sentinel::query {

namespace {

// More batches than these are not looked through: answering anew costs less.
constexpr int kBatchesMax = 4'000;

uint64_t parse_xid(std::string_view text) {
  uint64_t xid = 0;
  std::from_chars(text.data(), text.data() + text.size(), xid);
  return xid;
}

}  // namespace

Task<Result<StoredSince>> stored_since(postgres::Database& database, std::optional<uint64_t> edge,
                                       const std::vector<Uuid>& agents, Timestamp start,
                                       Timestamp end) {
  std::optional<std::string> of_agents;
  if (!agents.empty()) {
    std::vector<std::string> ids;
    for (const auto& agent : agents) ids.push_back(format_uuid(agent));
    of_agents = postgres::to_array(ids);
  }
  auto rows = co_await database.query("stored_since",
                                      postgres::Params(edge, of_agents, start, end, kBatchesMax));
  if (!rows) co_return forward(rows);
  StoredSince stored{.edge = parse_xid(rows->text(0, 0))};
  // Ids that go back are those of another cluster: one that was restored.
  if (rows->integer(0, 1) >= kBatchesMax || (edge && stored.edge < *edge)) {
    stored.from = Timestamp::min();
  } else if (auto us = rows->maybe_integer(0, 2)) {
    stored.from = Timestamp{Microseconds{*us}};
  }
  co_return stored;
}

}  // namespace sentinel::query
