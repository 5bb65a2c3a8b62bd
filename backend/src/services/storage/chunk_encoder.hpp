// Packs records of one agent into chunks: rows of which every column is a PostgreSQL array. The
// format is that of metric_hot_chunk, which its migration describes.
//
// Records come in as tuples of binary COPY, as ingest makes them and as COPY metric_record TO gives
// them back, so that nothing between decoding and packing needs a form of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.hpp"
#include "services/storage/record_columns.hpp"

namespace sentinel::storage {

inline constexpr size_t kChunkRecordsMax = 16'384;
inline constexpr size_t kChunkBytesMax = 4 * 1024 * 1024;  // of its records as tuples

// The columns of a record, as COPY names them, and of a chunk.
const std::string& record_columns();
const std::string& chunk_columns();

// Of a tuple of record_columns(). Microseconds since 2000-01-01, as PostgreSQL counts.
Uuid agent_of(std::string_view tuple);
int64_t ts_of(std::string_view tuple);

class ChunkEncoder {
 public:
  // Appends chunks as tuples of binary COPY, and gives how many. `tuples`: records of one agent in
  // order of arrival; they are sorted in place. None, and nothing is appended, where a value is
  // none that metric_record takes: as rows the database will say so.
  size_t append(std::string& out, std::span<std::string_view> tuples);

 private:
  void sort(std::span<std::string_view> tuples);
  bool append_piece(std::string& out, std::span<std::string_view> tuples);
  void read(std::span<const std::string_view> tuples);
  void write_fields(std::string& out, size_t slot, int32_t element_type) const;

  std::vector<std::pair<int64_t, uint32_t>> order_;
  size_t size_ = 0;
  size_t chunks_ = 0;
  // Column by column, `size_` values of each.
  std::vector<int64_t> numbers_;
  std::vector<char> measured_;
  std::vector<std::string_view> fields_;  // what is stored as it came: length and value
};

}  // namespace sentinel::storage
