// Records as one table for statements, whatever form they are stored in: rows of metric_record,
// chunks of metric_hot_chunk, and, of generations that are sealed, chunks of metric_chunk.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "base/uuid.hpp"
#include "services/storage/history.hpp"

namespace sentinel::storage {

struct RecordRange {
  std::vector<Uuid> agents;  // none is all
  Timestamp start;
  Timestamp end;                 // exclusive
  Generations generations = {};  // that the range can be in
};

// An item of FROM, in parentheses and without an alias: the records of a range, with ts and those
// columns of metric_record that `named_in` names, a piece of SQL. An array that is not asked for is
// not opened.
std::string record_source(const RecordRange& range, std::string_view named_in);
// The same of the corrections alone, by indexes of their own.
std::string correction_source(const RecordRange& range, std::string_view named_in);

// What is wanted, as SQL over each form.
struct RecordConditions {
  std::string rows;     // over metric_record
  std::string chunks;   // over chunks `c`
  std::string records;  // over what is in them, `c` too
};
// The same of the records for which these hold, without parentheses.
std::string record_select(const RecordConditions& conditions, std::string_view named_in);

// The same without what is sealed.
std::string hot_record_select(const RecordConditions& conditions, std::string_view named_in);

// COPY of the chunks and of the rows that hold the records of a range, in binary: `list` is what to
// select of them, as RecordBatch says. Both are of one moment only in a transaction that is.
std::string copy_of_chunks(const RecordRange& range, std::string_view list);
std::string copy_of_rows(const RecordRange& range, std::string_view list);

// For sealing: the records of one generation as they came, with their order, and as its chunks have
// them, be it sealed yet or not.
std::string unsealed_select(int32_t generation, const RecordConditions& conditions,
                            std::string_view named_in);
std::string sealed_select(int32_t generation, const RecordConditions& conditions,
                          std::string_view named_in);

}  // namespace sentinel::storage
