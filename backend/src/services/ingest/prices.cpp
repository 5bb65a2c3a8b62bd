#include "services/ingest/prices.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <iterator>

#include "base/log.hpp"
#include "base/replace_file.hpp"

namespace sentinel::ingest {

namespace {

using models::CostSource;

bool is_to_be_priced(const models::MetricRecord& record) {
  if (record.kind != models::RecordKind::Request || record.cost_nanos) return false;
  return record.input_tokens.value_or(0) > 0 || record.output_tokens.value_or(0) > 0 ||
         record.cache_read_tokens.value_or(0) > 0 || record.cache_write_tokens.value_or(0) > 0;
}

std::shared_ptr<const pricing::PriceBook> load(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return pricing::PriceBook::bundled();
  auto book = pricing::PriceBook::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  if (book) return std::move(*book);
  log::warning("{} is not whole ({}); taking the bundled prices", path, book.error().message);
  return pricing::PriceBook::bundled();
}

}  // namespace

std::string price_file(const std::string& spool_folder) { return spool_folder + "/prices.json"; }

pricing::Usage usage_of(const models::MetricRecord& record) {
  return {.input_tokens = record.input_tokens.value_or(0),
          .output_tokens = record.output_tokens.value_or(0),
          .cache_read_tokens = record.cache_read_tokens.value_or(0),
          .cache_write_tokens = record.cache_write_tokens.value_or(0),
          .reasoning_tokens = record.reasoning_tokens.value_or(0),
          .requests = record.request_count.value_or(1)};
}

Prices::Prices(std::string file) : file_(std::move(file)), book_(load(file_)) {}

std::optional<Timestamp> Prices::checked_at() const {
  const int64_t us = checked_us_;
  if (us == 0) return std::nullopt;
  return Timestamp{Microseconds{us}};
}

Task<Result<void>> Prices::refresh(postgres::Database& database) {
  const auto asked_at = now();
  auto newest = co_await database.query("price_newest");
  if (!newest) co_return forward(newest);
  // The first time in any case: what was kept on disk may be of another database.
  if (checked_us_ == 0 || newest->integer(0, 0) != book()->newest()) {
    auto rows = co_await database.query("price_book");
    if (!rows) co_return forward(rows);
    if (rows->size() == 0) {
      take(pricing::PriceBook::bundled());
    } else {
      auto read = pricing::PriceBook::parse(rows->text(0, 0));
      if (!read) co_return forward(read);
      if (!file_.empty()) {
        if (auto saved = replace_file(file_, rows->text(0, 0)); !saved) {
          log::warning("{}; without its database, metrics-api would start with other prices",
                       saved.error().message);
        }
      }
      take(std::move(*read));
    }
  }
  checked_us_ = asked_at.time_since_epoch().count();
  co_return Result<void>{};
}

void Prices::take(std::shared_ptr<const pricing::PriceBook> book) {
  log::info("prices: version {}, row {}", book->version(), book->newest());
  std::lock_guard lock(mutex_);
  book_.swap(book);
}

Task<void> Prices::keep_fresh(postgres::Database& database) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  std::string complained;
  for (;;) {
    auto read = co_await refresh(database);
    // While the database is away, others say so.
    if (!read && read.error().code != ErrorCode::Unavailable &&
        read.error().message != complained) {
      complained = read.error().message;
      log::error("the prices of the table cannot be used: {}", complained);
    }
    timer.expires_after(kRefresh);
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

void Prices::set_costs(std::span<models::MetricRecord> records, Timestamp arrived) {
  std::shared_ptr<const pricing::PriceBook> prices;
  std::shared_ptr<const pricing::ModelPrices> model;
  const models::MetricRecord* before = nullptr;  // whose prices `model` are
  uint64_t unpriced = 0;
  for (auto& record : records) {
    if (!is_to_be_priced(record)) continue;
    if (!prices) prices = book();
    if (!before || before->model != record.model || before->provider != record.provider) {
      model = prices->find(record.provider, record.model);
      before = &record;
    }
    const auto* price = model->at(record.ts.value_or(arrived));
    if (price) record.cost_nanos = pricing::cost_nanos(*price, usage_of(record));
    record.cost_source = record.cost_nanos ? CostSource::Computed : CostSource::Unpriced;
    if (!record.cost_nanos) ++unpriced;
  }
  if (unpriced > 0) unpriced_ += unpriced;
}

}  // namespace sentinel::ingest
