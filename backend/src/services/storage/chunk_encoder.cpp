#include "services/storage/chunk_encoder.hpp"

#include <algorithm>
#include <numeric>

#include "services/storage/tuple_writer.hpp"

namespace sentinel::storage {

namespace {

using Kind = RecordColumn::Kind;

// Type numbers of PostgreSQL (pg_type.dat), which never change.
constexpr int32_t kInt2 = 21, kInt4 = 23, kInt8 = 20, kUuid = 2950, kJsonb = 3802;

constexpr bool is_number(Kind kind) { return kind == Kind::Time || kind == Kind::Integer; }
constexpr bool is_field(Kind kind) {
  return kind == Kind::SpanId || kind == Kind::TraceId || kind == Kind::Json;
}

constexpr size_t count_of(bool (*wanted)(Kind)) {
  size_t count = 0;
  for (const auto& column : kRecordColumns) count += wanted(column.kind);
  return count;
}
constexpr size_t kNumbers = count_of(is_number), kFields = count_of(is_field);

// The place of a column among the numbers.
constexpr size_t slot_of(std::string_view name) {
  size_t slot = 0;
  for (size_t i = 0; i < place_of(name); ++i) slot += is_number(kRecordColumns[i].kind);
  return slot;
}
constexpr size_t kTimes = slot_of("ts"), kKinds = slot_of("kind");

constexpr int16_t kChunkColumns = 4 + 4 + 5 * (kNumbers - 1) + kFields;
constexpr size_t kArrayHeader = 5 * sizeof(int32_t);

// As far as PostgreSQL multiplies an interval exactly: 285 years.
constexpr uint64_t kTimeRangeMax = uint64_t{1} << 53;

char* room(std::string& out, size_t bytes) {
  const size_t start = out.size();
  out.resize(start + bytes);
  return out.data() + start;
}

void array_header(TupleWriter& to, size_t bytes, bool has_nulls, int32_t type, size_t count) {
  to.raw<int32_t>(static_cast<int32_t>(bytes));
  to.raw<int32_t>(1);  // dimensions
  to.raw<int32_t>(has_nulls ? 1 : 0);
  to.raw<int32_t>(type);
  to.raw<int32_t>(static_cast<int32_t>(count));
  to.raw<int32_t>(1);  // the first index
}

// The values of one column.
struct Numbers {
  const int64_t* values;
  const char* measured;
  size_t size;

  size_t nulls = 0;
  int64_t min = std::numeric_limits<int64_t>::max();
  int64_t max = std::numeric_limits<int64_t>::min();

  Numbers(const int64_t* values_in, const char* measured_in, size_t size_in)
      : values(values_in), measured(measured_in), size(size_in) {
    for (size_t i = 0; i < size; ++i) {
      if (!measured[i]) {
        ++nulls;
        continue;
      }
      min = std::min(min, values[i]);
      max = std::max(max, values[i]);
    }
  }
  uint64_t range() const { return static_cast<uint64_t>(max) - static_cast<uint64_t>(min); }

  // The greatest number of which all distances from the smallest are multiples. `U` holds them all:
  // to divide 32 bits takes a fraction of the time.
  template <class U>
  U unit() const {
    U unit = 0;
    for (size_t i = 0; i < size && unit != 1; ++i) {
      if (!measured[i]) continue;
      const U distance =
          static_cast<U>(static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(min));
      if (unit == 0 || distance % unit != 0) unit = std::gcd(unit, distance);
    }
    return std::max<U>(unit, 1);
  }

