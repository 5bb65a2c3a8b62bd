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
  std::ifstream file(SENTINEL_SOURCES "/../docs/operating/limits.md");
  const std::string page(std::istreambuf_iterator<char>(file), {});
  for (const auto& setting : kLimitSettings) {
    const auto row = fmt::format("\n| `{}` | {}", setting.name, with_commas(setting.fallback));
    const auto found = page.find(row);
    ASSERT_NE(found, page.npos) << row;
    EXPECT_FALSE(std::isdigit(static_cast<unsigned char>(page[found + row.size()]))) << row;
  }
}

// The file that is installed names every setting, with its default behind a # where it leaves it.
TEST(PackagedSettings, AreAllInTheFile) {
  std::ifstream file(SENTINEL_SOURCES "/../deploy/sentinel.toml");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const auto& setting : kUpSettings) {
    const auto name = fmt::format("\n{} = ", setting.name);
    const bool set = text.find(name) != text.npos;
    const bool quoted = setting.fallback.find_first_not_of("0123456789") != setting.fallback.npos ||
                        setting.fallback.empty();
    const auto behind = fmt::format(fmt::runtime(quoted ? "\n# {} = \"{}\"\n" : "\n# {} = {}\n"),
                                    setting.name, setting.fallback);
    EXPECT_NE(set, text.find(behind) != text.npos) << setting.name;
  }
  auto none = [](const char*) -> const char* { return nullptr; };
  auto read = Settings::load(kUpSettings, {}, none, SENTINEL_SOURCES "/../deploy/sentinel.toml");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->text("data"), "/var/lib/sentinel");
}

// So do those of the containers: none names a setting that there is not.
TEST(PackagedSettings, OfContainersAreKnown) {
  auto none = [](const char*) -> const char* { return nullptr; };
  for (const char* service : {"metrics-api", "db-api", "worker"}) {
    const auto file = fmt::format(SENTINEL_SOURCES "/../docker/{0}/{0}.toml", service);
    auto read = Settings::load(kServiceSettings, {}, none, file);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->text("database_wait_s"), "300");
  }
}

}  // namespace
}  // namespace sentinel::apps
