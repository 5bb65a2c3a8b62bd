// What is added up: the columns of metric_minute, metric_hour and metric_day. A record and a stored
// row of sums are brought to one form, in which rows are simply added; every statement about sums
// is written from this table.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sentinel::sums {

struct SumColumn {
  std::string name;       // as stored, and of the form that is added
  std::string of_record;  // SQL over a record (columns of metric_record)
  std::string of_stored;  // SQL over a stored row
  std::string merged;     // SQL over rows of one group
  std::string to_stored;  // SQL over merged columns: what is stored
};

std::span<const SumColumn> sum_columns();
// The column of this name; one that is not there is a defect of ours and ends the process.
const SumColumn& sum_column(std::string_view name);
bool has_sum_column(std::string_view name);

// By what records are told apart, beside the agent and the time.
inline constexpr std::string_view kSumKeys = "kind, model_id, host_id";

}  // namespace sentinel::sums
