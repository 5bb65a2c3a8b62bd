#include "base/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "support/test_database.hpp"

namespace sentinel {
namespace {

using sentinel::testing::TemporaryFolder;
using ::testing::HasSubstr;

constexpr Setting kTable[] = {
    {"data_dir", "./data", "where everything is kept"},
    {"threads", "2", "threads that answer requests"},
    {"verbose", "false", "say more"},
};

class SettingsTest : public ::testing::Test {
 protected:
  Result<Settings> load(const Settings::Flags& flags = {}) {
    return Settings::load(
        kTable, flags,
        [this](const char* name) -> const char* {
          auto found = environment_.find(name);
          return found == environment_.end() ? nullptr : found->second.c_str();
        },
        file_);
  }

  // The one sentence of a failure to load this file.
  std::string refused(const std::string& toml) {
    write(toml);
    auto settings = load();
    EXPECT_FALSE(settings);
    return settings ? "" : settings.error().message;
  }

  void write(const std::string& toml) {
    file_ = folder_.path() / "sentinel.toml";
    std::ofstream(file_) << toml;
  }

  TemporaryFolder folder_;
  std::map<std::string, std::string> environment_;
  std::string file_;
};

TEST_F(SettingsTest, NamesTheFlagAndTheEnvironmentOfASetting) {
  EXPECT_EQ(flag_of(kTable[0]), "--data-dir");
  EXPECT_EQ(environment_of(kTable[0]), "SENTINEL_DATA_DIR");
}

TEST_F(SettingsTest, GivesTheFallbackWhenNothingIsSaid) {
  auto settings = load();
  ASSERT_TRUE(settings);
  EXPECT_EQ(settings->text("data_dir"), "./data");
  EXPECT_EQ(settings->integer("threads", 1, 64).value(), 2);
}

TEST_F(SettingsTest, LetsAFlagBeatTheEnvironmentAndThatTheFile) {
  write("data_dir = '/from/file'\nthreads = 3\nverbose = true\n");
  environment_ = {{"SENTINEL_DATA_DIR", "/from/environment"}, {"SENTINEL_THREADS", "4"}};
  auto settings = load({{"data_dir", "/from/flag"}});
  ASSERT_TRUE(settings) << settings.error().message;
  EXPECT_EQ(settings->text("data_dir"), "/from/flag");
  EXPECT_EQ(settings->text("threads"), "4");
  EXPECT_EQ(settings->text("verbose"), "true");
}

TEST_F(SettingsTest, TakesAnEmptyEnvironmentForNone) {
  environment_ = {{"SENTINEL_DATA_DIR", ""}};
  EXPECT_EQ(load()->text("data_dir"), "./data");
}

TEST_F(SettingsTest, RefusesAKeyThatNoSettingHas) {
  EXPECT_EQ(refused("data_dri = 'x'\n"), file_ + ": there is no setting data_dri");
}

TEST_F(SettingsTest, RefusesAListAndBrokenToml) {
  EXPECT_EQ(refused("threads = [1]\n"), file_ + ": threads must be a text, a number or a boolean");
  EXPECT_THAT(refused("threads = 1\nverbose = = 2\n"), HasSubstr(file_ + ": line 2: "));
}

TEST_F(SettingsTest, RefusesAFileThatIsNotThere) {
  file_ = folder_.path() / "missing.toml";
  auto settings = load();
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().reason, "setting_invalid");
  EXPECT_THAT(settings.error().message, HasSubstr(file_));
}

TEST_F(SettingsTest, RefusesNumbersOutOfTheirLimits) {
  for (std::string text : {"0", "65", "-1", "2.5", "two", "", "99999999999999"}) {
    auto settings = load({{"threads", text}});
    auto number = settings->integer("threads", 1, 64);
    ASSERT_FALSE(number) << text;
    EXPECT_EQ(number.error().message, "threads '" + text + "' must be an integer from 1 to 64");
  }
  EXPECT_EQ(load({{"threads", "64"}})->integer("threads", 1, 64).value(), 64);
  EXPECT_EQ(load({{"threads", "1"}})->integer("threads", 1, 64).value(), 1);
}

TEST_F(SettingsTest, EndsTheProcessWhenAProgramAsksForWhatItDidNotDeclare) {
  ::testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(load()->text("nothing"), "no setting nothing in the table of this program");
}

}  // namespace
}  // namespace sentinel
