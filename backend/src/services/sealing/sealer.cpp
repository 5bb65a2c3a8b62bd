#include "services/sealing/sealer.hpp"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "base/log.hpp"
#include "base/uuid.hpp"
#include "postgres/embedded_sql.hpp"
#include "services/storage/chunk_encoder.hpp"
#include "services/storage/copy_stream.hpp"
#include "services/storage/record_source.hpp"
#include "services/storage/tuple_writer.hpp"

namespace sentinel::sealing {

namespace {

using std::chrono::steady_clock;

// About so many records are sealed by one transaction.
constexpr int64_t kPieceRecords = 32'768;
constexpr size_t kCopyBytes = 1 << 20;

// Agents whose records are sealed together, or one agent that has more than a piece.
struct Piece {
  std::vector<std::string> agents;
  int64_t records = 0;
  std::string from = "-infinity";  // of one agent's records
  std::string to = "infinity";     // inclusive
};

storage::RecordConditions conditions_of(const Piece& piece) {
  const auto agents =
      fmt::format("agent_id = ANY ('{}'::uuid[])", postgres::to_array(piece.agents));
  const auto times = fmt::format("ts >= '{}' AND ts <= '{}'", piece.from, piece.to);
  return {.rows = agents + " AND " + times,
          .chunks =
              fmt::format("{} AND ts_max >= '{}' AND ts_min <= '{}'", agents, piece.from, piece.to),
          .records = times};
}

// The time until which one agent ($1) has about so many records ($3) from $2 on, and the next
// microsecond. What a chunk begins with counts as all of it.
std::string end_of_piece(int32_t gen) {
  return fmt::format(
      "SELECT last, last + interval '1 microsecond' FROM (SELECT least("
      "(SELECT ts FROM metric_record_g{0} WHERE agent_id = $1::uuid AND ts >= $2::timestamptz "
      "ORDER "
      "BY ts OFFSET $3::bigint LIMIT 1), "
      "(SELECT ts_max FROM (SELECT ts_max, sum(records) OVER (ORDER BY ts_max) AS held FROM "
      "metric_hot_chunk_g{0} WHERE agent_id = $1::uuid AND ts_max >= $2::timestamptz) c WHERE held "
      ">= $3::bigint ORDER BY ts_max LIMIT 1), 'infinity') AS last) piece",
      gen);
}

// The hash of a record, by which sealed records are compared with those that were packed.
std::string hash() {
  return fmt::format("hash_record_extended(ROW({}), 0)", storage::record_columns());
}

// What was packed.
struct Packed {
  int64_t chunks = 0;
  int64_t records = 0;
  // The sum of the hashes: 2^63 records of 2^63 would fit.
  __int128 checksum = 0;
};

// Appends chunks of what COPY gave: records sorted by agent, each with its hash behind it. Nothing
// where a record cannot be packed.
std::optional<Packed> pack(std::string_view copied, std::string& out) {
  constexpr size_t kHashField = sizeof(int32_t) + sizeof(int64_t);
  storage::ChunkEncoder encoder;
  std::vector<std::string_view> of_agent;
  Packed packed;
  bool failed = false;
  auto finish = [&] {
    if (of_agent.empty()) return;
    const auto made = encoder.append(out, of_agent);
    failed |= made == 0;
    packed.chunks += static_cast<int64_t>(made);
    of_agent.clear();
  };
  for (auto tuple : storage::tuples_of(copied)) {
    packed.checksum += storage::read_raw<int64_t>(tuple.data() + tuple.size() - sizeof(int64_t));
    ++packed.records;
    // The encoder reads the columns it knows, and not how many there are.
    tuple.remove_suffix(kHashField);
    if (!of_agent.empty() && storage::agent_of(of_agent.front()) != storage::agent_of(tuple)) {
      finish();
    }
    of_agent.push_back(tuple);
  }
  finish();
  if (failed) return std::nullopt;
  return packed;
}

}  // namespace

struct Sealer::Generation {
  int32_t gen = 0;
  std::vector<Piece> pieces;  // the next one is the last
  int64_t records = 0;        // to seal
  int64_t sealed = 0;
  int64_t chunks = 0;
  std::vector<std::string> checksums;
};

Sealer::Sealer(SealingLimits limits) : limits_(limits) {}
Sealer::~Sealer() = default;

void Sealer::forget() { under_way_.reset(); }

Task<Result<void>> Sealer::step(postgres::Connection& connection) {
  const auto until = steady_clock::now() + limits_.budget;
  auto done = co_await close(connection);
  if (done && steady_clock::now() >= seal_from_) {
    done = co_await seal_until(connection, until);
    if (!done) {
      // Whatever it was, it may have been done by half.
      under_way_.reset();
      seal_from_ = steady_clock::now() + limits_.retry;
    }
  }
  if (done && steady_clock::now() >= drop_from_) done = co_await drop(connection);
  co_return done;
}

Task<Result<void>> Sealer::seal_until(postgres::Connection& connection,
                                      steady_clock::time_point until) {
  Result<void> done;
  do {
    if (!under_way_) {
      auto begun = co_await begin(connection);
      if (!begun) co_return forward(begun);
      if (!*begun) break;
      under_way_ = std::move(*begun);
    }
    if (!under_way_->pieces.empty()) {
      done = co_await seal(connection, *under_way_);
    } else {
      done = co_await flip(connection, *under_way_);
      if (done) under_way_.reset();
    }
  } while (done && steady_clock::now() < until);
  co_return done;
}

Task<Result<void>> Sealer::close(postgres::Connection& connection) {
  auto rows = co_await connection.execute(postgres::query("generations_to_close"));
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    auto closed = co_await connection.execute(postgres::query("generation_close"),
                                              postgres::Params(rows->integer(row, 0)));
    if (!closed) co_return forward(closed);
    if (!closed->boolean(0, 0)) break;  // somebody still writes to it
    log::info("closed generation {}", rows->integer(row, 0));
  }
  co_return Result<void>{};
}

