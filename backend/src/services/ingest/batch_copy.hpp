// The records of a batch as what COPY reads: those of an agent with enough of them as chunks, the
// rest as rows.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "services/ingest/rows.hpp"
#include "services/storage/chunk_encoder.hpp"

namespace sentinel::ingest {

// From here on a chunk costs the database less than its records as rows (decisions/0013).
inline constexpr uint32_t kChunkRecordsMin = 8;

class BatchCopy {
 public:
  // All records of the batch.
  std::vector<WriteOutcome> take_all(const std::vector<const Rows*>& batch);
  // Those that have no key or a fresh one. A key counts once, also within the batch.
  std::vector<WriteOutcome> take_fresh(const std::vector<const Rows*>& batch,
                                       std::unordered_set<Uuid>& fresh);

  // The statements that copy what was taken last, and what they read: there may be none.
  std::string statements(int32_t generation) const;
  std::vector<std::string_view> copies() const;

  // Gives up the memory that large batches needed.
  void shrink();

 private:
  struct Group {
    Uuid agent;
    size_t size = 0;
    size_t filled = 0;  // up to here in by_agent_
  };

  void begin();
  void end();
  void pack();
  uint32_t group_of(const Uuid& agent);
  void add_rows(std::span<const std::string_view> tuples);

  std::string rows_;
  std::string chunks_;
  size_t row_count_ = 0;
  size_t chunk_count_ = 0;
  // What follows is of use while a batch is taken, and keeps its memory for the next.
  storage::ChunkEncoder encoder_;
  std::vector<std::string_view> tuples_;
  std::vector<std::string_view> by_agent_;
  std::vector<uint32_t> placed_;  // the group of each tuple
  std::vector<Group> groups_;
  std::vector<uint32_t> slots_;
};

}  // namespace sentinel::ingest
