#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>

#include "collector_test_support.hpp"
#include "collectors/buffer/backlog.hpp"

namespace sentinel::collectors {
namespace {

using testing::Folder;

constexpr uint64_t kPlenty = 64 * 1024 * 1024;

Item metric(std::string json) { return {.route = Route::Metrics, .json = std::move(json)}; }
Item event(std::string json) { return {.route = Route::Events, .json = std::move(json)}; }

SegmentQueue open_queue(const Folder& folder, uint64_t bytes_max = kPlenty) {
  auto queue = SegmentQueue::open(folder.path(), bytes_max);
  if (!queue) throw std::runtime_error(queue.error().message);
  return std::move(*queue);
}

// The newest segment that holds records.
std::string segment_file(const Folder& folder) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    if (entry.path().extension() != ".segment" || entry.file_size() <= 8) continue;
    newest = std::max(newest, entry.path().string());
  }
  return newest;
}

TEST(Batch, HoldsOneRouteUpToItsLimits) {
  Batch batch;
  EXPECT_TRUE(batch.add(metric("1"), 3, 100));
  EXPECT_FALSE(batch.add(event("2"), 3, 100));
  EXPECT_TRUE(batch.add(metric("2"), 3, 100));
  EXPECT_FALSE(batch.add(metric(std::string(200, 'x')), 3, 100));
  EXPECT_TRUE(batch.add(metric("3"), 3, 100));
  EXPECT_FALSE(batch.add(metric("4"), 3, 100));
  EXPECT_EQ(batch.json, "[1,2,3]");
  EXPECT_EQ(batch.count, 3u);
}

TEST(MemoryRing, GivesTheOldestFirst) {
  MemoryRing ring(kPlenty);
  for (int i = 0; i < 5; ++i) ring.push(metric(std::to_string(i)));
  EXPECT_EQ(ring.peek(3, 1000).json, "[0,1,2]");
  ring.pop(3);
  EXPECT_EQ(ring.peek(3, 1000).json, "[3,4]");
  ring.pop(9);
  EXPECT_EQ(ring.peek(3, 1000).count, 0u);
}

TEST(MemoryRing, DropsTheOldestAndCountsThem) {
  MemoryRing ring(1000);
  for (int i = 0; i < 10; ++i) ring.push(metric(std::to_string(i) + std::string(300, ' ')));
  EXPECT_LT(ring.size(), 4u);
  EXPECT_EQ(ring.size() + ring.dropped(), 10u);
  EXPECT_TRUE(ring.peek(1, 10'000).json.starts_with("[" + std::to_string(ring.dropped())));
}

TEST(SegmentQueue, GivesBackWhatWasPushedInOrder) {
  Folder folder;
  auto queue = open_queue(folder);
  EXPECT_EQ(queue.peek(10, 1000).count, 0u);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(queue.push(metric(std::to_string(i))));
  EXPECT_EQ(queue.size(), 5u);
  EXPECT_EQ(queue.peek(2, 1000).json, "[0,1]");
  queue.pop(2);
  EXPECT_EQ(queue.peek(10, 1000).json, "[2,3,4]");
  queue.pop(3);
  EXPECT_EQ(queue.size(), 0u);
  ASSERT_TRUE(queue.push(event("5")));
  auto batch = queue.peek(10, 1000);
  EXPECT_EQ(batch.json, "[5]");
  EXPECT_EQ(batch.route, Route::Events);
}

TEST(SegmentQueue, OutlivesItsProcess) {
  Folder folder;
  {
    auto queue = open_queue(folder);
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(queue.push(metric(std::to_string(i))));
    queue.peek(2, 1000);
    queue.pop(2);
  }
  auto queue = open_queue(folder);
  EXPECT_EQ(queue.size(), 3u);
  EXPECT_EQ(queue.damaged(), 0u);
  ASSERT_TRUE(queue.push(metric("5")));
  EXPECT_EQ(queue.peek(10, 1000).json, "[2,3,4]") << "a batch is of one segment";
  queue.pop(3);
  EXPECT_EQ(queue.peek(10, 1000).json, "[5]");
}

TEST(SegmentQueue, SendsAgainWhatItForgotToHaveSent) {
  Folder folder;
  {
    auto queue = open_queue(folder);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.push(metric(std::to_string(i))));
    queue.pop(2);
  }
  fs::remove(folder.path() / "position");
  EXPECT_EQ(open_queue(folder).peek(10, 1000).json, "[0,1,2]");
}

TEST(SegmentQueue, CutsATornTailOff) {
  Folder folder;
  {
    auto queue = open_queue(folder);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.push(metric(std::to_string(i) + "00")));
  }
  auto file = segment_file(folder);
  fs::resize_file(file, fs::file_size(file) - 2);
  auto queue = open_queue(folder);
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.damaged(), 0u) << "it was never whole";
  ASSERT_TRUE(queue.push(metric("3")));
  EXPECT_EQ(queue.peek(10, 1000).json, "[000,100]");
  queue.pop(2);
  EXPECT_EQ(queue.peek(10, 1000).json, "[3]");
}

