// Records packed into a chunk and read back by the rule that the migration of metric_hot_chunk
// states: value = base + unit * offset.
#include "services/storage/chunk_encoder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <random>

#include "services/ingest/copy_encoder.hpp"

namespace sentinel::storage {
namespace {

using models::MetricRecord;
using models::RecordKind;
using Values = std::vector<std::optional<int64_t>>;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr Timestamp kEpoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};
const Uuid kAgent = *parse_uuid("0af71d9c-22f1-4b8e-9a44-00ff10203040");

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool done() const { return rest_.empty(); }
  int64_t integer(size_t width) {
    uint64_t number = 0;
    for (char byte : take(width)) number = number << 8 | static_cast<uint8_t>(byte);
    return width == 8   ? static_cast<int64_t>(number)
           : width == 4 ? static_cast<int32_t>(number)
                        : static_cast<int16_t>(number);
  }
  std::string_view take(size_t size) {
    EXPECT_LE(size, rest_.size());
    auto piece = rest_.substr(0, size);
    rest_.remove_prefix(piece.size());
    return piece;
  }
  std::optional<std::string_view> field() {
    const auto size = integer(4);
    if (size < 0) return std::nullopt;
    return take(static_cast<size_t>(size));
  }

 private:
  std::string_view rest_;
};

// A chunk by the names of its columns.
class Chunk {
 public:
  explicit Chunk(Reader& from) {
    auto count = from.integer(2);
    std::string_view names = chunk_columns();
    for (; count > 0; --count) {
      const auto end = std::min(names.find(", "), names.size());
      fields_[std::string(names.substr(0, end))] = from.field();
      names.remove_prefix(std::min(end + 2, names.size()));
    }
    EXPECT_TRUE(names.empty());
  }
  bool null(const std::string& column) const { return !fields_.at(column); }
  int64_t number(const std::string& column) const {
    const auto& value = fields_.at(column);
    EXPECT_TRUE(value) << column;
    return value ? Reader(*value).integer(value->size()) : 0;
  }
  size_t records() const { return static_cast<size_t>(number("records")); }

  // The elements of an array.
  std::vector<std::optional<std::string_view>> array(const std::string& column,
                                                     int64_t type) const {
    Reader from(fields_.at(column).value());
    EXPECT_EQ(from.integer(4), 1);
    const auto has_nulls = from.integer(4);
    EXPECT_EQ(from.integer(4), type) << column;
    std::vector<std::optional<std::string_view>> items(static_cast<size_t>(from.integer(4)));
    EXPECT_EQ(items.size(), records());
    EXPECT_EQ(from.integer(4), 1);
    for (auto& item : items) item = from.field();
    EXPECT_TRUE(from.done());
    EXPECT_EQ(has_nulls > 0, std::ranges::any_of(items, [](const auto& item) { return !item; }));
    return items;
  }

  // What the records have in an integer column. `width` is told: 0 where all have the base.
  Values values(const std::string& column, int* width = nullptr) const {
    const bool is_time = column == "ts";
    int found = 0;
    Values values(records());
    if (null(column + "_unit")) {
      if (!null(column + "_base")) std::ranges::fill(values, number(column + "_base"));
    } else {
      const auto base = static_cast<uint64_t>(number(is_time ? "ts_min" : column + "_base"));
      const auto unit = static_cast<uint64_t>(number(column + "_unit"));
      for (auto [size, type] : {std::pair{2, 21}, {4, 23}, {8, 20}}) {
        const auto name = column + "_int" + std::to_string(size);
        if (null(name)) continue;
        EXPECT_EQ(found, 0) << name;
        found = size;
        const auto items = array(name, type);
        for (size_t i = 0; i < items.size(); ++i) {
          if (!items[i]) continue;
          EXPECT_EQ(items[i]->size(), static_cast<size_t>(size));
          const auto offset = static_cast<uint64_t>(Reader(*items[i]).integer(items[i]->size()));
          values[i] = static_cast<int64_t>(base + unit * offset);
        }
      }
    }
    if (width) *width = found;
    return values;
  }