Task<Result<void>> Sealer::drop(postgres::Connection& connection) {
  auto rows = co_await connection.execute(postgres::query("generations_to_drop"));
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    const bool expired = rows->boolean(row, 1);
    auto dropped = co_await connection.execute(
        postgres::query(expired ? "generation_drop_sealed" : "generation_drop_unsealed"),
        postgres::Params(rows->integer(row, 0)));
    if (!dropped) co_return forward(dropped);
    if (!dropped->boolean(0, 0)) {
      drop_from_ = steady_clock::now() + limits_.retry;  // somebody may still read it
      continue;
    }
    log::info("dropped {} of generation {}", expired ? "the history" : "the rows",
              rows->integer(row, 0));
  }
  co_return Result<void>{};
}

Task<Result<std::unique_ptr<Sealer::Generation>>> Sealer::begin(postgres::Connection& connection) {
  auto due = co_await connection.execute(
      postgres::query("generation_to_seal"),
      postgres::Params(std::chrono::duration_cast<std::chrono::seconds>(limits_.after).count()));
  if (!due) co_return forward(due);
  std::unique_ptr<Generation> generation;
  if (due->size() == 0) co_return generation;
  const auto gen = static_cast<int32_t>(due->integer(0, 0));
  auto left =
      co_await connection.execute(fmt::format("SELECT EXISTS (SELECT FROM metric_chunk_g{})", gen));
  if (!left) co_return forward(left);
  if (left->boolean(0, 0)) {
    auto reset = co_await connection.execute(postgres::query("generation_reset_sealing"),
                                             postgres::Params(gen));
    if (!reset) co_return forward(reset);
    if (!reset->boolean(0, 0)) co_return generation;
  }
  auto counts = co_await connection.execute(fmt::format(
      "SELECT agent_id, sum(records) FROM (SELECT agent_id, count(*) AS records FROM "
      "metric_record_g{0} GROUP BY agent_id UNION ALL SELECT agent_id, sum(records) FROM "
      "metric_hot_chunk_g{0} GROUP BY agent_id) a GROUP BY agent_id ORDER BY agent_id DESC",
      gen));
  if (!counts) co_return forward(counts);
  generation = std::make_unique<Generation>();
  generation->gen = gen;
  for (int row = 0; row < counts->size(); ++row) {
    const auto records = counts->integer(row, 1);
    auto& pieces = generation->pieces;
    if (pieces.empty() || pieces.back().records + records > kPieceRecords) pieces.emplace_back();
    pieces.back().agents.emplace_back(counts->text(row, 0));
    pieces.back().records += records;
    generation->records += records;
  }
  co_return generation;
}

