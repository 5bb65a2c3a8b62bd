// The validator must say what is wrong, or all tests that use it would prove nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/contract.hpp"

namespace sentinel::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Contract& contract() {
  static const Contract parsed = Contract::parse(R"yaml(
paths:
  /things/{id}:
    get:
      x-permission: viewer
      responses:
        '200':
          content:
            application/json: { schema: { $ref: '#/components/schemas/Thing' } }
            text/csv: { schema: { type: string } }
        '204': { description: nothing }
        '400': { $ref: '#/components/responses/Problem' }
    post:
      security: []
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Thing' } } } }
      responses:
        '201':
          content: { application/json: { schema: { type: array, maxItems: 2, items: { type: integer } } } }
components:
  responses:
    Problem:
      headers: { Retry-After: { schema: { type: integer } } }
      content: { application/problem+json: { schema: { type: object } } }
  schemas:
    Thing:
      type: object
      additionalProperties: false
      required: [id, name]
      properties:
        id: { type: string, format: uuid }
        name: { type: string, minLength: 1, maxLength: 3, pattern: '^[a-z]+$' }
        at: { type: [string, 'null'], format: date-time }
        share: { type: number, minimum: 0, maximum: 100 }
        count: { type: integer }
        kind: { enum: [a, b] }
        tags: { type: object, maxProperties: 1, additionalProperties: { type: [string, number, boolean] } }
        either:
          oneOf: [ { type: integer }, { type: object, required: [x], properties: { x: { type: number } } } ]
)yaml");
  return parsed;
}

const std::string kId = R"("id":"0af71d9c-22f1-4b8e-9a44-00ff10203040")";

Faults check(const std::string& members) {
  return contract().check_schema(
      "Thing",
      Json::parse("{" + kId + ",\"name\":\"abc\"" + (members.empty() ? "" : ",") + members + "}"));
}

Answer answer(int status, std::string type, std::string body) {
  Answer made{status, {}, std::move(body), true};
  if (!type.empty()) made.headers["content-type"] = std::move(type);
  return made;
}

TEST(Validator, IsSilentWhenAllIsWell) {
  EXPECT_THAT(check(""), IsEmpty());
  EXPECT_THAT(check(R"("at":null,"share":100,"count":3,"kind":"b","tags":{"x":1},"either":7)"),
              IsEmpty());
  EXPECT_THAT(
      check(
          R"("at":"2026-11-22T20:45:00.5Z","share":0.5,"count":3.0,"either":{"x":1,"more":true})"),
      IsEmpty());
}

TEST(Validator, NamesAMissingAndAnUnknownMember) {
  EXPECT_THAT(contract().check_schema("Thing", Json::parse("{" + kId + "}")),
              ElementsAre("$ has no name"));
  EXPECT_THAT(check(R"("extra":1)"), ElementsAre("$.extra is not in the contract"));
}

TEST(Validator, NamesAValueOfAnotherType) {
  EXPECT_THAT(check(R"("share":"1")"), ElementsAre("$.share is \"1\" and not number"));
  EXPECT_THAT(check(R"("share":null)"), ElementsAre("$.share is null and not number"));
  EXPECT_THAT(check(R"("count":1.5)"), ElementsAre("$.count is 1.5 and not integer"));
  EXPECT_THAT(check(R"("at":7)"), ElementsAre("$.at is 7 and not string or null"));
  EXPECT_THAT(check(R"("tags":{"x":[]})"),
              ElementsAre("$.tags.x is [] and not string or number or boolean"));
  EXPECT_THAT(contract().check_schema("Thing", Json::parse("[]")),
              ElementsAre("$ is [] and not object"));
}

TEST(Validator, NamesAValueOutOfItsLimits) {
  EXPECT_THAT(check(R"("share":100.5)"), ElementsAre("$.share is 100.5, over 100"));
  EXPECT_THAT(check(R"("share":-1)"), ElementsAre("$.share is -1, under 0"));
  EXPECT_THAT(check(R"("tags":{"x":1,"y":2})"), ElementsAre("$.tags has 2 members, over 1"));
  EXPECT_THAT(check(R"("kind":"c")"), ElementsAre("$.kind is \"c\" and not one of a, b"));
}

