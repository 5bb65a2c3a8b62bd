// One record as a tuple of PostgreSQL's binary COPY.
#pragma once

#include <string>

#include "models/metric_record.hpp"

namespace sentinel::ingest {

// What the texts of a record became.
struct RecordIds {
  Uuid agent;
  std::optional<int32_t> model;
  std::optional<int32_t> host;
};

// Appends one tuple of storage::record_columns(). `ts` is the time to store: the record's own, or
// the time of arrival.
void append_tuple(std::string& out, const models::MetricRecord& record, const RecordIds& ids,
                  Timestamp ts);

// Appends one tuple (day, key_hash) of ingest_key. `day`: since 1970 UTC.
void append_key_tuple(std::string& out, int32_t day, const Uuid& key);

}  // namespace sentinel::ingest
