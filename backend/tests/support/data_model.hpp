// docs/architecture/data-model.md, written from the schema as a database has it.
#pragma once

#include <string>

namespace sentinel::testing {

// Markdown: tables with columns, keys, checks, indexes, triggers and grants, functions, and a
// diagram of what refers to what. Partitions are told of once, by their parent.
std::string describe_schema();

}  // namespace sentinel::testing
