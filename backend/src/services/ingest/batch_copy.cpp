#include "services/ingest/batch_copy.hpp"

#include <algorithm>
#include <bit>

#include "services/ingest/copy_encoder.hpp"
#include "services/ingest/writer_statements.hpp"
#include "services/storage/copy_stream.hpp"

namespace sentinel::ingest {

namespace {

constexpr size_t kBytesKept = 1024 * 1024, kTuplesKept = 4096;

size_t begin_of(const Rows& rows, size_t i) { return i == 0 ? 0 : rows.ends[i - 1]; }

std::string_view tuple_of(const Rows& rows, size_t i) {
  const size_t begin = begin_of(rows, i);
  return std::string_view(rows.tuples).substr(begin, rows.ends[i] - begin);
}

}  // namespace

std::vector<WriteOutcome> BatchCopy::take_all(const std::vector<const Rows*>& batch) {
  begin();
  std::vector<WriteOutcome> outcomes;
  for (const auto* rows : batch) {
    for (size_t i = 0; i < rows->ends.size(); ++i) tuples_.push_back(tuple_of(*rows, i));
    outcomes.push_back({.stored = rows->records});
  }
  end();
  return outcomes;
}

std::vector<WriteOutcome> BatchCopy::take_fresh(const std::vector<const Rows*>& batch,
                                                std::unordered_set<Uuid>& fresh) {
  begin();
  std::vector<WriteOutcome> outcomes;
  for (const auto* rows : batch) {
    WriteOutcome outcome;
    for (size_t i = 0; i < rows->ends.size(); ++i) {
      if (!rows->keys.empty() && fresh.erase(rows->keys[i]) == 0) {
        ++outcome.duplicates;
        continue;
      }
      tuples_.push_back(tuple_of(*rows, i));
      ++outcome.stored;
    }
    outcomes.push_back(outcome);
  }
  end();
  return outcomes;
}

void BatchCopy::begin() {
  rows_.assign(storage::copy_header());
  chunks_.assign(storage::copy_header());
  row_count_ = chunk_count_ = 0;
  tuples_.clear();
}

void BatchCopy::add_rows(std::span<const std::string_view> tuples) {
  for (const auto& tuple : tuples) rows_ += tuple;
  row_count_ += tuples.size();
}

void BatchCopy::end() {
  if (tuples_.size() < kChunkRecordsMin) {
    add_rows(tuples_);
  } else {
    pack();
  }
  rows_ += storage::copy_trailer();
  chunks_ += storage::copy_trailer();
}

// The number of the group of an agent, by a table without an allocation a record.
uint32_t BatchCopy::group_of(const Uuid& agent) {
  const size_t mask = slots_.size() - 1;
  size_t at = std::hash<Uuid>{}(agent)&mask;
  while (slots_[at] != 0 && groups_[slots_[at] - 1].agent != agent) at = (at + 1) & mask;
  if (slots_[at] == 0) {
    groups_.push_back({.agent = agent});
    slots_[at] = static_cast<uint32_t>(groups_.size());
  }
  return slots_[at] - 1;
}

// Sorts the tuples by agent, in order of arrival, and makes chunks of those of which there are
// enough.
void BatchCopy::pack() {
  groups_.clear();
  placed_.clear();
  slots_.assign(std::bit_ceil(2 * tuples_.size()), 0);
  for (const auto& tuple : tuples_) {
    placed_.push_back(group_of(storage::agent_of(tuple)));
    ++groups_[placed_.back()].size;
  }
  size_t begin = 0;
  for (auto& group : groups_) {
    group.filled = begin;
    begin += group.size;
  }
  by_agent_.resize(tuples_.size());
  for (size_t i = 0; i < tuples_.size(); ++i) by_agent_[groups_[placed_[i]].filled++] = tuples_[i];
  for (const auto& group : groups_) {
    const auto tuples = std::span(by_agent_).subspan(group.filled - group.size, group.size);
    const size_t made = group.size < kChunkRecordsMin ? 0 : encoder_.append(chunks_, tuples);
    if (made == 0) add_rows(tuples);
    chunk_count_ += made;
  }
}

std::string BatchCopy::statements(int32_t generation) const {
  std::string sql;
  if (row_count_ > 0) sql += copy_statement(generation);
  if (chunk_count_ > 0) sql += chunk_copy_statement(generation);
  return sql;
}

std::vector<std::string_view> BatchCopy::copies() const {
  std::vector<std::string_view> copies;
  if (row_count_ > 0) copies.emplace_back(rows_);
  if (chunk_count_ > 0) copies.emplace_back(chunks_);
  return copies;
}

void BatchCopy::shrink() {
  if (rows_.capacity() + chunks_.capacity() > kBytesKept || tuples_.capacity() > kTuplesKept) {
    *this = {};
  }
}

}  // namespace sentinel::ingest
