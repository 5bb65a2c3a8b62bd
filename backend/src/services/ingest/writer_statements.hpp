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
std::string chunk_copy_statement(int32_t generation);

// The keys of all rows, sorted, each once: two writers with the same keys wait for each other in
// one order.
std::vector<Uuid> distinct_keys(const std::vector<const Rows*>& batch);

// Whether keys are looked for and written under two days at the moment: a retry may reach a replica
// whose clock runs ahead.
bool is_around_midnight();

// Inserts `keys` and gives back those that are new. `today`: the day that they are looked for, with
// the one before.
std::string key_statement(int32_t today, const std::vector<Uuid>& keys);

// Inserts keys of which none is there, or fails.
std::string key_copy_statement(int32_t today);

// As PostgreSQL reads uuid[].
std::string uuid_array(const std::vector<Uuid>& ids);

}  // namespace sentinel::ingest
