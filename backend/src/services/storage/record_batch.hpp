// Records in memory, in about the room that they take in the database: what binary COPY gives of
// chunks and of rows, decoded to columns without unnest() and put in one order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "services/storage/record_columns.hpp"

namespace sentinel::storage {

// Places in kRecordColumns.
using ColumnPlaces = std::vector<size_t>;

class RecordBatch {
 public:
  // Of each record `wanted` is kept, beside its agent and time; without repetitions.
  explicit RecordBatch(ColumnPlaces wanted);

  // What to select, of chunks `c` and of rows: the tuples that add_chunk() and add_row() take.
  std::string chunk_list() const;
  std::string row_list() const;

  // A tuple of binary COPY; of a chunk those records are kept that are in [start, end). They come
  // from the server itself and are taken at their word.
  void add_chunk(std::string_view tuple, Timestamp start, Timestamp end);
  void add_row(std::string_view tuple);

  // After the last: in the order of time, then as they came in (generation, rows before chunks,
  // place). As long as their form is the same, that order is.
  void sort();

  // As many records are earlier as are later, about; of one that has any.
  Timestamp middle_time() const;

  size_t size() const { return records_.size(); }
  size_t bytes() const { return bytes_ + records_.capacity() * sizeof(Record); }

  // Of the record that is the `index`th.
  Timestamp time(size_t index) const { return Timestamp{Microseconds{records_[index].time_us}}; }
  const Uuid& agent(size_t index) const;
  // The value of an integer column by its place (booleans 0 or 1, letters their code, a span id its
  // bits); nothing where none was measured.
  std::optional<int64_t> integer(size_t index, size_t place) const;
  std::optional<Uuid> uuid(size_t index, size_t place) const;
  // JSON; empty where there is none.
  std::string_view json(size_t index, size_t place) const;

 private:
  // Values of one column, `width` bytes each: offsets from `base` in steps of `unit`. Without a
  // width all are `base`.
  struct Column {
    static constexpr uint32_t kNone = UINT32_MAX;
    int64_t base = 0;
    int64_t unit = 1;
    uint32_t values = 0;     // where they are in Piece::data
    uint32_t nulls = kNone;  // where a byte for each says that it has none
    uint8_t width = 0;
    bool measured = false;
  };
  struct Origin {
    Uuid agent;
    int32_t gen = 0;
    uint64_t place = 0;
  };
  // Records of one chunk, or rows one after the other.
  struct Piece {
    bool of_chunk = false;
    std::vector<Origin> origins;  // of the chunk, or of each row
    std::vector<Column> columns;  // as wanted
    std::string data;
    std::string texts;
  };
  struct Record {
    int64_t time_us;
    uint32_t piece;
    uint32_t index;
  };
  class Tuple;

  const Origin& origin(const Record& record) const {
    const auto& piece = pieces_[record.piece];
    return piece.origins[piece.of_chunk ? 0 : record.index];
  }
  bool before(const Record& one, const Record& other) const;
  // Of a record's column the bytes; null where none was measured or all have the same.
  const char* value(const Record& record, const Column& column) const;
  const Column& column(const Record& record, size_t place) const {
    return pieces_[record.piece].columns[slots_[place]];
  }
  static Column read_array(Piece& piece, std::string_view field, uint8_t width, bool json,
                           size_t first, size_t count);
  Piece& piece_of_rows();

  ColumnPlaces wanted_;
  std::array<size_t, kRecordColumnCount> slots_{};  // of a place, where it is among the wanted
  std::vector<Piece> pieces_;
  std::vector<Record> records_;
  size_t rows_ = 0;  // in the newest piece of rows
  size_t piece_rows_ = SIZE_MAX;
  size_t bytes_ = 0;
};

}  // namespace sentinel::storage