TEST(SegmentQueue, NoticesAChangedByteWhenItIsOpened) {
  Folder folder;
  {
    auto queue = open_queue(folder);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.push(metric("100")));
  }
  auto file = segment_file(folder);
  std::fstream(file, std::ios::in | std::ios::out | std::ios::binary).seekp(8 + 16 + 13).put('7');
  auto queue = open_queue(folder);
  EXPECT_EQ(queue.size(), 1u);
  EXPECT_EQ(queue.peek(10, 1000).json, "[100]");
}

TEST(SegmentQueue, NoticesAChangedByteWhileItIsOpen) {
  Folder folder;
  auto queue = open_queue(folder);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.push(metric("100")));
  std::fstream(segment_file(folder), std::ios::in | std::ios::out | std::ios::binary)
      .seekp(8 + 16 + 13)
      .put('7');
  EXPECT_EQ(queue.peek(10, 1000).json, "[100]");
  EXPECT_EQ(queue.damaged(), 2u);
  ASSERT_TRUE(queue.push(metric("200")));
  queue.pop(1);
  EXPECT_EQ(queue.peek(10, 1000).json, "[200]") << "new ones do not come behind the damage";
  EXPECT_EQ(queue.size(), 1u);
}

TEST(SegmentQueue, SkipsASegmentThatIsDamagedFromItsStart) {
  Folder folder;
  {
    auto queue = open_queue(folder);
    ASSERT_TRUE(queue.push(metric("100")));
  }
  auto queue = open_queue(folder);
  ASSERT_TRUE(queue.push(metric("200")));
  // The first of the two segments, after it was counted.
  std::fstream(folder / "00000001.segment", std::ios::in | std::ios::out | std::ios::binary)
      .seekp(8 + 13)
      .put('7');
  EXPECT_EQ(queue.peek(10, 1000).json, "[200]");
  EXPECT_EQ(queue.damaged(), 1u);
}

// Out of file descriptors for a moment: that says nothing of what the files hold.
TEST(SegmentQueue, KeepsWhatItCannotOpenNow) {
  Folder folder;
  auto queue = open_queue(folder, 64);  // a segment for every record or two
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(queue.push(metric(std::to_string(i))));
  const auto size = queue.size();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  auto nothing = queue.peek(10, 1000);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(nothing.count, 0u);
  EXPECT_EQ(queue.size(), size);
  EXPECT_EQ(queue.damaged(), 0u);
  EXPECT_GT(queue.peek(10, 1000).count, 0u);
}

TEST(SegmentQueue, DropsTheOldestAtItsLimit) {
  Folder folder;
  constexpr uint64_t limit = 64 * 1024;
  auto queue = open_queue(folder, limit);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(queue.push(metric(fmt::format("{:04}{}", i, std::string(196, ' ')))));
    ASSERT_LE(queue.bytes(), limit);
  }
  EXPECT_GT(queue.size(), 200u);
  EXPECT_EQ(queue.size() + queue.dropped(), 1000u);
  EXPECT_TRUE(queue.peek(1, 1000).json.starts_with(fmt::format("[{:04}", queue.dropped())));
  uint64_t on_disk = 0;
  for (const auto& entry : fs::directory_iterator(folder.path())) on_disk += entry.file_size();
  EXPECT_LE(on_disk, limit + 64);
}