 private:
  std::map<std::string, std::optional<std::string_view>> fields_;
};

class ChunkEncoderTest : public ::testing::Test {
 protected:
  static std::string tuple(const MetricRecord& record, Timestamp ts = kEpoch,
                           std::optional<int32_t> model = std::nullopt) {
    std::string out;
    ingest::append_tuple(out, record, {kAgent, model, std::nullopt}, ts);
    return out;
  }
  std::vector<Chunk> encode(const std::vector<std::string>& tuples) {
    std::vector<std::string_view> views(tuples.begin(), tuples.end());
    out_.clear();
    const auto made = encoder_.append(out_, views);
    std::vector<Chunk> chunks;
    for (Reader from(out_); !from.done();) chunks.emplace_back(from);
    EXPECT_EQ(chunks.size(), made);
    return chunks;
  }
  // Values of a column that takes any bigint, through a chunk.
  Chunk costs(const Values& values) {
    std::vector<std::string> tuples;
    for (const auto& value : values) {
      MetricRecord record;
      record.cost_nanos = value;
      tuples.push_back(tuple(record));
    }
    auto chunks = encode(tuples);
    EXPECT_EQ(chunks.size(), 1u);
    EXPECT_EQ(chunks.at(0).values("cost_nanos"), values);
    return chunks.at(0);
  }
  int width_of_costs(const Values& values) {
    int width = -1;
    costs(values).values("cost_nanos", &width);
    return width;
  }

  ChunkEncoder encoder_;
  std::string out_;
};

