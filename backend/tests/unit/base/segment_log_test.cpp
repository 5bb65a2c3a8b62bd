// What a log on disk gives back after every way of ending: nothing that was answered for gets lost
// in silence. What the collector wants of it is in collectors/buffer_test.cpp.
#include "base/segment_log.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "support/test_database.hpp"

namespace sentinel {
namespace {

namespace fs = std::filesystem;
using testing::TemporaryFolder;

constexpr uint64_t kMagic = 8, kHead = 13;

class SegmentLogTest : public ::testing::Test {
 protected:
  SegmentLogOptions options_{.magic = "TESTLOG1",
                             .contents = "words",
                             .bytes_max = 1'000'000,
                             .when_full = SegmentLogOptions::WhenFull::Refuse,
                             .synced = true,
                             .disk_free_min = 0,
                             .frame_bytes_max = 100'000};
  TemporaryFolder folder_;

  SegmentLog open() const {
    auto log = SegmentLog::open(folder_.path(), options_);
    if (!log) throw std::runtime_error(log.error().message);
    return std::move(*log);
  }
  // Takes everything out, as who drains it does.
  static std::vector<std::string> drain(SegmentLog& log) {
    std::vector<std::string> words;
    while (log.size() > 0) {
      const auto before = words.size();
      log.peek([&](Frame&& frame) {
        words.push_back(std::move(frame.payload));
        return true;
      });
      if (words.size() == before) break;
      log.pop(words.size() - before);
    }
    return words;
  }
  fs::path segment(int number) const {
    return folder_.path() / fmt::format("{:08}.segment", number);
  }
  static void put(const fs::path& file, uint64_t offset, std::string_view bytes) {
    std::fstream(file, std::ios::in | std::ios::out | std::ios::binary)
        .seekp(static_cast<std::streamoff>(offset))
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  std::vector<std::string> files(std::string_view extension) const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().extension() == extension) names.push_back(entry.path().filename());
    }
    std::ranges::sort(names);
    return names;
  }
};

using Words = std::vector<std::string>;

TEST_F(SegmentLogTest, OutlivesItsProcessInOrder) {
  {
    auto log = open();
    for (auto* word : {"one", "two", "three"}) ASSERT_TRUE(log.push('w', word));
    log.pop(1);
  }
  auto log = open();
  ASSERT_TRUE(log.push('w', "four"));
  EXPECT_EQ(log.size(), 3u);
  EXPECT_EQ(drain(log), (Words{"two", "three", "four"}));
  EXPECT_EQ(files(".segment").size(), 1u);
}

// kill -9 at any byte of the last write: what was answered for is there, what was not is gone.
TEST_F(SegmentLogTest, CutsATornLastFrameAtAnyByte) {
  const std::string last(40, 'x');
  for (uint64_t kept = 0; kept < kHead + last.size(); ++kept) {
    TemporaryFolder folder;
    auto log = SegmentLog::open(folder.path(), options_);
    ASSERT_TRUE(log);
    ASSERT_TRUE(log->push('w', "first"));
    ASSERT_TRUE(log->push('w', last));
    {
      auto closed = std::move(*log);
    }
    fs::resize_file(folder.path() / "00000001.segment", kMagic + kHead + 5 + kept);
    auto again = SegmentLog::open(folder.path(), options_);
    ASSERT_TRUE(again);
    EXPECT_EQ(drain(*again), Words{"first"}) << kept;
    EXPECT_EQ(again->segments_damaged(), 0u) << kept;
  }
}

// A power cut may leave the length of what was never written, as zeros.
TEST_F(SegmentLogTest, CutsATailOfZeros) {
  {
    ASSERT_TRUE(open().push('w', "first"));
  }
  fs::resize_file(segment(1), 4096);
  auto log = open();
  EXPECT_EQ(drain(log), Words{"first"});
  EXPECT_EQ(log.segments_damaged(), 0u);
}

// A changed byte anywhere, also where it says how long the last frame is, is no torn tail.
TEST_F(SegmentLogTest, SetsADamagedSegmentAsideWhereverTheDamageIs) {
  const uint64_t second = kMagic + kHead + 3;
  for (uint64_t offset = 0; offset < 2 * (kHead + 3) + kMagic; ++offset) {
    TemporaryFolder folder;
    {
      auto log = SegmentLog::open(folder.path(), options_);
      ASSERT_TRUE(log);
      ASSERT_TRUE(log->push('w', "one"));
      ASSERT_TRUE(log->push('w', "two"));
    }
    put(folder.path() / "00000001.segment", offset, "\x7f");
    auto log = SegmentLog::open(folder.path(), options_);
    ASSERT_TRUE(log);
    ASSERT_TRUE(log->push('w', "three"));
    EXPECT_EQ(drain(*log), offset < second ? Words{"three"} : (Words{"one", "three"})) << offset;
    EXPECT_EQ(log->segments_damaged(), 1u) << offset;
    EXPECT_TRUE(fs::exists(folder.path() / "00000001.damaged")) << offset;
  }
}

TEST_F(SegmentLogTest, AnOlderSegmentIsNeverTorn) {
  {
    ASSERT_TRUE(open().push('w', "first"));
  }
  {
    ASSERT_TRUE(open().push('w', "second"));
  }
  fs::resize_file(segment(1), fs::file_size(segment(1)) - 1);
  auto log = open();
  EXPECT_EQ(drain(log), Words{"second"});
  EXPECT_EQ(log.segments_damaged(), 1u);
  EXPECT_EQ(files(".damaged"), Words{"00000001.damaged"});
}

TEST_F(SegmentLogTest, RefusesWhenItIsFullAndTakesMoreWhenItIsNot) {
  options_.bytes_max = 8000;
  auto log = open();
  const std::string kilobyte(1000, 'x');
  int taken = 0;
  Result<void> pushed;
  while ((pushed = log.push('w', kilobyte))) ++taken;
  EXPECT_EQ(pushed.error().code, ErrorCode::Unavailable);
  EXPECT_NE(pushed.error().message.find("its limit is"), std::string::npos);
  EXPECT_GE(taken, 6);
  EXPECT_LE(log.bytes(), options_.bytes_max);
  EXPECT_EQ(log.size(), static_cast<uint64_t>(taken));
  EXPECT_EQ(drain(log).size(), static_cast<size_t>(taken));
  EXPECT_TRUE(log.push('w', kilobyte));
}

TEST_F(SegmentLogTest, LeavesRoomForOthersOnTheDisk) {
  options_.disk_free_min = fs::space(folder_.path()).capacity;
  auto log = open();
  auto pushed = log.push('w', "word");
  ASSERT_FALSE(pushed);
  EXPECT_EQ(pushed.error().code, ErrorCode::Unavailable);
  EXPECT_EQ(pushed.error().reason, "disk_full");
  EXPECT_EQ(log.size(), 0u);
}

TEST_F(SegmentLogTest, RefusesWhatIsTooLarge) {
  auto log = open();
  EXPECT_EQ(log.push('w', std::string(100'001, 'x')).error().code, ErrorCode::TooLarge);
  EXPECT_TRUE(log.push('w', std::string(100'000, 'x')));
}

// A position that a power cut took back gives frames out twice; none is skipped.
TEST_F(SegmentLogTest, AStalePositionSkipsNothing) {
  {
    auto log = open();
    ASSERT_TRUE(log.push('w', "one"));
    ASSERT_TRUE(log.push('w', "two"));
    log.pop(1);
  }
  std::string stale;
  std::getline(std::ifstream(folder_.path() / "position"), stale);
  {
    auto log = open();
    drain(log);
    ASSERT_TRUE(log.push('w', "three"));
    ASSERT_TRUE(log.push('w', "four"));
  }
  std::ofstream(folder_.path() / "position") << stale;
  auto log = open();
  EXPECT_EQ(drain(log), (Words{"three", "four"}));
}

}  // namespace
}  // namespace sentinel
