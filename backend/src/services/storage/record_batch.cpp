#include "services/storage/record_batch.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "services/storage/tuple_writer.hpp"

namespace sentinel::storage {

namespace {

using Kind = RecordColumn::Kind;

constexpr int64_t kEpoch2000_us = 946'684'800'000'000;
constexpr size_t kRowsPerPiece = 1024;
// Of a one-dimensional array: what stands before the type of its elements, and before the first.
constexpr size_t kArrayNulls = sizeof(int32_t), kArrayElements = 5 * sizeof(int32_t);

// What a value takes in memory: integers as in metric_record; of JSON where its text is.
constexpr uint8_t width_of(const RecordColumn& column) {
  if (column.kind == Kind::TraceId) return 16;
  if (column.kind == Kind::Json || column.type == "integer") return 4;
  if (column.type == "smallint") return 2;
  return column.type == "bigint" ? 8 : 1;
}

// Appends values as this machine has them.
template <class T>
void append_native(std::string& out, const char* from) {
  const auto value = read_raw<T>(from);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

void append_value(std::string& out, const char* from, size_t width) {
  switch (width) {
    case 2:
      return append_native<int16_t>(out, from);
    case 4:
      return append_native<int32_t>(out, from);
    case 8:
      return append_native<int64_t>(out, from);
    default:
      out.append(from, width);
  }
}

template <class T>
T native(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

int64_t widened(const char* from, size_t width) {
  switch (width) {
    case 1:
      return native<uint8_t>(from);
    case 2:
      return native<int16_t>(from);
    case 4:
      return native<int32_t>(from);
    default:
      return native<int64_t>(from);
  }
}

// The texts of a piece, each after its length.
uint32_t keep_text(std::string& texts, std::string_view jsonb) {
  const auto text = jsonb.substr(1);  // the first byte is the version of its format
  const auto at = static_cast<uint32_t>(texts.size());
  const auto length = static_cast<uint32_t>(text.size());
  texts.append(reinterpret_cast<const char*>(&length), sizeof length).append(text);
  return at;
}

uint64_t place_in_table(std::string_view tid) {
  return static_cast<uint64_t>(read_raw<uint32_t>(tid.data())) << 16 |
         read_raw<uint16_t>(tid.data() + sizeof(uint32_t));
}

int64_t number_of(std::string_view field) {
  switch (field.size()) {
    case 2:
      return read_raw<int16_t>(field.data());
    case 4:
      return read_raw<int32_t>(field.data());
    default:
      return read_raw<int64_t>(field.data());
  }
}

Uuid uuid_of(std::string_view field) {
  Uuid id;
  std::memcpy(id.bytes.data(), field.data(), id.bytes.size());
  return id;
}

// Of the arrays of offsets the one that is there, and the bytes of each.
struct Offsets {
  std::string_view array;
  uint8_t width = 0;
};

}  // namespace

// The fields of a tuple, one after the other.
class RecordBatch::Tuple {
 public:
  explicit Tuple(std::string_view bytes) : at_(bytes.data() + sizeof(int16_t)) {}

  std::optional<std::string_view> next() {
    const auto length = read_raw<int32_t>(at_);
    at_ += sizeof length;
    if (length < 0) return std::nullopt;
    const std::string_view field(at_, static_cast<size_t>(length));
    at_ += length;
    return field;
  }
  Offsets offsets() {
    Offsets found;
    for (const uint8_t width : {uint8_t{2}, uint8_t{4}, uint8_t{8}}) {
      if (auto array = next()) found = {*array, width};
    }
    return found;
  }

 private:
  const char* at_;
};

RecordBatch::RecordBatch(ColumnPlaces wanted) : wanted_(std::move(wanted)) {
  for (size_t slot = 0; slot < wanted_.size(); ++slot) slots_[wanted_[slot]] = slot;
}

std::string RecordBatch::chunk_list() const {
  std::string list = "agent_id, gen, ctid, records, ts_min, ts_unit, ts_int2, ts_int4, ts_int8";
  for (const auto place : wanted_) {
    const auto& column = kRecordColumns[place];
    list += column.kind == Kind::Integer
                ? fmt::format(", {0}_base, {0}_unit, {0}_int2, {0}_int4, {0}_int8", column.name)
                : fmt::format(", {}", column.name);
  }
  return list;
}

std::string RecordBatch::row_list() const {
  std::string list = "agent_id, gen, ctid, ts";
  for (const auto place : wanted_) list.append(", ").append(kRecordColumns[place].name);
  return list;
}

// The values [first, first + count) of an array.
RecordBatch::Column RecordBatch::read_array(Piece& piece, std::string_view field, uint8_t width,
                                            bool json, size_t first, size_t count) {
  Column column{
      .values = static_cast<uint32_t>(piece.data.size()), .width = width, .measured = true};
  const bool nulls = read_raw<int32_t>(field.data() + kArrayNulls) != 0;
  const char* at = field.data() + kArrayElements;
  size_t i = 0;
  if (!nulls && !json) {
    // All are as long: on to the one that is wanted.
    at += first * (width + sizeof(int32_t));
    i = first;
  }
  std::string missing;
  for (; i < first + count; ++i) {
    const auto length = read_raw<int32_t>(at);
    at += sizeof length;
    const auto size = static_cast<size_t>(std::max(length, 0));
    if (i >= first) {
      if (nulls) missing += static_cast<char>(length < 0);
      if (length < 0) {
        piece.data.append(width, '\0');
      } else if (json) {
        const auto text = keep_text(piece.texts, {at, size});
        piece.data.append(reinterpret_cast<const char*>(&text), sizeof text);
      } else {
        append_value(piece.data, at, width);
      }
    }
    at += size;
  }
  if (nulls) {
    column.nulls = static_cast<uint32_t>(piece.data.size());
    piece.data += missing;
  }
  return column;
}

void RecordBatch::add_chunk(std::string_view bytes, Timestamp start, Timestamp end) {
  Tuple tuple(bytes);
  Piece piece;
  piece.of_chunk = true;
  auto& origin = piece.origins.emplace_back();
  origin.agent = uuid_of(*tuple.next());
  origin.gen = static_cast<int32_t>(number_of(*tuple.next()));
  origin.place = place_in_table(*tuple.next());
  const auto records = static_cast<size_t>(number_of(*tuple.next()));
  const auto time_min = number_of(*tuple.next()) + kEpoch2000_us;
  const auto time_unit = number_of(*tuple.next());
  const auto offsets = tuple.offsets();
  const auto time_of = [&](size_t i) {
    const char* at = offsets.array.data() + kArrayElements + i * (offsets.width + sizeof(int32_t)) +
                     sizeof(int32_t);
    return time_min + time_unit * number_of({at, offsets.width});
  };
  // They are in the order of time.
  size_t first = 0, last = records;
  while (first < last && time_of(first) < start.time_since_epoch().count()) ++first;
  while (last > first && time_of(last - 1) >= end.time_since_epoch().count()) --last;
  if (first == last) return;
  for (const auto place : wanted_) {
    Column column;
    const auto& stored = kRecordColumns[place];
    if (stored.kind != Kind::Integer) {
      if (auto array = tuple.next()) {
        column = read_array(piece, *array, width_of(stored), stored.kind == Kind::Json, first,
                            last - first);
      }
    } else {
      const auto base = tuple.next();
      const auto unit = tuple.next();
      const auto steps = tuple.offsets();
      if (unit) {
        column = read_array(piece, steps.array, steps.width, false, first, last - first);
      }
      if (base) {
        column.base = number_of(*base);
        column.measured = true;
      }
      if (unit) column.unit = number_of(*unit);
    }
    piece.columns.push_back(column);
  }
  piece.data.shrink_to_fit();
  piece.texts.shrink_to_fit();
  bytes_ += sizeof(Piece) + sizeof(Origin) + piece.columns.capacity() * sizeof(Column) +
            piece.data.capacity() + piece.texts.capacity();
  const auto number = static_cast<uint32_t>(pieces_.size());
  pieces_.push_back(std::move(piece));
  for (size_t i = first; i < last; ++i) {
    records_.push_back({time_of(i), number, static_cast<uint32_t>(i - first)});
  }
}

RecordBatch::Piece& RecordBatch::piece_of_rows() {
  if (piece_rows_ == SIZE_MAX || rows_ == kRowsPerPiece) {
    piece_rows_ = pieces_.size();
    rows_ = 0;
    auto& piece = pieces_.emplace_back();
    piece.origins.reserve(kRowsPerPiece);
    size_t room = 0;
    for (const auto place : wanted_) {
      const auto width = width_of(kRecordColumns[place]);
      piece.columns.push_back({.values = static_cast<uint32_t>(room),
                               .nulls = static_cast<uint32_t>(room + width * kRowsPerPiece),
                               .width = width,
                               .measured = true});
      room += (width + 1) * kRowsPerPiece;
    }
    piece.data.resize(room);
    bytes_ += sizeof(Piece) + kRowsPerPiece * sizeof(Origin) +
              piece.columns.capacity() * sizeof(Column) + room;
  }
  return pieces_[piece_rows_];
}

void RecordBatch::add_row(std::string_view bytes) {
  auto& piece = piece_of_rows();
  Tuple tuple(bytes);
  auto& origin = piece.origins.emplace_back();
  origin.agent = uuid_of(*tuple.next());
  origin.gen = static_cast<int32_t>(number_of(*tuple.next()));
  origin.place = place_in_table(*tuple.next());
  const auto time = number_of(*tuple.next()) + kEpoch2000_us;
  std::string value;
  for (size_t slot = 0; slot < wanted_.size(); ++slot) {
    const auto& column = piece.columns[slot];
    const auto field = tuple.next();
    piece.data[column.nulls + rows_] = field ? 0 : 1;
    if (!field) continue;
    value.clear();
    if (kRecordColumns[wanted_[slot]].kind == Kind::Json) {
      const auto before = piece.texts.capacity();
      const auto text = keep_text(piece.texts, *field);
      bytes_ += piece.texts.capacity() - before;
      value.append(reinterpret_cast<const char*>(&text), sizeof text);
    } else {
      append_value(value, field->data(), column.width);
    }
    std::memcpy(piece.data.data() + column.values + rows_ * column.width, value.data(),
                column.width);
  }
  records_.push_back({time, static_cast<uint32_t>(piece_rows_), static_cast<uint32_t>(rows_)});
  ++rows_;
}

bool RecordBatch::before(const Record& one, const Record& other) const {
  if (one.time_us != other.time_us) return one.time_us < other.time_us;
  const auto& a = origin(one);
  const auto& b = origin(other);
  if (a.gen != b.gen) return a.gen < b.gen;
  const bool a_chunk = pieces_[one.piece].of_chunk, b_chunk = pieces_[other.piece].of_chunk;
  if (a_chunk != b_chunk) return b_chunk;
  if (a.place != b.place) return a.place < b.place;
  return one.index < other.index;
}

void RecordBatch::sort() {
  std::ranges::sort(records_,
                    [this](const auto& one, const auto& other) { return before(one, other); });
}

Timestamp RecordBatch::middle_time() const {
  std::vector<int64_t> times;
  times.reserve(records_.size());
  for (const auto& record : records_) times.push_back(record.time_us);
  const auto middle = times.begin() + static_cast<ptrdiff_t>(times.size() / 2);
  std::ranges::nth_element(times, middle);
  return Timestamp{Microseconds{*middle}};
}

const Uuid& RecordBatch::agent(size_t index) const { return origin(records_[index]).agent; }

const char* RecordBatch::value(const Record& record, const Column& column) const {
  const auto& data = pieces_[record.piece].data;
  if (column.width == 0) return nullptr;
  if (column.nulls != Column::kNone && data[column.nulls + record.index] != 0) return nullptr;
  return data.data() + column.values + size_t{record.index} * column.width;
}

std::optional<int64_t> RecordBatch::integer(size_t index, size_t place) const {
  const auto& record = records_[index];
  const auto& of = column(record, place);
  if (!of.measured) return std::nullopt;
  if (of.width == 0) return of.base;
  const char* at = value(record, of);
  if (!at) return std::nullopt;
  // Offsets of chunks may wrap around as they were made.
  return static_cast<int64_t>(static_cast<uint64_t>(of.base) +
                              static_cast<uint64_t>(of.unit) *
                                  static_cast<uint64_t>(widened(at, of.width)));
}

std::optional<Uuid> RecordBatch::uuid(size_t index, size_t place) const {
  const char* at = value(records_[index], column(records_[index], place));
  if (!at) return std::nullopt;
  return uuid_of({at, sizeof(Uuid::bytes)});
}

std::string_view RecordBatch::json(size_t index, size_t place) const {
  const auto& record = records_[index];
  const char* at = value(record, column(record, place));
  if (!at) return {};
  const auto& texts = pieces_[record.piece].texts;
  const auto text = native<uint32_t>(at);
  return {texts.data() + text + sizeof(uint32_t), native<uint32_t>(texts.data() + text)};
}

}  // namespace sentinel::storage
