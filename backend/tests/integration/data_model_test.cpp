// docs/architecture/data-model.md says what a migrated database holds. SENTINEL_UPDATE=1 writes it
// anew.
#include "support/data_model.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/process.hpp"

namespace sentinel {
namespace {

const std::string kPage = SENTINEL_SOURCES "/../docs/architecture/data-model.md";

// Before main(): a program that root started becomes another user with its first database, who may
// not be let in here.
const std::string page = read_file(kPage);
std::ofstream page_to_write =
    std::getenv("SENTINEL_UPDATE") ? std::ofstream(kPage) : std::ofstream();

TEST(DataModel, PageSaysWhatTheDatabaseHolds) {
  auto described = testing::describe_schema();
  if (page_to_write.is_open()) {
    page_to_write << described;
    EXPECT_TRUE(page_to_write.flush());
    return;
  }
  EXPECT_EQ(page, described) << "write it anew with SENTINEL_UPDATE=1 and commit it";
}

TEST(DataModel, EveryTableAndFunctionIsExplained) {
  auto described = testing::describe_schema();
  EXPECT_EQ(described.find("\n.\n"), std::string::npos) << "a table without a comment";
  EXPECT_EQ(described.find("| |\n", described.find("## Functions")), std::string::npos)
      << "a function without a comment";
}

}  // namespace
}  // namespace sentinel