TEST_F(ChunkEncoderTest, TakesTheNarrowestWidthThatHoldsTheRange) {
  EXPECT_EQ(width_of_costs({7, 7, 7}), 0);
  EXPECT_EQ(width_of_costs({std::nullopt, std::nullopt}), 0);
  EXPECT_EQ(width_of_costs({7, std::nullopt, 7}), 2);
  EXPECT_EQ(width_of_costs({0, 1, 65'535}), 2);
  EXPECT_EQ(width_of_costs({-1, 0, 65'535}), 4);
  EXPECT_EQ(width_of_costs({0, 1, 4'294'967'295}), 4);
  EXPECT_EQ(width_of_costs({-1, 0, 4'294'967'295}), 8);
  EXPECT_EQ(width_of_costs({kMin, kMin + 1, kMin + 65'535}), 2);
  EXPECT_EQ(width_of_costs({kMax, kMax - 1, kMax - 65'535}), 2);
}

TEST_F(ChunkEncoderTest, CountsInTheUnitThatTheValuesHaveInCommon) {
  auto chunk = costs({5'000'500, 65'000'500, std::nullopt, 500, 1'000'500});
  EXPECT_EQ(chunk.number("cost_nanos_unit"), 1'000'000);
  EXPECT_FALSE(chunk.null("cost_nanos_int2"));
  EXPECT_EQ(costs({-6'000'000'000'000, 0, 3'000'000'000'000}).number("cost_nanos_unit"),
            3'000'000'000'000);
}

TEST_F(ChunkEncoderTest, LosesNothingAtTheEndsOfTheRange) {
  for (const Values& values : {Values{kMin, kMax},
                               {kMax, kMin, 0, std::nullopt},
                               {kMin},
                               {kMax},
                               {kMin, kMin},
                               {kMin, -1},
                               {kMin, 0},
                               {0, kMax},
                               {-1, kMax},
                               {kMin, std::nullopt},
                               {kMin / 2, kMax / 2},
                               {kMin, kMin + (int64_t{1} << 62), 0, int64_t{1} << 62}}) {
    costs(values);
  }
}

TEST_F(ChunkEncoderTest, LosesNothingOfRandomValues) {
  std::mt19937_64 random(20261127);
  for (int round = 0; round < 300; ++round) {
    const int bits = static_cast<int>(random() % 64);
    const auto unit = static_cast<int64_t>(random() % 3 == 0 ? 1 + random() % 1000 : 1);
    Values values(1 + random() % 50);
    for (auto& value : values) {
      if (random() % 4 == 0) continue;
      value = static_cast<int64_t>(random()) >> bits;
      *value -= *value % unit;
    }
    costs(values);
  }
}

TEST_F(ChunkEncoderTest, KeepsEveryColumn) {
  MetricRecord full;
  full.latency_us = kMax;
  full.ttft_us = 2;
  full.throughput_millirpm = 3;
  full.memory_bytes = kMax;
  full.gpu_memory_bytes = 6;
  full.span_id = kMin;
  full.trace_id = kAgent;
  full.request_count = 8;
  full.process_id = 9;
  full.input_tokens = 10;
  full.output_tokens = std::numeric_limits<int32_t>::max();
  full.cache_read_tokens = 12;
  full.cache_write_tokens = 13;
  full.reasoning_tokens = 14;
  full.cpu_centipercent = 10'000;
  full.gpu_centipercent = 16;
  full.gpu_count = 17;
  full.error = true;
  full.custom = R"({"x":1})";
  full.attributes = R"({"y":"z"})";
  MetricRecord empty;
  empty.kind = RecordKind::Sample;
  auto chunks = encode({tuple(full, kEpoch, 20), tuple(empty)});
  ASSERT_EQ(chunks.size(), 1u);
  const auto& chunk = chunks[0];
  auto pair = [](int64_t number) { return Values{number, std::nullopt}; };
  EXPECT_EQ(chunk.values("latency_us"), pair(kMax));
  EXPECT_EQ(chunk.values("ttft_us"), pair(2));
  EXPECT_EQ(chunk.values("throughput_millirpm"), pair(3));
  EXPECT_EQ(chunk.values("memory_bytes"), pair(kMax));
  EXPECT_EQ(chunk.values("gpu_memory_bytes"), pair(6));
  EXPECT_EQ(chunk.values("request_count"), pair(8));
  EXPECT_EQ(chunk.values("model_id"), pair(20));
  EXPECT_TRUE(chunk.null("host_id_base"));
  EXPECT_EQ(chunk.values("process_id"), pair(9));
  EXPECT_EQ(chunk.values("input_tokens"), pair(10));
  EXPECT_EQ(chunk.values("output_tokens"), pair(std::numeric_limits<int32_t>::max()));
  EXPECT_EQ(chunk.values("cache_read_tokens"), pair(12));
  EXPECT_EQ(chunk.values("cache_write_tokens"), pair(13));
  EXPECT_EQ(chunk.values("reasoning_tokens"), pair(14));
  EXPECT_EQ(chunk.values("cpu_centipercent"), pair(10'000));
  EXPECT_EQ(chunk.values("gpu_centipercent"), pair(16));
  EXPECT_EQ(chunk.values("gpu_count"), pair(17));
  EXPECT_EQ(chunk.values("error"), pair(1));
  EXPECT_EQ(chunk.values("kind"), (Values{'r', 's'}));
  EXPECT_EQ(Reader(*chunk.array("span_id", 20)[0]).integer(8), kMin);
  EXPECT_EQ(chunk.array("trace_id", 2950)[0]->size(), 16u);
  EXPECT_EQ(chunk.array("custom", 3802)[0], "\1{\"x\":1}");
  EXPECT_EQ(chunk.array("attributes", 3802)[1], std::nullopt);
}

TEST_F(ChunkEncoderTest, SortsByTimeAndThenByArrival) {
  using std::chrono::seconds;
  std::vector<std::string> tuples;
  for (int second : {3, 1, 3, 2, 1}) {
    MetricRecord record;
    record.input_tokens = static_cast<int64_t>(tuples.size());
    tuples.push_back(tuple(record, kEpoch + seconds{second}));
  }
  auto chunks = encode(tuples);
  ASSERT_EQ(chunks.size(), 1u);
  EXPECT_EQ(chunks[0].values("input_tokens"), (Values{1, 4, 3, 0, 2}));
  EXPECT_EQ(chunks[0].values("ts"),
            (Values{1'000'000, 1'000'000, 2'000'000, 3'000'000, 3'000'000}));
  EXPECT_EQ(chunks[0].number("ts_max"), 3'000'000);
  EXPECT_EQ(chunks[0].number("ts_unit"), 1'000'000);
}

TEST_F(ChunkEncoderTest, GivesEqualTimesOffsetsToo) {
  auto chunks = encode({tuple({}), tuple({})});
  EXPECT_EQ(chunks.at(0).values("ts"), (Values{0, 0}));
  EXPECT_FALSE(chunks.at(0).null("ts_int2"));
}

TEST_F(ChunkEncoderTest, KeepsCorrectionsApart) {
  std::vector<std::string> tuples;
  for (auto kind :
       {RecordKind::Request, RecordKind::Correction, RecordKind::Sample, RecordKind::Correction}) {
    MetricRecord record;
    record.kind = kind;
    record.cost_nanos = -static_cast<int64_t>(tuples.size());
    tuples.push_back(tuple(record));
  }
  auto chunks = encode(tuples);
  ASSERT_EQ(chunks.size(), 2u);
  EXPECT_EQ(chunks[0].number("kind_base"), 'c');
  EXPECT_TRUE(chunks[0].null("kind_unit"));
  EXPECT_EQ(chunks[0].values("cost_nanos"), (Values{-1, -3}));
  EXPECT_EQ(chunks[1].values("cost_nanos"), (Values{0, -2}));
}

TEST_F(ChunkEncoderTest, HoldsSoManyRecordsAndBytesAndNoMore) {
  auto sizes = [&](const std::vector<std::string>& tuples) {
    std::vector<size_t> sizes;
    for (const auto& chunk : encode(tuples)) sizes.push_back(chunk.records());
    return sizes;
  };
  EXPECT_EQ(sizes({tuple({})}), std::vector<size_t>{1});
  std::vector<std::string> tuples(kChunkRecordsMax, tuple({}));
  EXPECT_EQ(sizes(tuples), std::vector<size_t>{kChunkRecordsMax});
  tuples.push_back(tuple({}));
  EXPECT_EQ(sizes(tuples), (std::vector<size_t>{kChunkRecordsMax, 1}));
  const std::string text = "\"" + std::string(kChunkBytesMax / 3, 'x') + "\"";
  MetricRecord large;
  large.attributes = text;
  EXPECT_EQ(sizes(std::vector<std::string>(5, tuple(large))), (std::vector<size_t>{2, 2, 1}));
}

TEST_F(ChunkEncoderTest, LeavesWhatTheDatabaseWouldRefuseToTheDatabase) {
  MetricRecord bad;
  bad.cpu_centipercent = 10'001;
  EXPECT_TRUE(encode({tuple({}), tuple(bad)}).empty());
  bad = {};
  bad.latency_us = -1;
  EXPECT_TRUE(encode({tuple(bad)}).empty());
  EXPECT_EQ(out_, "");
  // And times that lie further apart than an interval is multiplied exactly.
  EXPECT_TRUE(encode({tuple({}), tuple({}, kEpoch + std::chrono::years{290})}).empty());
}

TEST_F(ChunkEncoderTest, KnowsTheColumnsThatACommitWrites) {
  EXPECT_TRUE(record_columns().starts_with("agent_id, ts, latency_us, "));
  EXPECT_TRUE(record_columns().ends_with(", error, custom, attributes"));
  EXPECT_TRUE(chunk_columns().starts_with(
      "agent_id, ts_min, ts_max, records, ts_unit, ts_int2, ts_int4, ts_int8, latency_us_base, "));
}

}  // namespace
}  // namespace sentinel::storage
