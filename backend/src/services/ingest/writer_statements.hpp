// The text of the statements that commit a batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/ingest/request.hpp"
#include "services/ingest/rows.hpp"

namespace sentinel::ingest {

std::string batch_statement(const BatchId& id, int32_t generation,
                            const std::vector<const Rows*>& batch);

// Straight into the partition: its default names the generation, and no row has to be routed.
std::string copy_statement(int32_t generation);

// Inserts the keys of all rows and gives back those that are new. Sorted, so that two writers with
// the same keys wait for each other in one order.
// `today`: the day that they are looked for, with the one before.
std::string key_statement(int32_t today, const std::vector<const Rows*>& batch);

}  // namespace sentinel::ingest
