// The text of the statements that commit a batch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "services/ingest/writer.hpp"

namespace sentinel::ingest {

// What a batch is known by, however often it is sent.
struct BatchId {
  int32_t day;  // since 1970 UTC
  Uuid writer;
  uint64_t sequence;
};

std::string batch_statement(const BatchId& id, int32_t generation,
                            const std::vector<const Rows*>& batch);

// Straight into the partition: its default names the generation, and no row has to be routed.
std::string copy_statement(int32_t generation);

// Inserts the keys of all rows and gives back those that are new. Sorted, so that two writers with
// the same keys wait for each other in one order.
std::string key_statement(int32_t day, const std::vector<const Rows*>& batch);

}  // namespace sentinel::ingest
