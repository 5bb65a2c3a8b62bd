#include "services/ingest/ingest_service.hpp"

#include "base/log.hpp"
#include "base/run_now.hpp"
#include "services/ingest/batch_commit.hpp"
#include "services/ingest/insert_rows.hpp"

namespace sentinel::ingest {

namespace {

// A name that is new is asked for while its client waits: longer than this, and the spool is the
// better answer.
constexpr postgres::PoolLimits kNameLookups{.wait_max = std::chrono::seconds{5},
                                            .statement_max = std::chrono::seconds{5}};

// Records as they are decoded take far more than their text.
constexpr size_t kWaitingBytesMax = 128 * 1024 * 1024;

}  // namespace

std::string key_file(const std::string& spool_folder) { return spool_folder + "/keys.json"; }

IngestService::IngestService(postgres::Endpoint endpoint, WriterLimits limits,
                             std::unique_ptr<Spool> spool, GuardSettings guards)
    : database_(endpoint, kNameLookups),
      rates_(guards.rates),
      cardinality_(guards.cardinality),
      waiting_(kWaitingBytesMax, "names_limit", "records that wait for names that are new"),
      rejections_(endpoint),
      spool_(std::move(spool)),
      prices_(spool_ ? price_file(spool_->folder()) : ""),
      registry_(database_, prices_),
      keys_(database_, spool_ ? key_file(spool_->folder()) : ""),
      writer_(endpoint, limits, spool_.get()) {
  if (spool_)
    drain_ = std::make_unique<Drain>(*spool_, endpoint, limits.generation_age_max, prices_);
}

void IngestService::start() {
  // Before the first record: those of an override must not be charged as if there were none. The
  // pool of this context ends with it.
  if (!spool_ || !spool_->away()) {
    asio::io_context context{1};
    postgres::Database once(database_.endpoint(), kNameLookups);
    if (auto read = run_now(context, prices_.refresh(once)); !read) {
      log::warning("prices: {}; taking those known last", read.error().message);
    }
  }
  if (drain_) drain_->start();
  rejections_.start();
}

Task<Result<IngestReply>> IngestService::ingest(std::shared_ptr<const Request> request) {
  ++statistics_.requests;
  if (spool_ && spool_->away()) return keep(std::move(request), false);
  if (request->kind == RequestKind::Events) return ingest_events(std::move(request));
  return ingest_records(std::move(request));
}

Task<Result<IngestReply>> IngestService::ingest_records(std::shared_ptr<const Request> request) {
  auto decoded = decode_records(*request);
  if (!decoded) co_return forward(decoded);
  const auto count = decoded->records.size() + decoded->points.size() + decoded->rejected.size();
  if (auto taken = rates_.take_records(*request->key, count); !taken) co_return forward(taken);
  auto made = make_known_rows(registry_, *request, *decoded, name_limits());
  if (!made) {
    auto asked = co_await make_rows(registry_, *request, std::move(*decoded), name_limits());
    if (!asked && may_keep(asked.error())) co_return co_await keep(std::move(request), true);
    if (!asked) co_return forward(asked);
    made = std::move(*asked);
  }
  IngestReply reply;
  reply.rejected = std::move(made->rejected);
  const auto refused = reply.rejected.empty() ? nullptr : request;
  statistics_.ignored += made->ignored;
  if (made->points > 0) {
    auto points = co_await insert_points(database_, *made);
    if (!points && may_keep(points.error())) co_return co_await keep(std::move(request), true);
    if (!points) co_return forward(points);
    reply.accepted = made->points;
    statistics_.points += static_cast<uint64_t>(made->points);
  }
  if (made->rows.records > 0) {
    if (!is_repeatable(reply.rejected)) request.reset();  // to the database or nowhere
    auto written = co_await writer_.write(std::move(made->rows), std::move(request));
    if (!written) co_return forward(written);
    reply.accepted += written->stored;
    reply.duplicates = written->duplicates;
    reply.spooled = written->spooled;
  }
  if (refused) co_return counted(*refused, std::move(reply));
  co_return reply;
}

Task<Result<IngestReply>> IngestService::ingest_events(std::shared_ptr<const Request> request) {
  auto decoded = decode_events(request->body, request->arrived);
  if (!decoded) co_return forward(decoded);
  const auto count = decoded->events.size() + decoded->rejected.size();
  if (auto taken = rates_.take_records(*request->key, count); !taken) co_return forward(taken);
  auto made = co_await make_rows(registry_, *request, std::move(*decoded), name_limits());
  if (!made && may_keep(made.error())) co_return co_await keep(std::move(request), true);
  if (!made) co_return forward(made);
  IngestReply reply;
  reply.rejected = std::move(made->rejected);
  if (made->count == 0) co_return counted(*request, std::move(reply));
  const BatchId id{day_of(now()), event_writer_, ++event_sequence_};
  auto stored = co_await insert_events(database_, *made, id);
  if (stored) {
    reply.accepted = *stored;
    reply.duplicates = made->count - *stored;
    statistics_.events += static_cast<uint64_t>(reply.accepted);
    co_return counted(*request, std::move(reply));
  }
  if (!may_keep(stored.error()) || !is_repeatable(reply.rejected)) co_return forward(stored);
  // It may be stored, so it is kept under the id that it was tried with. The fsync is on this
  // thread: it is only for those that were on their way when the database went.
  spool_->set_away(true);
  Batch batch{.id = id, .tried = true, .requests = {request}};
  if (auto added = spool_->add(batch); !added) co_return forward(added);
  reply.accepted = made->count;
  reply.spooled = true;
  co_return counted(*request, std::move(reply));
}

Task<Result<IngestReply>> IngestService::keep(std::shared_ptr<const Request> request,
                                              bool charged) {
  auto seen = outlook(registry_, *request);
  if (!seen) co_return forward(seen);
  const auto count = static_cast<size_t>(seen->count) + seen->rejected.size();
  if (!charged) {
    if (auto taken = rates_.take_records(*request->key, count); !taken) co_return forward(taken);
  }
  IngestReply reply;
  reply.rejected = std::move(seen->rejected);
  if (seen->count == 0) co_return counted(*request, std::move(reply));
  auto kept = co_await writer_.spool(request, seen->count);
  if (!kept) co_return forward(kept);
  reply.accepted = kept->stored;
  reply.spooled = true;
  co_return counted(*request, std::move(reply));
}

IngestReply IngestService::counted(const Request& request, IngestReply reply) {
  if (!reply.rejected.empty()) rejections_.add(request, reply.rejected);
  return reply;
}

}  // namespace sentinel::ingest
