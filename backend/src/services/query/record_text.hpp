// How the fields of a record are told in raw pages and exports: names for ids, words for letters,
// units of the API for those of the model.
#pragma once

#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "postgres/connection.hpp"
#include "services/storage/record_batch.hpp"
#include "services/storage/record_source.hpp"

namespace sentinel::query {

// A column of raw records and of exports.
struct RawColumn {
  enum class Kind {
    Number,
    Time,  // RFC 3339
    Word,  // a text of ours
    Text,  // free text, which a spreadsheet might take for a formula
    Json,
  };
  enum class Value {
    Decimal,
    Time,
    AgentId,
    Agent,
    RecordKind,
    Status,
    CostSource,
    Provider,
    Model,
    Host,
    TraceId,
    SpanId,
    Json,
  };
  std::string_view name;
  Value value = Value::Decimal;
  Kind kind = Kind::Number;
  std::string_view of = {};  // a column of metric_record
  int decimals = 0;          // of which the integer is that power of ten of a unit
};
std::span<const RawColumn> raw_columns();
using RawColumns = std::vector<const RawColumn*>;

// What has to be read for these.
storage::ColumnPlaces places_of(const RawColumns& columns);

// The names behind the ids of records. They never change, so what was learned stays.
class Names {
 public:
  // Asks for those that are not known. Errors: Unavailable.
  Task<Result<void>> learn(postgres::Connection& connection, const storage::RecordBatch& records,
                           const RawColumns& columns);

  struct Model {
    std::string provider;
    std::string name;
  };
  // Null where there is none; what they point to stays.
  const std::string* agent(const Uuid& id) const { return find(agents_, id); }
  const Model* model(int64_t id) const { return find(models_, id); }
  const std::string* host(int64_t id) const { return find(hosts_, id); }

 private:
  template <class Map>
  const Map::mapped_type* find(const Map& map, const Map::key_type& id) const {
    std::shared_lock lock(mutex_);
    auto found = map.find(id);
    return found == map.end() ? nullptr : &found->second;
  }

  mutable std::shared_mutex mutex_;
  std::unordered_map<Uuid, std::string> agents_;
  std::unordered_map<int64_t, Model> models_;
  std::unordered_map<int64_t, std::string> hosts_;
};

// What records that were priced later, or priced anew, cost more than they say themselves: it is in
// corrections beside them.
class PricedLater {
 public:
  // Looks for the corrections of records without a price, or, `anew`, of all whose cost was
  // computed, if there are any and the columns tell of prices. `range` is that of the records.
  // Errors: Unavailable.
  static Task<Result<PricedLater>> of(postgres::Connection& connection,
                                      const storage::RecordBatch& records,
                                      const storage::RecordRange& range, const RawColumns& columns,
                                      bool anew);

  bool contains(const storage::RecordBatch& records, size_t index) const;
  // Nano-dollars to add. Records that nothing tells apart have one correction, in equal parts.
  std::optional<int64_t> difference(const storage::RecordBatch& records, size_t index) const;

 private:
  struct Later {
    int64_t nanos = 0;
    int64_t records = 0;
  };
  std::unordered_map<std::string, Later> corrections_;
};

// The fields of records as texts.
class RecordText {
 public:
  RecordText(const Names& names, const PricedLater& priced, const storage::RecordBatch& records)
      : names_(names), priced_(priced), records_(records) {}

  // With the corrections that are known; as text, good until the next call.
  std::optional<int64_t> cost_nanos(size_t index) const;
  std::optional<std::string_view> corrected_cost(size_t index);

  // Good until the next call; nothing where nothing was measured.
  std::optional<std::string_view> field(size_t index, const RawColumn& column);

 private:
  std::string_view time(Timestamp time);
  std::string_view decimal(int64_t value, int decimals);

  const Names& names_;
  const PricedLater& priced_;
  const storage::RecordBatch& records_;
  std::string text_;
  // Of the record before, which mostly is of the same day, and has the same names.
  std::string day_;
  Timestamp day_begin_ = Timestamp::max();
  std::optional<Uuid> agent_id_;
  const std::string* agent_ = nullptr;
  std::optional<int64_t> model_id_;
  const Names::Model* model_ = nullptr;
  std::optional<int64_t> host_id_;
  const std::string* host_ = nullptr;
};

// A field as JSON, appended.
void append_json(std::string& out, std::optional<std::string_view> field, RawColumn::Kind kind);

}  // namespace sentinel::query
