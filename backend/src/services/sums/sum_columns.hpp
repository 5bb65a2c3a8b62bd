// What is added up: the columns of metric_minute, metric_hour and metric_day, and those of
// metric_custom_minute and its like. A record and a stored row of sums are brought to one form, in
// which rows are simply added; every statement about sums is written from these tables.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sentinel::sums {

// What sums are of: the columns of records, or their custom metrics, each by its name. Both are
// counted in passes of their own, and hold every record once by themselves. Those of the fleet are
// the columns of all agents together, rolled up from the sums of agents.
enum class Of { Columns, Custom, Fleet };

struct SumColumn {
  std::string name;       // as stored, and of the form that is added
  std::string of_record;  // SQL over a record (columns of metric_record)
  std::string of_stored;  // SQL over a stored row
  std::string merged;     // SQL over rows of one group
  std::string to_stored;  // SQL over merged columns: what is stored
};

std::span<const SumColumn> sum_columns(Of of);
// The column of this name; one that is not there is a defect of ours and ends the process.
const SumColumn& sum_column(Of of, std::string_view name);
bool has_sum_column(Of of, std::string_view name);

// By what records are told apart, beside the time and, but for the fleet, the agent.
std::string_view sum_keys(Of of);

// SQL that holds of records (of a chunk: of some of them) that have something to add.
std::string_view sum_condition(Of of);
// What of a record `of_record` and the keys are made from, and the item of FROM in which they are,
// of a SELECT of such records.
std::string_view sum_needs(Of of);
std::string sum_rows(Of of, std::string_view records);

}  // namespace sentinel::sums
