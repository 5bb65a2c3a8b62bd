// Every input that the fuzzers keep goes through its parser again, under the sanitizers of this
// build.
#include <gtest/gtest.h>

#include <filesystem>

#include "../../fuzz/targets.hpp"
#include "base/process.hpp"

namespace sentinel::fuzz {
namespace {

class FuzzCorpusTest : public ::testing::TestWithParam<Target> {};

TEST_P(FuzzCorpusTest, IsTakenWithoutACrash) {
  const auto folder = std::filesystem::path(SENTINEL_SOURCES) / "fuzz" / "corpus" / GetParam().name;
  int inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    SCOPED_TRACE(entry.path().filename().string());
    GetParam().run(read_file(entry.path()));
    ++inputs;
  }
  EXPECT_GT(inputs, 0);
}

INSTANTIATE_TEST_SUITE_P(All, FuzzCorpusTest,
                         ::testing::ValuesIn(targets().begin(), targets().end()),
                         [](const auto& tested) { return std::string(tested.param.name); });

}  // namespace
}  // namespace sentinel::fuzz