  // One field: the array of the offsets from `base` in multiples of `unit`. `U` holds the distances
  // from the smallest value, `bias` more than the offsets.
  template <class T, class U>
  void write(std::string& out, int32_t type, U unit, uint64_t bias) const {
    const size_t bytes = kArrayHeader + size * sizeof(int32_t) + (size - nulls) * sizeof(T);
    TupleWriter to(room(out, sizeof(int32_t) + bytes));
    array_header(to, bytes, nulls > 0, type, size);
    for (size_t i = 0; i < size; ++i) {
      if (!measured[i]) {
        to.null();
        continue;
      }
      const U distance =
          static_cast<U>(static_cast<uint64_t>(values[i]) - static_cast<uint64_t>(min));
      to.number<T>(static_cast<T>(uint64_t{unit == 1 ? distance : distance / unit} - bias));
    }
  }
};

void null_fields(std::string& out, int count) {
  TupleWriter to(room(out, static_cast<size_t>(count) * sizeof(int32_t)));
  for (int i = 0; i < count; ++i) to.null();
}

void number_field(std::string& out, int64_t number) {
  TupleWriter(room(out, sizeof(int32_t) + sizeof number)).number<int64_t>(number);
}

// Four fields: unit and offsets, and before them the base where `has_base`. Without it they count
// from the smallest value.
template <class U>
void write_offsets(std::string& out, const Numbers& numbers, bool has_base) {
  const U unit = numbers.unit<U>();
  const uint64_t steps = numbers.range() / unit;
  // A base in the middle makes use of the sign.
  auto bias_of = [&](uint64_t half) { return has_base && steps >= half ? half : 0; };
  auto begin = [&](uint64_t bias) {
    if (has_base) {
      number_field(out, static_cast<int64_t>(static_cast<uint64_t>(numbers.min) + bias * unit));
    }
    number_field(out, static_cast<int64_t>(unit));
  };
  constexpr uint64_t kHalf2 = 1U << 15, kHalf4 = 1U << 31;
  if (const auto bias = bias_of(kHalf2); steps < kHalf2 + bias) {
    begin(bias);
    numbers.write<int16_t, U>(out, kInt2, unit, bias);
    null_fields(out, 2);
  } else if (const auto wide = bias_of(kHalf4); steps < kHalf4 + wide) {
    begin(wide);
    null_fields(out, 1);
    numbers.write<int32_t, U>(out, kInt4, unit, wide);
    null_fields(out, 1);
  } else {
    begin(0);
    null_fields(out, 2);
    numbers.write<int64_t, U>(out, kInt8, unit, 0);
  }
}

void write_numbers(std::string& out, const Numbers& numbers, bool has_base) {
  if (numbers.nulls == numbers.size) return null_fields(out, 5);
  if (has_base && numbers.nulls == 0 && numbers.min == numbers.max) {
    number_field(out, numbers.min);
    return null_fields(out, 4);
  }
  if (numbers.range() > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    // Distances that no bigint holds: the values themselves.
    Numbers as_they_are = numbers;
    as_they_are.min = 0;
    number_field(out, 0);
    number_field(out, 1);
    null_fields(out, 2);
    return as_they_are.write<int64_t, uint64_t>(out, kInt8, 1, 0);
  }
  if (numbers.range() <= std::numeric_limits<uint32_t>::max()) {
    return write_offsets<uint32_t>(out, numbers, has_base);
  }
  write_offsets<uint64_t>(out, numbers, has_base);
}

std::string joined(const auto& names) {
  std::string text;
  for (const auto& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace

const std::string& record_columns() {
  static const std::string columns = [] {
    std::vector<std::string_view> names;
    for (const auto& column : kRecordColumns) names.push_back(column.name);
    return joined(names);
  }();
  return columns;
}

const std::string& chunk_columns() {
  static const std::string columns = [] {
    std::vector<std::string> names{"agent_id", "ts_min", "ts_max", "records"};
    for (const auto& column : kRecordColumns) {
      if (!is_number(column.kind)) continue;
      for (std::string_view part : {"_base", "_unit", "_int2", "_int4", "_int8"}) {
        if (column.kind == Kind::Time && part == "_base") continue;
        names.push_back(std::string(column.name).append(part));
      }
    }
    for (const auto& column : kRecordColumns) {
      if (is_field(column.kind)) names.emplace_back(column.name);
    }
    return joined(names);
  }();
  return columns;
}

// A tuple begins with the count of its fields; agent and time are the first two.
constexpr size_t kAgentAt = sizeof(int16_t) + sizeof(int32_t);
constexpr size_t kTimeAt = kAgentAt + sizeof(Uuid::bytes) + sizeof(int32_t);
static_assert(place_of("agent_id") == 0 && place_of("ts") == 1);

Uuid agent_of(std::string_view tuple) {
  Uuid agent;
  std::memcpy(agent.bytes.data(), tuple.data() + kAgentAt, agent.bytes.size());
  return agent;
}

int64_t ts_of(std::string_view tuple) { return read_raw<int64_t>(tuple.data() + kTimeAt); }

// Fills the columns. The fields of a tuple are of the widths that metric_record has.
void ChunkEncoder::read(std::span<const std::string_view> tuples) {
  size_ = tuples.size();
  numbers_.resize(kNumbers * size_);
  measured_.assign(kNumbers * size_, 0);
  fields_.resize(kFields * size_);
  for (size_t i = 0; i < size_; ++i) {
    const char* at = tuples[i].data() + sizeof(int16_t);
    size_t number = i, field = i;
    for (const auto& column : kRecordColumns) {
      const auto length = read_raw<int32_t>(at);
      const char* value = at + sizeof length;
      const char* next = value + std::max(length, 0);
      if (is_field(column.kind)) {
        fields_[field] = {at, next};
        field += size_;
      } else if (is_number(column.kind)) {
        measured_[number] = length >= 0;
        switch (length) {
          case 1:
            numbers_[number] = static_cast<unsigned char>(*value);
            break;
          case 2:
            numbers_[number] = read_raw<int16_t>(value);
            break;
          case 4:
            numbers_[number] = read_raw<int32_t>(value);
            break;
          case 8:
            numbers_[number] = read_raw<int64_t>(value);
            break;
          default:
            break;
        }
        number += size_;
      }
      at = next;
    }
  }
}

// One field: an array of what is stored as it came.
void ChunkEncoder::write_fields(std::string& out, size_t slot, int32_t type) const {
  const auto fields = std::span(fields_).subspan(slot * size_, size_);
  size_t bytes = kArrayHeader, nulls = 0;
  for (const auto& field : fields) {
    bytes += field.size();
    nulls += field.size() == sizeof(int32_t);
  }
  if (nulls == size_) return null_fields(out, 1);
  TupleWriter to(room(out, sizeof(int32_t) + bytes));
  array_header(to, bytes, nulls > 0, type, size_);
  for (const auto& field : fields) to.bytes(field);
}

bool ChunkEncoder::append_piece(std::string& out, std::span<std::string_view> tuples) {
  read(tuples);
  auto column = [&](size_t slot) {
    return Numbers(&numbers_[slot * size_], &measured_[slot * size_], size_);
  };
  const auto kinds = column(kKinds);
  if (kinds.min == 'c' && kinds.max != 'c') {
    // Corrections have a chunk of their own, so that who looks for them opens no other.
    std::vector<std::string_view> corrections, others;
    for (size_t i = 0; i < size_; ++i) {
      (kinds.values[i] == 'c' ? corrections : others).push_back(tuples[i]);
    }
    return append_piece(out, corrections) && append_piece(out, others);
  }
  const auto times = column(kTimes);
  if (times.range() > kTimeRangeMax) return false;
  const auto agent = agent_of(tuples.front());
  TupleWriter to(room(out, sizeof(int16_t) + 20 + 12 + 12 + 8));
  to.raw<int16_t>(kChunkColumns);
  to.uuid(agent);
  to.number<int64_t>(times.min);
  to.number<int64_t>(times.max);
  to.number<int32_t>(static_cast<int32_t>(size_));
  size_t slot = 0, field = 0;
  for (const auto& wanted : kRecordColumns) {
    if (!is_number(wanted.kind)) continue;
    const auto numbers = column(slot++);
    if (numbers.nulls < size_ && (numbers.min < wanted.min || numbers.max > wanted.max)) {
      return false;
    }
    write_numbers(out, numbers, wanted.kind != Kind::Time);
  }
  for (const auto& wanted : kRecordColumns) {
    if (!is_field(wanted.kind)) continue;
    const auto type = wanted.kind == Kind::SpanId    ? kInt8
                      : wanted.kind == Kind::TraceId ? kUuid
                                                     : kJsonb;
    write_fields(out, field++, type);
  }
  ++chunks_;
  return true;
}

void ChunkEncoder::sort(std::span<std::string_view> tuples) {
  fields_.assign(tuples.begin(), tuples.end());
  order_.clear();
  for (uint32_t i = 0; i < tuples.size(); ++i) order_.emplace_back(ts_of(tuples[i]), i);
  std::ranges::sort(order_);
  for (size_t i = 0; i < tuples.size(); ++i) tuples[i] = fields_[order_[i].second];
}

size_t ChunkEncoder::append(std::string& out, std::span<std::string_view> tuples) {
  if (!std::ranges::is_sorted(tuples, {}, ts_of)) sort(tuples);
  const size_t start = out.size();
  chunks_ = 0;
  while (!tuples.empty()) {
    size_t count = 0, bytes = 0;
    while (count < std::min(tuples.size(), kChunkRecordsMax) &&
           (count == 0 || bytes + tuples[count].size() <= kChunkBytesMax)) {
      bytes += tuples[count++].size();
    }
    if (!append_piece(out, tuples.first(count))) {
      out.resize(start);
      return 0;
    }
    tuples = tuples.subspan(count);
  }
  return chunks_;
}

}  // namespace sentinel::storage
