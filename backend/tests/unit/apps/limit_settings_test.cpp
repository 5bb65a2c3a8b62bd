// The page for operators names every limit, with the default that the program has.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cctype>
#include <fstream>
#include <iterator>

#include "apps/commands.hpp"

namespace sentinel::apps {
namespace {

// "4096" -> "4,096"
std::string with_commas(std::string_view number) {
  std::string text(number);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
  return text;
}

TEST(LimitSettings, AreAllInTheDocumentation) {
  std::ifstream file(SENTINEL_SOURCES "/../docs/operating.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  for (const auto& setting : kLimitSettings) {
    const auto row = fmt::format("\n| `{}` | {}", setting.name, with_commas(setting.fallback));
    const auto found = page.find(row);
    ASSERT_NE(found, page.npos) << row;
    EXPECT_FALSE(std::isdigit(static_cast<unsigned char>(page[found + row.size()]))) << row;
  }
}

}  // namespace
}  // namespace sentinel::apps