TEST(Validator, NamesATextThatDoesNotFit) {
  auto named = [](std::string_view name) {
    return contract().check_schema(
        "Thing", Json::parse("{" + kId + ",\"name\":\"" + std::string(name) + "\"}"));
  };
  EXPECT_THAT(named(""),
              ElementsAre("$.name has 0 characters, under 1", "$.name '' does not match ^[a-z]+$"));
  EXPECT_THAT(named("abcd"), ElementsAre("$.name has 4 characters, over 3"));
  EXPECT_THAT(named("A"), ElementsAre("$.name 'A' does not match ^[a-z]+$"));
  EXPECT_THAT(check(R"("at":"yesterday")"), ElementsAre("$.at 'yesterday' is no date-time"));
  EXPECT_THAT(contract().check_schema("Thing", Json::parse(R"({"id":"7","name":"a"})")),
              ElementsAre("$.id '7' is no uuid"));
}

TEST(Validator, WantsExactlyOneOfSeveralSchemas) {
  EXPECT_THAT(check(R"("either":"x")"),
              ElementsAre("$.either fits 0 of 2 schemas: $.either is \"x\" and not integer; "
                          "$.either is \"x\" and not object"));
  EXPECT_THAT(check(R"("either":{})"), ElementsAre(HasSubstr("$.either has no x")));
}

TEST(Validator, ChecksEveryItemOfAnArray) {
  auto check_body = [](std::string body) {
    return contract().check("POST", "/things/{id}",
                            answer(201, "application/json", std::move(body)));
  };
  EXPECT_THAT(check_body("[1,2]"), IsEmpty());
  EXPECT_THAT(check_body("[1,\"x\"]"), ElementsAre("$[1] is \"x\" and not integer"));
  EXPECT_THAT(check_body("[1,2,3]"), ElementsAre("$ has 3 items, over 2"));
}

TEST(Validator, NamesAStatusAndATypeThatAreNotListed) {
  EXPECT_THAT(contract().check("GET", "/things/{id}", answer(404, "application/json", "{}")),
              ElementsAre("GET /things/{id} may not answer 404: {}"));
  EXPECT_THAT(contract().check("GET", "/things/{id}", answer(200, "text/html", "<p>")),
              ElementsAre("GET /things/{id} may not answer 200 as 'text/html'"));
  EXPECT_THAT(
      contract().check("GET", "/things/{id}", answer(200, "text/csv; charset=utf-8", "a,b")),
      IsEmpty());
}

TEST(Validator, ReadsTheBodyOfAnAnswer) {
  EXPECT_THAT(contract().check("GET", "/things/{id}", answer(200, "application/json", "{")),
              ElementsAre(HasSubstr("this is no JSON")));
  EXPECT_THAT(
      contract().check("GET", "/things/{id}", answer(200, "application/json", "{" + kId + "}")),
      ElementsAre("$ has no name"));
  EXPECT_THAT(
      contract().check("GET", "/things/{id}", answer(200, "application/json", R"({"a":1,"a":2})")),
      ElementsAre("'a' is there twice"));
}

TEST(Validator, WantsNoBodyWhereThereIsNone) {
  EXPECT_THAT(contract().check("GET", "/things/{id}", answer(204, "", "")), IsEmpty());
  EXPECT_THAT(contract().check("GET", "/things/{id}", answer(204, "text/plain", "x")),
              ElementsAre("there should be no body"));
}

TEST(Validator, WantsTheHeadersOfAnAnswer) {
  auto problem = answer(400, "application/problem+json", "{}");
  EXPECT_THAT(contract().check("GET", "/things/{id}", problem),
              ElementsAre("Retry-After is missing"));
  problem.headers["retry-after"] = "1";
  EXPECT_THAT(contract().check("GET", "/things/{id}", problem), IsEmpty());
}

TEST(Validator, ChecksRequestsToo) {
  EXPECT_THAT(
      contract().check_request("POST", "/things/{id}", Json::parse("{" + kId + ",\"name\":\"a\"}")),
      IsEmpty());
  EXPECT_THAT(contract().check_request("POST", "/things/{id}", Json::parse("{" + kId + "}")),
              ElementsAre("$ has no name"));
}

TEST(Validator, KnowsOnlyWhatIsInTheContract) {
  EXPECT_THROW(contract().check("GET", "/nothing", answer(200, "", "")), std::runtime_error);
  EXPECT_THROW(contract().check("HEAD", "/things/{id}", answer(200, "", "")), std::runtime_error);
  EXPECT_THROW(contract().check_schema("Nothing", Json::parse("1")), std::runtime_error);
}

TEST(Validator, ListsOperations) {
  auto operations = contract().operations();
  ASSERT_EQ(operations.size(), 2u);
  EXPECT_EQ(operations[0].method, "GET");
  EXPECT_EQ(operations[0].permission, "viewer");
  EXPECT_TRUE(operations[0].secured);
  EXPECT_EQ(operations[1].path, "/things/{id}");
  EXPECT_FALSE(operations[1].secured);
}

}  // namespace
}  // namespace sentinel::testing
