#include "services/ingest/drain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <limits>

#include "base/log.hpp"
#include "base/secret.hpp"
#include "services/ingest/insert_rows.hpp"

namespace sentinel::ingest {

namespace {

using std::chrono::milliseconds;

constexpr auto kPauseMin = milliseconds{250};
constexpr auto kPauseMax = milliseconds{2000};
// Longer than a writer has: what is slow gets there at last.
constexpr auto kCommitMax = std::chrono::seconds{30};
constexpr postgres::PoolLimits kNameLookups{.statement_max = kCommitMax};
// What was promised is not refused for its many new names.
constexpr NameLimits kAnyNames{.new_max = std::numeric_limits<int>::max()};

std::string_view bytes_of(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

BatchId part_of(const BatchId& id, std::string_view path) {
  return {id.day, hash_fields({"part", bytes_of(id.writer), std::to_string(id.sequence), path}), 0};
}

// The rows [begin, end) of one request.
Rows slice(const Rows& rows, size_t begin, size_t end) {
  auto offset = [&](size_t row) -> size_t { return row == 0 ? 0 : rows.ends[row - 1]; };
  Rows part;
  part.tuples = rows.tuples.substr(offset(begin), offset(end) - offset(begin));
  part.agents = rows.agents;
  part.records = static_cast<int>(end - begin);
  part.ts_min = rows.ts_min;
  part.ts_max = rows.ts_max;
  for (size_t row = begin; row < end; ++row) {
    part.ends.push_back(static_cast<uint32_t>(rows.ends[row] - offset(begin)));
    if (!rows.keys.empty()) part.keys.push_back(rows.keys[row]);
  }
  return part;
}

// A request's body as a text that a person can bring back: protobuf is none.
std::string text_of_body(const Request& request) {
  switch (request.kind) {
    case RequestKind::TracesProtobuf:
    case RequestKind::MetricsProtobuf:
    case RequestKind::LogsProtobuf:
      return to_hex(request.body);
    default:
      return request.body;
  }
}

// Two parts of about the same size: of the requests, or of the rows of a single one.
std::pair<std::vector<Rows>, std::vector<Rows>> halves(std::vector<Rows> part) {
  std::pair<std::vector<Rows>, std::vector<Rows>> two;
  if (part.size() > 1) {
    auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
    two.first.assign(std::make_move_iterator(part.begin()), std::make_move_iterator(middle));
    two.second.assign(std::make_move_iterator(middle), std::make_move_iterator(part.end()));
  } else {
    const auto& rows = part.front();
    two.first.push_back(slice(rows, 0, rows.ends.size() / 2));
    two.second.push_back(slice(rows, rows.ends.size() / 2, rows.ends.size()));
  }
  return two;
}

}  // namespace

Drain::Drain(Spool& spool, postgres::Endpoint endpoint, Microseconds generation_age_max,
             Prices& prices)
    : spool_(spool),
      database_(endpoint, kNameLookups),
      registry_(database_, prices),
      commit_(endpoint, generation_age_max) {}

void Drain::start() {
  thread_ = std::jthread([this](std::stop_token stop) { run(std::move(stop)); });
}

void Drain::run(std::stop_token stop) {
  stop_ = stop;
  auto pause = kPauseMin;
  while (spool_.wait_for_work(stop)) {
    if (step()) {
      pause = kPauseMin;
      continue;
    }
    spool_.wait_at_least(stop, pause);
    pause = std::min(pause * 2, kPauseMax);
  }
}

Result<void> Drain::run_until_empty() {
  while (spool_.waiting() > 0) {
    if (auto stepped = step(); !stepped) return stepped;
  }
  return {};
}

Result<void> Drain::run_task(Task<Result<void>> task) {
  Result<void> result = fail(ErrorCode::Unavailable, "stopping", "the drain was stopped");
  asio::cancellation_signal give_up;
  asio::co_spawn(
      context_, [&]() -> Task<void> { result = co_await std::move(task); },
      asio::bind_cancellation_slot(give_up.slot(), asio::detached));
  context_.restart();
  std::stop_callback on_stop(stop_, [&] {
    asio::post(context_, [&] { give_up.emit(asio::cancellation_type::terminal); });
  });
  context_.run();
  return result;
}

Result<void> Drain::step() {
  auto batch = spool_.oldest();
  auto stored = run_task(batch ? store(*batch) : commit_.probe());
  if (!stored) return stored;
  if (batch) spool_.done();
  spool_.set_away(false);
  return {};
}

Task<Result<void>> Drain::store(const Batch& batch) {
  if (batch.tried) {
    auto over = co_await day_is_over(batch.id.day);
    if (!over) co_return forward(over);
    if (*over) {
      for (const auto& request : batch.requests) {
        auto aside =
            spool_.set_aside("it waited for so long that it cannot be told whether it is stored",
                             text_of_body(*request));
        if (!aside) co_return forward(aside);
      }
      co_return Result<void>{};
    }
  }
  if (auto stored = co_await store_records(batch, batch.id); !stored) co_return forward(stored);
  for (size_t i = 0; i < batch.requests.size(); ++i) {
    const auto& request = *batch.requests[i];
    if (request.kind != RequestKind::Events) continue;
    auto id = batch.requests.size() == 1 ? batch.id : part_of(batch.id, fmt::format("event {}", i));
    if (auto stored = co_await store_events(request, id); !stored) co_return forward(stored);
  }
  co_return Result<void>{};
}

Task<Result<void>> Drain::store_records(const Batch& batch, const BatchId& id) {
  std::vector<Rows> part;
  for (const auto& request : batch.requests) {
    if (request->kind == RequestKind::Events) continue;
    auto decoded = decode_records(*request);
    if (!decoded) {
      auto aside = spool_.set_aside(decoded.error().message, text_of_body(*request));
      if (!aside) co_return forward(aside);
      continue;
    }
    auto made = co_await make_rows(registry_, *request, std::move(*decoded), kAnyNames);
    if (!made) co_return forward(made);
    auto points = co_await insert_points(database_, *made);
    if (!points && points.error().code == ErrorCode::Unavailable) co_return forward(points);
    if (!points) {
      auto aside = spool_.set_aside(points.error().message, made->points_json);
      if (!aside) co_return forward(aside);
    }
    if (made->rows.records > 0) part.push_back(std::move(made->rows));
  }
  if (part.empty()) co_return Result<void>{};
  co_return co_await store_part(std::move(part), id, "");
}

Task<Result<void>> Drain::store_part(std::vector<Rows> part, const BatchId& id, std::string path) {
  std::vector<const Rows*> batch;
  for (const auto& rows : part) batch.push_back(&rows);
  const auto part_id = path.empty() ? id : part_of(id, path);
  auto stored = co_await commit_.commit(batch, part_id, true, kCommitMax);
  if (stored) co_return Result<void>{};
  if (stored.error().code == ErrorCode::Unavailable) co_return forward(stored);
  if (part.size() == 1 && part.front().records == 1) {
    co_return spool_.set_aside(
        fmt::format("the database refuses this record for good: {}", stored.error().message),
        to_hex(part.front().tuples));
  }
  auto [first, second] = halves(std::move(part));
  auto done = co_await store_part(std::move(first), id, path + '0');
  if (!done) co_return forward(done);
  co_return co_await store_part(std::move(second), id, path + '1');
}

Task<Result<void>> Drain::store_events(const Request& request, const BatchId& id) {
  auto decoded = decode_events(request.body, request.arrived);
  if (!decoded) co_return spool_.set_aside(decoded.error().message, request.body);
  auto made = co_await make_rows(registry_, request, std::move(*decoded), kAnyNames);
  if (!made) co_return forward(made);
  if (made->count == 0) co_return Result<void>{};
  auto stored = co_await insert_events(database_, *made, id);
  if (stored || postgres::sqlstate(stored.error()) == "23505") co_return Result<void>{};
  if (stored.error().code == ErrorCode::Unavailable) co_return forward(stored);
  co_return spool_.set_aside(
      fmt::format("the database refuses these events for good: {}", stored.error().message),
      request.body);
}

Task<Result<bool>> Drain::day_is_over(int32_t day) {
  if (day >= day_of(now()) - 1) co_return false;
  auto rows = co_await database_.query("ingest_day_exists", postgres::Params(day));
  if (!rows) co_return forward(rows);
  co_return !rows->boolean(0, 0);
}

}  // namespace sentinel::ingest
