#include "http/compression.hpp"

#include <gtest/gtest.h>

namespace sentinel::http {
namespace {

constexpr size_t kLimit = 1 << 20;

std::string refused(std::string_view packed, size_t limit = kLimit) {
  auto plain = gunzip(packed, limit);
  EXPECT_FALSE(plain);
  return plain ? "" : plain.error().reason + ": " + plain.error().message;
}

TEST(Gzip, GoesThereAndBackAtEveryLevel) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i) + (i % 7 ? "," : "\n");
  for (int level = 1; level <= 9; ++level) {
    auto packed = gzip(text, level);
    EXPECT_LT(packed.size(), text.size());
    EXPECT_EQ(gunzip(packed, kLimit).value(), text);
  }
  EXPECT_EQ(gunzip(gzip("", 9), kLimit).value(), "");
}

TEST(Gunzip, ReadsMembersThatFollowEachOther) {
  EXPECT_EQ(gunzip(gzip("one ", 1) + gzip("two", 9), kLimit).value(), "one two");
}

TEST(Gunzip, ReadsManyEmptyMembers) {
  std::string packed;
  for (int i = 0; i < 100'000; ++i) packed += gzip("", 1);
  EXPECT_EQ(gunzip(packed + gzip("end", 1), kLimit).value(), "end");
}

TEST(Gunzip, RefusesWhatIsNoCompleteGzip) {
  constexpr auto kRefused = "gzip_invalid: the body is not complete gzip";
  auto packed = gzip("some text that is long enough to be cut", 6);
  EXPECT_EQ(refused(""), kRefused);
  EXPECT_EQ(refused("plain text"), kRefused);
  for (size_t size = 1; size < packed.size(); ++size)
    EXPECT_EQ(refused(packed.substr(0, size)), kRefused) << size;
  EXPECT_EQ(refused(packed + "rest"), kRefused);
  auto changed = packed;
  changed[packed.size() - 5] = static_cast<char>(changed[packed.size() - 5] ^ 1);  // its checksum
  EXPECT_EQ(refused(changed), kRefused);
}

TEST(Gunzip, StopsAtItsLimit) {
  auto packed = gzip(std::string(100'000, 'a'), 9);
  EXPECT_EQ(refused(packed, 99'999), "body_too_large: the body unpacks to more than 99999 bytes");
  EXPECT_EQ(gunzip(packed, 100'000)->size(), 100'000u);
}

TEST(Gunzip, CountsAllMembersTogether) {
  std::string packed;
  for (int i = 0; i < 64; ++i) packed += gzip(std::string(1 << 20, 'a'), 9);
  EXPECT_EQ(refused(packed, kLimit), "body_too_large: the body unpacks to more than 1048576 bytes");
}

}  // namespace
}  // namespace sentinel::http
