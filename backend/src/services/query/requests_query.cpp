#include "services/query/requests_query.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <tuple>

#include "services/query/metrics_query.hpp"
#include "services/query/snapshot_rows.hpp"

namespace sentinel::query {

namespace {

using storage::place_of;

constexpr size_t kKind = place_of("kind"), kError = place_of("error"),
                 kModelPlace = place_of("model_id");

// Where a request stands: the least comes first. Of those that stand at one place the order is that
// in which they are stored.
struct Standing {
  int64_t rank = 0;
  int64_t ts_us = 0;  // where the ranks are the same, the newest first
  auto key() const { return std::tuple(rank, -ts_us); }
};

struct Found {
  Standing standing;
  uint64_t number = 0;  // as read
  std::string row;
  auto key() const { return std::tuple_cat(standing.key(), std::tuple(number)); }
};

// Where a page ends: so many requests of exactly this standing are told already.
struct Position {
  Standing standing;
  int64_t told = 0;
};

Result<std::optional<Position>> parse_cursor(const std::string& cursor) {
  if (cursor.empty()) return std::nullopt;
  Position position;
  const char* at = cursor.data();
  const char* end = at + cursor.size();
  bool right = true;
  for (auto* number : {&position.standing.rank, &position.standing.ts_us, &position.told}) {
    if (number != &position.standing.rank) {
      right = at != end && *at == '.';
      if (!right) break;
      ++at;
    }
    const auto read = std::from_chars(at, end, *number);
    right = read.ec == std::errc{};
    if (!right) break;
    at = read.ptr;
  }
  if (!right || at != end || position.told < 1) {
    return fail(ErrorCode::InvalidArgument, "cursor_invalid",
                "this cursor is not one of ours; begin again without it");
  }
  return position;
}

std::optional<int64_t> rank_of(RequestOrder order, const storage::RecordBatch& records,
                               const RecordText& text, size_t index) {
  auto most_first = [](std::optional<int64_t> value) {
    return value ? std::optional(-*value) : std::nullopt;
  };
  switch (order) {
    case RequestOrder::Slowest:
      return most_first(records.integer(index, place_of("latency_us")));
    case RequestOrder::Dearest:
      return most_first(text.cost_nanos(index));
    case RequestOrder::Newest:
      return 0;
    case RequestOrder::Oldest:
      return records.time(index).time_since_epoch().count();
  }
  return std::nullopt;
}

// The first requests behind a position.
class Page {
 public:
  Page(size_t limit, std::optional<Position> after) : limit_(limit), after_(after) {}

  // Whether one that stands there can be of the page.
  bool wants(const Standing& standing) {
    if (after_) {
      if (standing.key() < after_->standing.key()) return false;
      if (standing.key() == after_->standing.key() && seen_++ < after_->told) return false;
    }
    return !full_ || standing.key() < last_;
  }
  void add(Found found) {
    found_.push_back(std::move(found));
    if (found_.size() >= 2 * limit_) shorten();
  }
  bool is_full() {
    if (found_.size() >= limit_) shorten();
    return full_;
  }
  std::vector<Found> take() {
    std::ranges::sort(found_, {}, &Found::key);
    if (found_.size() > limit_) found_.resize(limit_);
    return std::move(found_);
  }

 private:
  void shorten() {
    const auto middle = found_.begin() + static_cast<ptrdiff_t>(limit_) - 1;
    std::ranges::nth_element(found_, middle, {}, &Found::key);
    found_.resize(limit_);
    last_ = found_.back().standing.key();
    full_ = true;
  }

  const size_t limit_;
  const std::optional<Position> after_;
  int64_t seen_ = 0;  // at the position
  std::vector<Found> found_;
  bool full_ = false;
  std::tuple<int64_t, int64_t> last_;
};

RawColumns shown_columns() {
  RawColumns columns;
  for (const auto& column : raw_columns()) {
    if (column.name != "kind") columns.push_back(&column);
  }
  return columns;
}

}  // namespace

Task<Result<RequestsPage>> RequestsQuery::read(RequestsWanted wanted) {
  if (auto range = check_range(wanted.start, wanted.end); !range) co_return forward(range);
  auto after = parse_cursor(wanted.cursor);
  if (!after) co_return forward(after);
  RequestsPage answer{.columns = shown_columns(), .rows = {}, .next_cursor = {}};
  if (wanted.agents.empty()) co_return answer;
  const bool by_time = wanted.order == RequestOrder::Newest || wanted.order == RequestOrder::Oldest;
  if (by_time && *after) {
    // What lies before the page is not read again.
    const Timestamp at{Microseconds{(*after)->standing.ts_us}};
    if (wanted.order == RequestOrder::Oldest) wanted.start = std::max(wanted.start, at);
    if (wanted.order == RequestOrder::Newest) {
      wanted.end = std::min(wanted.end, at + Microseconds{1});
    }
    if (wanted.start >= wanted.end) co_return answer;
  }
  RawColumns columns = answer.columns;
  const auto kind = std::ranges::find(raw_columns(), "kind", &RawColumn::name);
  columns.push_back(&*kind);
  storage::RecordRange range{
      .agents = std::move(wanted.agents), .start = wanted.start, .end = wanted.end};
  auto rows = co_await SnapshotRows::open(
      database_, sums_, std::move(range), columns,
      {.first_records = by_time ? std::max<int64_t>(4 * wanted.limit, 1000) : 50'000,
       .newest_first = wanted.order == RequestOrder::Newest,
       .priced_anew = true});
  if (!rows) co_return forward(rows);

  // One more tells whether there is a next page.
  Page page(static_cast<size_t>(wanted.limit) + 1, *after);
  uint64_t number = 0;
  for (;;) {
    auto slice = co_await rows->next(names_);
    if (!slice) co_return forward(slice);
    if (!*slice) break;
    const auto& records = (*slice)->records;
    RecordText text(names_, (*slice)->priced, records);
    for (size_t i = 0; i < records.size(); ++i) {
      ++number;
      if (records.integer(i, kKind) != 'r') continue;
      if (wanted.failed && records.integer(i, kError).value_or(0) != *wanted.failed) continue;
      if (wanted.model) {
        const auto model = records.integer(i, kModelPlace);
        const auto* known = model ? names_.model(*model) : nullptr;
        if (!known || known->name != *wanted.model) continue;
      }
      const auto rank = rank_of(wanted.order, records, text, i);
      if (!rank) continue;
      const Standing standing{*rank, records.time(i).time_since_epoch().count()};
      if (!page.wants(standing)) continue;
      Found found{standing, number, "["};
      for (const auto* column : answer.columns) {
        if (column != answer.columns.front()) found.row += ',';
        append_json(found.row,
                    column->of == "cost_nanos" ? text.corrected_cost(i) : text.field(i, *column),
                    column->kind);
      }
      found.row += ']';
      page.add(std::move(found));
    }
    // What is left is further back in time.
    if (by_time && page.is_full()) break;
  }
  auto ended = co_await rows->end();
  if (!ended) co_return forward(ended);
  auto found = page.take();
  const auto shown = std::min(found.size(), static_cast<size_t>(wanted.limit));
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) answer.rows += ',';
    answer.rows += found[i].row;
  }
  if (found.size() > shown && shown > 0) {
    const auto& last = found[shown - 1].standing;
    int64_t told = *after && (*after)->standing.key() == last.key() ? (*after)->told : 0;
    for (size_t i = 0; i < shown; ++i) told += found[i].standing.key() == last.key();
    answer.next_cursor = fmt::format("{}.{}.{}", last.rank, last.ts_us, told);
  }
  co_return answer;
}

}  // namespace sentinel::query
