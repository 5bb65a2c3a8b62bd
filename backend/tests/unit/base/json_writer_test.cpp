#include "base/json_writer.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "support/json.hpp"

namespace sentinel {
namespace {

using sentinel::testing::Json;

std::string written(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST(JsonWriter, WritesEveryKindOfValue) {
  JsonWriter json;
  json.begin_object()
      .field("text", "a")
      .field("string", std::string("b"))
      .field("view", std::string_view("c"))
      .field("flag", true)
      .field("integer", -7)
      .field("large", std::numeric_limits<uint64_t>::max())
      .field("number", 2.5)
      .field("nothing", std::optional<int>{})
      .field("something", std::optional<double>{0.1});
  json.key("list").begin_array().value(1).value("x").null().begin_object().end_object().end_array();
  json.key("raw").raw("[1,2]").end_object();
  EXPECT_EQ(json.text(),
            R"({"text":"a","string":"b","view":"c","flag":true,)"
            R"("integer":-7,"large":18446744073709551615,)"
            R"("number":2.5,"nothing":null,"something":0.1,"list":[1,"x",null,{}],"raw":[1,2]})");
}

TEST(JsonWriter, PutsCommasBetweenNestedValues) {
  JsonWriter json;
  json.begin_array()
      .begin_array()
      .end_array()
      .begin_array()
      .value(1)
      .value(2)
      .end_array()
      .end_array();
  EXPECT_EQ(json.take(), "[[],[1,2]]");
}

TEST(JsonWriter, StartsAgainAfterClear) {
  JsonWriter json;
  json.begin_array().value(1).end_array();
  EXPECT_EQ(json.size(), 3u);
  json.clear();
  json.begin_array().value(2).end_array();
  EXPECT_EQ(json.text(), "[2]");
}

TEST(JsonWriter, WritesNumbersInTheShortestFormThatReadsBackTheSame) {
  for (double number : {0.1, 1e300, 5e-324, 1.0 / 3.0, 123456789.123, -0.5}) {
    JsonWriter json;
    json.value(number);
    EXPECT_EQ(Json::parse(json.text()).number(), number) << json.text();
  }
  JsonWriter json;
  json.begin_array().value(0.1).value(130.0).value(1e21).end_array();
  EXPECT_EQ(json.text(), "[0.1,130,1e+21]");
}

TEST(JsonWriter, WritesNullForWhatIsNoFiniteNumber) {
  JsonWriter json;
  json.begin_array()
      .value(std::numeric_limits<double>::quiet_NaN())
      .value(std::numeric_limits<double>::infinity())
      .value(1)
      .end_array();
  EXPECT_EQ(json.text(), "[null,null,1]");
}

TEST(AppendJsonString, EscapesWhatJsonWants) {
  EXPECT_EQ(written("plain"), "\"plain\"");
  EXPECT_EQ(written(""), "\"\"");
  EXPECT_EQ(written("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(written("\n\r\t"), R"("\n\r\t")");
  EXPECT_EQ(written(std::string_view("\0\x1f\x7f", 3)), "\"\\u0000\\u001f\x7f\"");
  EXPECT_EQ(written("gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x80"),
            "\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x9a\x80\"");
}

TEST(AppendJsonString, IsReadBackAsTheSameText) {
  std::string text;
  for (int c = 0; c < 128; ++c) text += static_cast<char>(c);
  EXPECT_EQ(Json::parse(written(text)).text(), text);
}

// A sentence of an error may quote bytes that a client sent, or be cut within a character.
TEST(AppendJsonString, WritesAReplacementForBytesThatAreNoUtf8) {
  const std::string replacement = "\xef\xbf\xbd";
  EXPECT_EQ(written("a\xff"), "\"a" + replacement + "\"");
  EXPECT_EQ(written("a\xc3"), "\"a" + replacement + "\"");
  EXPECT_EQ(written("\xc3\x28"), "\"" + replacement + "(\"");
  EXPECT_EQ(written("\xed\xa0\x80z"),
            "\"" + replacement + replacement + replacement + "z\"");  // a surrogate
  EXPECT_EQ(written("\xc3\xbc\xfe\n\""), "\"\xc3\xbc" + replacement + "\\n\\\"\"");
}

}  // namespace
}  // namespace sentinel
