#include "http/compression.hpp"

#include <gtest/gtest.h>

#include "support/zstd.hpp"

namespace sentinel::http {
namespace {

using testing::zstd;

constexpr size_t kLimit = 1 << 20;

std::string refusal(const Result<std::string>& plain) {
  EXPECT_FALSE(plain);
  return plain ? "" : plain.error().reason + ": " + plain.error().message;
}
std::string refused(std::string_view packed, size_t limit = kLimit) {
  return refusal(gunzip(packed, limit));
}
std::string refused_zstd(std::string_view packed, size_t limit = kLimit) {
  return refusal(unzstd(packed, limit));
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

TEST(Unzstd, ReadsFramesThatFollowEachOther) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * i) + (i % 7 ? "," : "\n");
  auto packed = zstd(text);
  EXPECT_LT(packed.size(), text.size());
  EXPECT_EQ(unzstd(packed, kLimit).value(), text);
  EXPECT_EQ(unzstd(zstd("one ") + zstd("") + zstd("two"), kLimit).value(), "one two");
  EXPECT_EQ(unzstd(zstd(""), kLimit).value(), "");
  std::string many;
  const auto empty = zstd("");
  for (int i = 0; i < 100'000; ++i) many += empty;
  EXPECT_EQ(unzstd(many + zstd("end"), kLimit).value(), "end");
}

// Where what is unpacked ends exactly with the room that there is for it, as elsewhere.
TEST(Unzstd, GivesEverySizeWhole) {
  for (size_t size : {65'535u, 65'536u, 65'537u, 131'072u, 1u << 20}) {
    EXPECT_EQ(unzstd(zstd(std::string(size, 'a')), kLimit).value().size(), size);
    EXPECT_EQ(unzstd(zstd(std::string(size, 'a')), size).value().size(), size);
  }
}

TEST(Unzstd, RefusesWhatIsNoCompleteZstd) {
  constexpr auto kRefused = "zstd_invalid: the body is not complete zstd";
  auto packed = zstd("some text that is long enough to be cut");
  EXPECT_EQ(refused_zstd(""), kRefused);
  EXPECT_EQ(refused_zstd("plain text"), kRefused);
  for (size_t size = 1; size < packed.size(); ++size)
    EXPECT_EQ(refused_zstd(packed.substr(0, size)), kRefused) << size;
  EXPECT_EQ(refused_zstd(packed + "rest"), kRefused);
  auto changed = packed;
  changed.back() = static_cast<char>(changed.back() ^ 1);  // its checksum
  EXPECT_EQ(refused_zstd(changed), kRefused);
}

TEST(Unzstd, StopsAtItsLimit) {
  auto packed = zstd(std::string(100'000, 'a'));
  EXPECT_EQ(refused_zstd(packed, 99'999),
            "body_too_large: the body unpacks to more than 99999 bytes");
  EXPECT_EQ(unzstd(packed, 100'000)->size(), 100'000u);
  std::string many;
  for (int i = 0; i < 64; ++i) many += zstd(std::string(1 << 20, 'a'));
  EXPECT_EQ(refused_zstd(many, kLimit),
            "body_too_large: the body unpacks to more than 1048576 bytes");
}

TEST(Unzstd, RefusesAWindowThatTakesMoreMemoryThanItMay) {
  EXPECT_EQ(unzstd(zstd("text", 23), kLimit).value(), "text");
  EXPECT_EQ(refused_zstd(zstd("text", 24)),
            "zstd_window_too_large: the body was packed with a window over the limit of 8388608 "
            "bytes");
}

TEST(Coding, IsTheOneThatIsLikedBest) {
  EXPECT_EQ(liked_coding(""), Coding::Identity);
  EXPECT_EQ(liked_coding("br, deflate"), Coding::Identity);
  EXPECT_EQ(liked_coding("gzip"), Coding::Gzip);
  EXPECT_EQ(liked_coding("GZIP , br"), Coding::Gzip);
  EXPECT_EQ(liked_coding("gzip, deflate, br, zstd"), Coding::Zstd);
  EXPECT_EQ(liked_coding("zstd;q=0.5, gzip; q=0.9"), Coding::Gzip);
  EXPECT_EQ(liked_coding("zstd;q=0, gzip;q=0"), Coding::Identity);
  EXPECT_EQ(liked_coding("gzip;q=nonsense"), Coding::Identity);
  EXPECT_EQ(liked_coding("x-gzip"), Coding::Identity);
  EXPECT_EQ(liked_coding("*"), Coding::Zstd);
  EXPECT_EQ(liked_coding("*;q=0.5, zstd;q=0"), Coding::Gzip);
  EXPECT_EQ(liked_coding(",;,"), Coding::Identity);
  EXPECT_TRUE(takes_gzip("zstd, gzip;q=0.1"));
  EXPECT_FALSE(takes_gzip("zstd, gzip;q=0"));
}

TEST(Packer, GivesTheSameWhateverThePieces) {
  std::string text;
  for (int64_t i = 0; i < 50'000; ++i) text += std::to_string(i * i) + (i % 7 ? "," : "\n");
  for (auto coding : {Coding::Gzip, Coding::Zstd}) {
    const auto unpack = coding == Coding::Gzip ? gunzip : unzstd;
    for (size_t piece : {size_t{997}, size_t{100'000}, text.size()}) {
      auto packer = make_packer(coding);
      std::string packed;
      for (size_t at = 0; at < text.size(); at += piece) {
        packed += packer->pack(std::string_view(text).substr(at, piece), false);
      }
      EXPECT_FALSE(unpack(packed, kLimit)) << "complete before its end";
      packed += packer->pack("", true);
      EXPECT_LT(packed.size(), text.size() / 2) << name_of(coding);
      EXPECT_EQ(unpack(packed, kLimit).value_or("broken"), text) << name_of(coding);
    }
    EXPECT_EQ(unpack(make_packer(coding)->pack("", true), kLimit).value_or("broken"), "");
  }
  EXPECT_EQ(make_packer(Coding::Identity), nullptr);
  EXPECT_EQ(name_of(Coding::Identity), "identity");
}

}  // namespace
}  // namespace sentinel::http