// One piece, or of an agent with more than a piece as much as begins it.
Task<Result<void>> Sealer::seal(postgres::Connection& connection, Generation& generation) {
  auto piece = generation.pieces.back();
  std::string next;
  if (piece.records > kPieceRecords) {
    auto end = co_await connection.execute(
        end_of_piece(generation.gen),
        postgres::Params(piece.agents.front(), piece.from, kPieceRecords));
    if (!end) co_return forward(end);
    piece.to = end->text(0, 0);
    next = end->text(0, 1);
  }
  const auto conditions = conditions_of(piece);
  const auto& columns = storage::record_columns();
  auto begun = co_await connection.begin_copy_out(fmt::format(
      "COPY (SELECT {}, {} FROM ({}) r ORDER BY agent_id, ts, form, place, ordinal) TO STDOUT "
      "BINARY",
      columns, hash(), storage::unsealed_select(generation.gen, conditions, columns)));
  if (!begun) co_return begun;
  std::string copied, copy{storage::copy_header()};
  for (;;) {
    auto more = co_await connection.next_copy_chunk(kCopyBytes);
    if (!more) co_return forward(more);
    if (more->empty()) break;
    copied += *more;
  }
  const auto packed = pack(copied, copy);
  copy += storage::copy_trailer();
  if (!packed) {
    co_return fail(ErrorCode::Internal, "sealing_failed",
                   fmt::format("records of generation {} cannot be packed", generation.gen));
  }
  copied = {};
  // The chunks are read back and compared with the records before they are committed.
  auto written = co_await connection.run(
      fmt::format("BEGIN; COPY metric_chunk_g{0} ({1}) FROM STDIN BINARY; SELECT count(*), "
                  "coalesce(sum({2}), 0) FROM ({3}) r",
                  generation.gen, storage::chunk_columns(), hash(),
                  storage::sealed_select(generation.gen, conditions, columns)),
      {copy});
  const auto checksum = fmt::format("{}", packed->checksum);
  const bool same =
      written && written->integer(0, 0) == packed->records && written->text(0, 1) == checksum;
  auto ended = co_await connection.run(same ? "COMMIT" : "ROLLBACK");
  if (!written) co_return forward(written);
  if (!same) {
    co_return fail(ErrorCode::Internal, "sealing_failed",
                   fmt::format("chunks of generation {} do not hold what its records did: {} "
                               "records instead of {}",
                               generation.gen, written->text(0, 0), packed->records));
  }
  if (!ended) co_return forward(ended);
  generation.sealed += packed->records;
  generation.checksums.emplace_back(checksum);
  generation.chunks += packed->chunks;
  if (piece.to == "infinity") {
    generation.pieces.pop_back();
  } else {
    generation.pieces.back().from = next;
  }
  co_return Result<void>{};
}

Task<Result<void>> Sealer::flip(postgres::Connection& connection, const Generation& generation) {
  if (generation.sealed != generation.records) {
    co_return fail(ErrorCode::Internal, "sealing_failed",
                   fmt::format("{} of {} records of generation {} were sealed", generation.sealed,
                               generation.records, generation.gen));
  }
  auto flipped = co_await connection.execute(
      postgres::query("generation_seal"),
      postgres::Params(generation.gen, generation.records, generation.chunks,
                       postgres::to_array(generation.checksums)));
  if (!flipped) co_return forward(flipped);
  if (flipped->affected() != 1) {
    co_return fail(ErrorCode::Conflict, "sealing_failed",
                   fmt::format("generation {} is not the next to be sealed", generation.gen));
  }
  log::info("sealed generation {}: {} records in {} chunks", generation.gen, generation.records,
            generation.chunks);
  co_return Result<void>{};
}

}  // namespace sentinel::sealing
