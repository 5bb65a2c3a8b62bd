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

JsonFields fields_of(std::string_view body) {
  auto fields = JsonFields::read(body, {"a", "b"});
  if (!fields) throw std::runtime_error(fields.error().message);
  return std::move(*fields);
}

template <class T>
std::string why(const Result<T>& read) {
  return read ? "" : read.error().reason + ": " + read.error().message;
}

TEST(JsonFields, AreOfTheKindThatIsAskedFor) {
  auto fields = fields_of(R"({"a":"x\u00fc","b":7})");
  EXPECT_EQ(fields.text("a").value(), "x\xc3\xbc");
  EXPECT_EQ(fields.maybe_integer("b", 0, 7).value(), 7);
  EXPECT_EQ(why(fields.text("b")), "field_invalid: b must be a text");
  EXPECT_EQ(why(fields.maybe_integer("b", 0, 6)),
            "field_invalid: b must be an integer from 0 to 6");
  EXPECT_EQ(why(fields.maybe_integer("a", 0, 6)),
            "field_invalid: a must be an integer from 0 to 6");
  EXPECT_EQ(why(fields.maybe_flag("a")), "field_invalid: a must be true or false");
  EXPECT_EQ(why(fields.texts("a", 1)), "field_invalid: a must be a list of texts");
  EXPECT_EQ(why(fields.maybe_object("a")), "field_invalid: a must be an object");
  EXPECT_EQ(why(fields.maybe_changes("a", 1)), "field_invalid: a must be an object of texts");
}

TEST(JsonFields, ThatAreNullWereNotSent) {
  auto fields = fields_of(R"({"a":null})");
  for (std::string_view name : {"a", "b"}) {
    EXPECT_EQ(why(fields.text(name)), "field_missing: " + std::string(name) + " is missing");
    EXPECT_EQ(fields.maybe_text(name).value(), std::nullopt);
    EXPECT_EQ(fields.maybe_integer(name, 0, 1).value(), std::nullopt);
    EXPECT_EQ(fields.maybe_flag(name).value(), std::nullopt);
    EXPECT_TRUE(fields.texts(name, 1)->empty());
    EXPECT_EQ(fields.maybe_object(name).value(), std::nullopt);
    EXPECT_EQ(fields.maybe_changes(name, 1).value(), std::nullopt);
  }
}

TEST(JsonFields, HoldFlagsListsAndObjects) {
  EXPECT_EQ(fields_of(R"({"a":false})").maybe_flag("a").value(), false);
  auto lists = fields_of(R"({"a":["x",""],"b":["x",null]})");
  EXPECT_EQ(lists.texts("a", 2).value(), (std::vector<std::string>{"x", ""}));
  EXPECT_EQ(why(lists.texts("a", 1)), "field_invalid: a has over 1 items");
  EXPECT_EQ(why(lists.texts("b", 2)), "field_invalid: b[1] must be a text");
  auto objects = fields_of(R"({"a":{"x": "1", "y": null},"b":{"x":[1, 2]}})");
  EXPECT_EQ(objects.maybe_object("b").value(), R"({"x":[1,2]})");
  EXPECT_EQ(objects.maybe_changes("a", 2)->value(),
            (JsonFields::Changes{{"x", "1"}, {"y", std::nullopt}}));
  EXPECT_EQ(why(objects.maybe_changes("a", 1)), "field_invalid: a has over 1 members");
  EXPECT_EQ(why(objects.maybe_changes("b", 1)), "field_invalid: b.x must be a text");
}

TEST(JsonFields, AsChangesAreTheWholeBody) {
  EXPECT_EQ(fields_of(R"({"a":"1","b":null})").changes().value(),
            (JsonFields::Changes{{"a", "1"}, {"b", std::nullopt}}));
  EXPECT_EQ(why(fields_of(R"({"a":1})").changes()), "field_invalid: a must be a text");
  EXPECT_TRUE(fields_of("{}").changes()->empty());
}

TEST(JsonFields, RefuseWhatIsNoObjectOfKnownNames) {
  for (std::string_view body : {"", "[]", "1", "{", "{} {}", "{\"a\":\"\xff\"}"}) {
    EXPECT_EQ(why(JsonFields::read(body, {"a"})), "json_invalid: the body must be a JSON object")
        << body;
  }
  EXPECT_EQ(why(JsonFields::read(R"({"a":1,"c":1})", {"a", "b"})),
            "field_unknown: there is no field 'c'; there are a, b");
  EXPECT_EQ(why(JsonFields::read(R"({"a":1,"a":2})", {"a"})), "field_invalid: a is there twice");
  EXPECT_EQ(why(fields_of(R"({"a":"x\u0000y"})").text("a")), "field_invalid: a holds a NUL");
}

}  // namespace
}  // namespace sentinel::api
