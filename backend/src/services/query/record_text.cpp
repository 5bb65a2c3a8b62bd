#include "services/query/record_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/json_writer.hpp"

namespace sentinel::query {

namespace {

using Kind = RawColumn::Kind;
using Value = RawColumn::Value;
using storage::place_of;

constexpr RawColumn kRawColumns[] = {
    {"timestamp", Value::Time, Kind::Time},
    {"agent_id", Value::AgentId, Kind::Word},
    {"agent", Value::Agent, Kind::Text},
    {"kind", Value::RecordKind, Kind::Word, "kind"},
    {"status", Value::Status, Kind::Word, "error"},
    {"request_count", Value::Decimal, Kind::Number, "request_count"},
    {"latency_ms", Value::Decimal, Kind::Number, "latency_us", 3},
    {"ttft_ms", Value::Decimal, Kind::Number, "ttft_us", 3},
    {"throughput_req_per_min", Value::Decimal, Kind::Number, "throughput_millirpm", 3},
    {"cost_usd", Value::Decimal, Kind::Number, "cost_nanos", 9},
    {"cost_source", Value::CostSource, Kind::Word, "cost_source"},
    {"provider", Value::Provider, Kind::Text, "model_id"},
    {"model", Value::Model, Kind::Text, "model_id"},
    {"input_tokens", Value::Decimal, Kind::Number, "input_tokens"},
    {"output_tokens", Value::Decimal, Kind::Number, "output_tokens"},
    {"cache_read_tokens", Value::Decimal, Kind::Number, "cache_read_tokens"},
    {"cache_write_tokens", Value::Decimal, Kind::Number, "cache_write_tokens"},
    {"reasoning_tokens", Value::Decimal, Kind::Number, "reasoning_tokens"},
    {"cpu_usage_percent", Value::Decimal, Kind::Number, "cpu_centipercent", 2},
    {"gpu_usage_percent", Value::Decimal, Kind::Number, "gpu_centipercent", 2},
    {"gpu_count", Value::Decimal, Kind::Number, "gpu_count"},
    {"memory_usage_mb", Value::Decimal, Kind::Number, "memory_bytes", 6},
    {"gpu_memory_usage_mb", Value::Decimal, Kind::Number, "gpu_memory_bytes", 6},
    {"host", Value::Host, Kind::Text, "host_id"},
    {"process_id", Value::Decimal, Kind::Number, "process_id"},
    {"trace_id", Value::TraceId, Kind::Word, "trace_id"},
    {"span_id", Value::SpanId, Kind::Word, "span_id"},
    {"custom_metrics", Value::Json, Kind::Json, "custom"},
    {"attributes", Value::Json, Kind::Json, "attributes"},
};

constexpr size_t kKind = place_of("kind"), kCost = place_of("cost_nanos"),
                 kModel = place_of("model_id"), kHost = place_of("host_id"),
                 kTrace = place_of("trace_id"), kSpan = place_of("span_id"),
                 kCostSource = place_of("cost_source");
static_assert(std::ranges::all_of(kRawColumns, [](const RawColumn& column) {
  return column.of.empty() || place_of(column.of) < storage::kRecordColumnCount;
}));

bool tells(const RawColumns& columns, Value value) {
  return std::ranges::find(columns, value, &RawColumn::value) != columns.end();
}

// A correction names its record by these.
std::string price_key(const Uuid& agent, Timestamp time, int64_t model, int64_t host,
                      const Uuid& trace, int64_t span) {
  std::string key(reinterpret_cast<const char*>(agent.bytes.data()), agent.bytes.size());
  key.append(reinterpret_cast<const char*>(trace.bytes.data()), trace.bytes.size());
  for (const int64_t number : {time.time_since_epoch().count(), model, host, span}) {
    key.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return key;
}

std::string list_of(const auto& ids) {
  std::string list;
  for (const auto& id : ids) {
    list.append(list.empty() ? "" : ",");
    if constexpr (std::is_integral_v<std::decay_t<decltype(id)>>) {
      list += std::to_string(id);
    } else {
      list += format_uuid(id);
    }
  }
  return list;
}

// Whether a correction may be beside it: reported cost has none.
bool is_correctable(const storage::RecordBatch& records, size_t index, bool anew) {
  const auto source = records.integer(index, kCostSource);
  return source == 'u' || (anew && source == 'c' && records.integer(index, kKind) != 'c');
}

std::string key_of(const storage::RecordBatch& records, size_t index) {
  auto number = [&](size_t place) { return records.integer(index, place).value_or(0); };
  return price_key(records.agent(index), records.time(index), number(kModel), number(kHost),
                   records.uuid(index, kTrace).value_or(Uuid{}), number(kSpan));
}

}  // namespace

std::span<const RawColumn> raw_columns() { return kRawColumns; }

storage::ColumnPlaces places_of(const RawColumns& columns) {
  storage::ColumnPlaces places;
  auto want = [&places](size_t place) {
    if (std::ranges::find(places, place) == places.end()) places.push_back(place);
  };
  for (const auto* column : columns) {
    if (!column->of.empty()) want(place_of(column->of));
  }
  if (tells(columns, Value::CostSource)) {
    for (const auto place : {kKind, kModel, kHost, kTrace, kSpan}) want(place);
  }
  return places;
}

Task<Result<void>> Names::learn(postgres::Connection& connection,
                                const storage::RecordBatch& records, const RawColumns& columns) {
  std::unordered_set<Uuid> agents;
  std::unordered_set<int64_t> models, hosts;
  const bool model_wanted = tells(columns, Value::Model) || tells(columns, Value::Provider);
  auto look = [&](size_t place, const auto& known, auto& unknown) {
    std::optional<int64_t> before;
    for (size_t i = 0; i < records.size(); ++i) {
      const auto id = records.integer(i, place);
      if (id && id != before && !known.contains(*id)) unknown.insert(*id);
      before = id;
    }
  };
  {
    std::shared_lock lock(mutex_);
    if (tells(columns, Value::Agent)) {
      for (size_t i = 0; i < records.size(); ++i) {
        if (!agents_.contains(records.agent(i))) agents.insert(records.agent(i));
      }
    }
    if (model_wanted) look(kModel, models_, models);
    if (tells(columns, Value::Host)) look(kHost, hosts_, hosts);
  }
  std::optional<postgres::Rows> found_agents, found_models, found_hosts;
  if (!agents.empty()) {
    auto rows = co_await connection.execute(fmt::format(
        "SELECT agent_id, name FROM agent WHERE agent_id = ANY ('{{{}}}')", list_of(agents)));
    if (!rows) co_return forward(rows);
    found_agents = std::move(*rows);
  }
  if (!models.empty()) {
    auto rows = co_await connection.execute(
        fmt::format("SELECT model_id, provider, name FROM model WHERE model_id = ANY ('{{{}}}')",
                    list_of(models)));
    if (!rows) co_return forward(rows);
    found_models = std::move(*rows);
  }
  if (!hosts.empty()) {
    auto rows = co_await connection.execute(fmt::format(
        "SELECT host_id, name FROM host WHERE host_id = ANY ('{{{}}}')", list_of(hosts)));
    if (!rows) co_return forward(rows);
    found_hosts = std::move(*rows);
  }
  std::unique_lock lock(mutex_);
  for (int row = 0; found_agents && row < found_agents->size(); ++row) {
    agents_.emplace(parse_uuid(found_agents->text(row, 0)).value_or(Uuid{}),
                    found_agents->text(row, 1));
  }
  for (int row = 0; found_models && row < found_models->size(); ++row) {
    models_.emplace(found_models->integer(row, 0), Model{std::string(found_models->text(row, 1)),
                                                         std::string(found_models->text(row, 2))});
  }
  for (int row = 0; found_hosts && row < found_hosts->size(); ++row) {
    hosts_.emplace(found_hosts->integer(row, 0), found_hosts->text(row, 1));
  }
  co_return Result<void>{};
}

Task<Result<PricedLater>> PricedLater::of(postgres::Connection& connection,
                                          const storage::RecordBatch& records,
                                          const storage::RecordRange& range,
                                          const RawColumns& columns, bool anew) {
  PricedLater priced;
  if (!tells(columns, Value::CostSource)) co_return priced;
  auto correctable = [&](size_t index) { return is_correctable(records, index, anew); };
  size_t first = 0, last = records.size();
  while (first < last && !correctable(first)) ++first;
  while (last > first && !correctable(last - 1)) --last;
  if (first == last) co_return priced;
  auto beside = range;
  beside.start = records.time(first);
  beside.end = records.time(last - 1) + Microseconds{1};
  auto rows = co_await connection.execute(fmt::format(
      "SELECT agent_id, (extract(epoch FROM ts) * 1000000)::bigint, model_id, host_id, trace_id, "
      "span_id, sum(cost_nanos)::bigint FROM {} r GROUP BY 1, 2, 3, 4, 5, 6",
      storage::correction_source(
          beside, "agent_id, ts, model_id, host_id, trace_id, span_id, cost_nanos")));
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    const auto key =
        price_key(parse_uuid(rows->text(row, 0)).value_or(Uuid{}),
                  Timestamp{Microseconds{rows->integer(row, 1)}}, rows->integer(row, 2),
                  rows->integer(row, 3), parse_uuid(rows->text(row, 4)).value_or(Uuid{}),
                  rows->integer(row, 5));
    priced.corrections_[key].nanos = rows->integer(row, 6);
  }
  for (size_t i = first; i < last && !priced.corrections_.empty(); ++i) {
    if (!correctable(i)) continue;
    if (auto found = priced.corrections_.find(key_of(records, i));
        found != priced.corrections_.end()) {
      ++found->second.records;
    }
  }
  co_return priced;
}

bool PricedLater::contains(const storage::RecordBatch& records, size_t index) const {
  return !corrections_.empty() && corrections_.contains(key_of(records, index));
}

std::optional<int64_t> PricedLater::difference(const storage::RecordBatch& records,
                                               size_t index) const {
  if (corrections_.empty()) return std::nullopt;
  const auto found = corrections_.find(key_of(records, index));
  if (found == corrections_.end() || found->second.records == 0) return std::nullopt;
  return found->second.nanos / found->second.records;
}

std::optional<int64_t> RecordText::cost_nanos(size_t index) const {
  const auto own = records_.integer(index, kCost);
  const auto more = priced_.difference(records_, index);
  return more ? own.value_or(0) + *more : own;
}

std::optional<std::string_view> RecordText::corrected_cost(size_t index) {
  const auto nanos = cost_nanos(index);
  if (!nanos) return std::nullopt;
  return decimal(*nanos, 9);
}

std::string_view RecordText::time(Timestamp time) {
  using std::chrono::days;
  if (time < day_begin_ || time >= day_begin_ + days{1}) {
    day_begin_ = Timestamp{std::chrono::floor<days>(time).time_since_epoch()};
    day_ = format_rfc3339(day_begin_).substr(0, std::string_view("2026-01-01T").size());
  }
  const auto of_day = (time - day_begin_).count();
  const auto digits = [this](int64_t number, int count) {
    const size_t end = text_.size() + static_cast<size_t>(count);
    text_.resize(end);
    for (size_t at = end; count > 0; --count, number /= 10) {
      text_[--at] = static_cast<char>('0' + number % 10);
    }
  };
  text_ = day_;
  digits(of_day / 3'600'000'000, 2);
  text_ += ':';
  digits(of_day / 60'000'000 % 60, 2);
  text_ += ':';
  digits(of_day / 1'000'000 % 60, 2);
  text_ += '.';
  digits(of_day % 1'000'000, 6);
  text_ += 'Z';
  return text_;
}

// Exact, and without the zeros at its end.
std::string_view RecordText::decimal(int64_t value, int decimals) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  text_.clear();
  std::string_view number(digits, end);
  if (number.front() == '-') {
    text_ += '-';
    number.remove_prefix(1);
  }
  const auto places = static_cast<size_t>(decimals);
  if (number.size() <= places) {
    text_ += '0';
  } else {
    text_ += number.substr(0, number.size() - places);
    number.remove_prefix(number.size() - places);
  }
  if (places == 0) return text_;
  const auto last = number.find_last_not_of('0');
  if (last == number.npos) return text_;
  text_ += '.';
  text_.append(places - number.size(), '0').append(number.substr(0, last + 1));
  return text_;
}

std::optional<std::string_view> RecordText::field(size_t index, const RawColumn& column) {
  switch (column.value) {
    case Value::Time:
      return time(records_.time(index));
    case Value::AgentId:
      text_ = format_uuid(records_.agent(index));
      return text_;
    case Value::Agent:
      if (agent_id_ != records_.agent(index)) {
        agent_id_ = records_.agent(index);
        agent_ = names_.agent(*agent_id_);
      }
      if (!agent_) return std::nullopt;
      return *agent_;
    case Value::TraceId: {
      const auto id = records_.uuid(index, kTrace);
      if (!id) return std::nullopt;
      text_ = to_hex({reinterpret_cast<const char*>(id->bytes.data()), id->bytes.size()});
      return text_;
    }
    case Value::Json: {
      const auto json = records_.json(index, place_of(column.of));
      if (json.empty()) return std::nullopt;
      return json;
    }
    default:
      break;
  }
  const auto value = records_.integer(index, place_of(column.of));
  if (!value) return std::nullopt;
  switch (column.value) {
    case Value::RecordKind:
      return *value == 'r' ? "request" : *value == 's' ? "sample" : "correction";
    case Value::Status:
      return *value == 0 ? "success" : "error";
    case Value::CostSource:
      if (*value == 'r') return "reported";
      return *value == 'u' && !priced_.contains(records_, index) ? "unpriced" : "computed";
    case Value::Provider:
    case Value::Model: {
      if (model_id_ != value) {
        model_id_ = value;
        model_ = names_.model(*value);
      }
      if (!model_) return std::nullopt;
      const auto& name = column.value == Value::Model ? model_->name : model_->provider;
      if (name.empty()) return std::nullopt;
      return name;
    }
    case Value::Host:
      if (host_id_ != value) {
        host_id_ = value;
        host_ = names_.host(*value);
      }
      if (!host_) return std::nullopt;
      return *host_;
    case Value::SpanId:
      text_ = fmt::format("{:016x}", static_cast<uint64_t>(*value));
      return text_;
    default:
      return decimal(*value, column.decimals);
  }
}

void append_json(std::string& out, std::optional<std::string_view> field, Kind kind) {
  if (!field) {
    out += "null";
  } else if (kind == Kind::Text) {
    append_json_string(out, *field);
  } else if (kind == Kind::Time || kind == Kind::Word) {
    out.append("\"").append(*field).append("\"");
  } else {
    out += *field;
  }
}

}  // namespace sentinel::query