TEST(SegmentQueue, EmptiesItsFilesWhenAllIsSent) {
  Folder folder;
  auto queue = open_queue(folder, 64 * 1024);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(queue.push(metric(std::string(200, ' '))));
  while (auto count = queue.peek(50, 1'000'000).count) queue.pop(count);
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_EQ(segment_file(folder), "");
}

TEST(SegmentQueue, RefusesASecondCollector) {
  Folder folder;
  auto queue = open_queue(folder);
  auto second = SegmentQueue::open(folder.path(), kPlenty);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::Conflict);
  EXPECT_EQ(second.error().message,
            "another process keeps its samples in the folder " + folder.path().string());
}

TEST(SegmentQueue, SaysWhichFolderItCannotUse) {
  Folder folder;
  folder.write("file", "");
  auto queue = SegmentQueue::open(folder / "file/buffer", kPlenty);
  ASSERT_FALSE(queue);
  EXPECT_EQ(queue.error().message,
            fmt::format("cannot keep samples in {}: Not a directory", folder / "file/buffer"));
}

TEST(SegmentQueue, RefusesAnEndlessRecord) {
  Folder folder;
  auto queue = open_queue(folder);
  EXPECT_EQ(queue.push(metric(std::string(1024 * 1024 + 1, ' '))).error().code,
            ErrorCode::TooLarge);
}

// Lets files grow to `bytes` only, as a full disk does.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST(SegmentQueue, AWriteThatFailsLeavesNothingBehind) {
  Folder folder;
  auto queue = open_queue(folder);
  ASSERT_TRUE(queue.push(metric("1")));
  {
    FileSizeLimit limit(100);
    auto pushed = queue.push(metric(std::string(200, ' ')));
    ASSERT_FALSE(pushed);
    EXPECT_EQ(pushed.error().code, ErrorCode::Unavailable);
    EXPECT_FALSE(queue.push(metric(std::string(200, ' '))));
  }
  ASSERT_TRUE(queue.push(metric("2")));
  EXPECT_EQ(queue.peek(10, 1000).json, "[1,2]");
}

TEST(Backlog, WaitsInMemoryWithoutAFolder) {
  Backlog backlog(kPlenty);
  backlog.push(metric("1"));
  EXPECT_EQ(backlog.size(), 1u);
  EXPECT_FALSE(backlog.durable());
  EXPECT_EQ(backlog.peek(10, 100).json, "[1]");
  backlog.pop(1);
  EXPECT_EQ(backlog.size(), 0u);
}

TEST(Backlog, TakesMemoryWhenTheDiskRefuses) {
  Folder folder;
  Backlog backlog(kPlenty, open_queue(folder));
  backlog.push(metric("1"));
  EXPECT_TRUE(backlog.durable());
  {
    FileSizeLimit limit(24);
    backlog.push(metric(std::string("2") + std::string(100, ' ')));
    backlog.push(metric(std::string("3") + std::string(100, ' ')));
  }
  EXPECT_FALSE(backlog.durable());
  EXPECT_EQ(backlog.size(), 3u);
  EXPECT_EQ(backlog.peek(10, 1000).json, "[1]") << "what is on disk is older";
  backlog.pop(1);
  EXPECT_TRUE(backlog.peek(10, 1000).json.starts_with("[2"));
  backlog.pop(2);
  EXPECT_EQ(backlog.lost(), 0u);
}

TEST(Backlog, CountsAndLogsLossOnce) {
  Backlog backlog(500);
  ::testing::internal::CaptureStderr();
  for (int i = 0; i < 10; ++i) backlog.push(metric(std::string(100, ' ')));
  while (backlog.size() > 0) backlog.pop(1);
  auto text = ::testing::internal::GetCapturedStderr();
  EXPECT_GT(backlog.lost(), 0u);
  EXPECT_EQ(text.find("the buffer is full"), text.rfind("the buffer is full"));
  EXPECT_NE(text.find(fmt::format("{} samples were lost in all", backlog.lost())),
            std::string::npos);
}

}  // namespace
}  // namespace sentinel::collectors
