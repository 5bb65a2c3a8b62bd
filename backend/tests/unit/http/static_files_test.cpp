#include "http/static_files.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "http/compression.hpp"
#include "support/test_database.hpp"

namespace sentinel::http {
namespace {

using sentinel::testing::TemporaryFolder;
using ::testing::HasSubstr;

std::string header(const Response& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

class StaticFilesTest : public ::testing::Test {
 protected:
  StaticFilesTest() {
    std::filesystem::create_directories(folder_.path() / "assets");
    write("index.html", "<!doctype html>");
    write("assets/app-1a2b.js", script_);
    write("assets/style-3c4d.css", "a{}");
    write("icon.svg", "<svg/>");
    write("odd.xyz", "?");
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() / name) << text;
  }

  Response respond(std::string path,
                   std::vector<std::pair<std::string, std::string>> headers = {}) {
    auto files = StaticFiles::load(folder_.path());
    EXPECT_TRUE(files);
    Request request;
    request.method = Method::Get;
    request.path = std::move(path);
    request.headers = std::move(headers);
    return files->respond(request);
  }

  TemporaryFolder folder_;
  std::string script_ = std::string(5000, ';');
};

TEST_F(StaticFilesTest, GivesAFileWithItsType) {
  EXPECT_EQ(respond("/assets/app-1a2b.js").body, script_);
  EXPECT_EQ(respond("/assets/app-1a2b.js").content_type, "text/javascript; charset=utf-8");
  EXPECT_EQ(respond("/assets/style-3c4d.css").content_type, "text/css; charset=utf-8");
  EXPECT_EQ(respond("/icon.svg").content_type, "image/svg+xml");
  EXPECT_EQ(respond("/odd.xyz").content_type, "application/octet-stream");
}

TEST_F(StaticFilesTest, GivesThePageForEveryPathOfTheDashboard) {
  for (std::string path : {"/", "/agents/7", "/agents/gpt-4.1-writer", "/settings"}) {
    auto response = respond(path);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "<!doctype html>");
    EXPECT_EQ(response.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(header(response, "Cache-Control"), "no-cache");
  }
}

TEST_F(StaticFilesTest, HasNothingForAFileThatIsNotThere) {
  for (std::string path : {"/missing.js", "/../static_files_test.cpp", "/assets/../index.html",
                           "/%2e%2e/etc/passwd"}) {
    auto response = respond(path);
    if (path == "/%2e%2e/etc/passwd") {
      EXPECT_EQ(response.body, "<!doctype html>");  // a page without a dot: never a file outside
      continue;
    }
    EXPECT_EQ(response.status, 404) << path;
    EXPECT_THAT(response.body, HasSubstr("there is nothing here"));
  }
}

TEST_F(StaticFilesTest, LetsHashedNamesBeKeptForEver) {
  EXPECT_EQ(header(respond("/assets/app-1a2b.js"), "Cache-Control"),
            "public, max-age=31536000, immutable");
  EXPECT_EQ(header(respond("/icon.svg"), "Cache-Control"), "no-cache");
}

TEST_F(StaticFilesTest, SaysThatNothingChanged) {
  auto first = respond("/icon.svg");
  auto etag = header(first, "ETag");
  ASSERT_EQ(etag.size(), 18u);
  auto second = respond("/icon.svg", {{"if-none-match", etag}});
  EXPECT_EQ(second.status, 304);
  EXPECT_EQ(second.body, "");
  EXPECT_EQ(header(second, "ETag"), etag);
  EXPECT_EQ(respond("/icon.svg", {{"if-none-match", "\"other\""}}).status, 200);
  write("icon.svg", "<svg></svg>");
  EXPECT_NE(header(respond("/icon.svg"), "ETag"), etag);
}

TEST_F(StaticFilesTest, PacksWhatGetsSmallerForThoseWhoTakeIt) {
  auto packed = respond("/assets/app-1a2b.js", {{"accept-encoding", "br, gzip"}});
  EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(header(packed, "Vary"), "Accept-Encoding");
  EXPECT_EQ(gunzip(packed.body, 10'000).value(), script_);
  EXPECT_EQ(
      header(respond("/assets/style-3c4d.css", {{"accept-encoding", "gzip"}}), "Content-Encoding"),
      "");
  EXPECT_EQ(header(respond("/assets/app-1a2b.js"), "Content-Encoding"), "");
  EXPECT_EQ(
      header(respond("/assets/app-1a2b.js", {{"accept-encoding", "gzip;q=0"}}), "Content-Encoding"),
      "");
}

TEST_F(StaticFilesTest, ForbidsForeignScriptsAndFrames) {
  auto response = respond("/");
  auto policy = header(response, "Content-Security-Policy");
  EXPECT_THAT(policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(policy, HasSubstr("script-src 'self';"));
  EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
  EXPECT_EQ(header(response, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(header(response, "Referrer-Policy"), "no-referrer");
}

TEST_F(StaticFilesTest, SaysThatThereIsNoDashboard) {
  TemporaryFolder empty;
  for (const auto& folder : {empty.path(), empty.path() / "missing"}) {
    auto files = StaticFiles::load(folder);
    ASSERT_FALSE(files);
    EXPECT_EQ(files.error().reason, "dashboard_missing");
    EXPECT_EQ(files.error().message, "there is no dashboard in " + folder.string() +
                                         "\nHINT: make build, or --dashboard FOLDER");
  }
}

}  // namespace
}  // namespace sentinel::http
