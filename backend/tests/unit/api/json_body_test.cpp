#include "api/json_body.hpp"

#include <gtest/gtest.h>

namespace sentinel::api {
namespace {

constexpr size_t kMax = 10;

Result<TextFields> read(std::string body) {
  return read_text_fields(body, {"name", "password"}, kMax);
}

std::string refused(std::string body) {
  auto fields = read(std::move(body));
  return fields ? "" : fields.error().reason + ": " + fields.error().message;
}

TEST(ReadTextFields, ReadsAnObjectOfTexts) {
  EXPECT_EQ(read(R"({"name":"a\"\u00fc","password":""})").value(),
            (TextFields{{"name", "a\"\xc3\xbc"}, {"password", ""}}));
  EXPECT_TRUE(read("{}")->empty());
  EXPECT_EQ(read(" \n{ \"name\" : \"a\" }\n").value(), (TextFields{{"name", "a"}}));
}

TEST(ReadTextFields, LetsTheLastOfTwoWin) {
  EXPECT_EQ(read(R"({"name":"a","name":"b"})").value(), (TextFields{{"name", "b"}}));
}

TEST(ReadTextFields, RefusesWhatIsNoObjectOfTexts) {
  constexpr auto kRefused = "json_invalid: the body must be a JSON object of texts";
  for (std::string body : {"", "[]", "\"name\"", "7", "{", "{\"name\"", "{\"name\":\"a\"",
                           "{\"name\":\"a\"} x", "{name:1}", "{\"name\":\"\xff\"}", "null"}) {
    EXPECT_EQ(refused(body), kRefused) << body;
  }
  for (std::string value : {"1", "true", "null", "[]", "{}"}) {
    EXPECT_EQ(refused("{\"name\":" + value + "}"), "field_invalid: name must be a text");
  }
}

TEST(ReadTextFields, RefusesAFieldThatItDoesNotKnow) {
  EXPECT_EQ(refused(R"({"role":"admin"})"), "field_unknown: there is no field 'role'");
}

TEST(ReadTextFields, RefusesTextsOverTheLimitOrWithANul) {
  EXPECT_EQ(read("{\"name\":\"" + std::string(kMax, 'n') + "\"}")->at("name").size(), kMax);
  EXPECT_EQ(refused("{\"name\":\"" + std::string(kMax + 1, 'n') + "\"}"),
            "field_invalid: name must have at most 10 bytes and no NUL");
  EXPECT_EQ(refused(R"({"name":"a\u0000"})"),
            "field_invalid: name must have at most 10 bytes and no NUL");
}

}  // namespace
}  // namespace sentinel::api
