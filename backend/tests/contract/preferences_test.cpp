// GET and POST /api/v1/me/preferences.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using models::Role;

class PreferencesTest : public ContractTest {
 protected:
  static constexpr auto kPath = "/api/v1/me/preferences";
  TestStack::Person person_ = stack().sign_in_as(Role::Viewer);

  Answer set(std::string_view body) const { return post(kPath, body, person_.headers()); }
  std::string now_set(std::string_view body) const {
    EXPECT_EQ(said(Contract::db_api().check_request("POST", kPath, Json::parse(body))), "");
    auto answer = set(body);
    EXPECT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(get(kPath, "", person_.headers()).body, answer.body);
    return answer.body;
  }
  int64_t rows() const {
    return TestDatabase::shared()
        .execute(fmt::format("SELECT count(*) FROM sentinel.session_event JOIN sentinel.app_user u "
                             "USING (user_id) WHERE type = 'preference_set' AND u.name = '{}'",
                             person_.name))
        .integer(0, 0);
  }
};

TEST_F(PreferencesTest, AreNoneAtFirst) {
  EXPECT_EQ(get(kPath, "", person_.headers()).body,
            R"({"theme":null,"time_zone":null,"range":null})");
}

TEST_F(PreferencesTest, KeepWhatAChangeLeavesOut) {
  EXPECT_EQ(now_set(R"({"theme":"dark","time_zone":"America/Argentina/Buenos_Aires"})"),
            R"({"theme":"dark","time_zone":"America/Argentina/Buenos_Aires","range":null})");
  EXPECT_EQ(
      now_set(R"({"range":"now-1d/d","theme":"system"})"),
      R"({"theme":"system","time_zone":"America/Argentina/Buenos_Aires","range":"now-1d/d"})");
  EXPECT_EQ(now_set(R"({"time_zone":null})"),
            R"({"theme":"system","time_zone":null,"range":"now-1d/d"})");
  EXPECT_EQ(rows(), 3);
  // What holds already is not written again.
  now_set(R"({"theme":"system"})");
  now_set("{}");
  EXPECT_EQ(rows(), 3);
}

TEST_F(PreferencesTest, AreOnePersonsInAllOfTheirSessions) {
  now_set(R"({"theme":"light","time_zone":"browser","range":"now-6h"})");
  auto again =
      post("/api/v1/sign-in",
           fmt::format(R"({{"name":"{}","password":"{}"}})", person_.name, person_.password), {});
  auto cookie = std::string(again.header("set-cookie"));
  EXPECT_EQ(get(kPath, "", {{"Cookie", cookie.substr(0, cookie.find(';'))}}).body,
            R"({"theme":"light","time_zone":"browser","range":"now-6h"})");
  auto other = stack().sign_in_as(Role::Viewer);
  EXPECT_EQ(get(kPath, "", other.headers()).body,
            R"({"theme":null,"time_zone":null,"range":null})");
}

TEST_F(PreferencesTest, RefuseWhatNobodyCouldPrefer) {
  auto refused = [&](std::string_view body) { return problem_of(set(body)); };
  EXPECT_EQ(refused(R"({"theme":"pink"})"),
            "400 field_invalid: theme must be system, light or dark");
  EXPECT_EQ(refused(R"({"theme":1})"), "400 field_invalid: theme must be a text");
  for (std::string zone :
       {"", "/etc/passwd", "Europe/", "Europe//Berlin", "Europe/Ber lin", "<script>"}) {
    EXPECT_EQ(refused(fmt::format(R"({{"time_zone":"{}"}})", zone)),
              "400 field_invalid: time_zone must be browser, or a name such as Europe/Berlin");
  }
  EXPECT_EQ(set(fmt::format(R"({{"time_zone":"{}"}})", std::string(64, 'z'))).status, 201);
  EXPECT_EQ(set(fmt::format(R"({{"time_zone":"{}"}})", std::string(65, 'z'))).status, 400);
  for (std::string range : {"", "6h", "now", "now-x", "2026-01-01T00:00:00Z"}) {
    EXPECT_EQ(refused(fmt::format(R"({{"range":"{}"}})", range)),
              "400 field_invalid: range must be a time such as now-6h or now-1d/d");
  }
  EXPECT_EQ(refused(R"({"colour":"red"})"),
            "400 field_unknown: there is no field 'colour'; there are theme, time_zone, range");
  EXPECT_EQ(refused("[]"), "400 json_invalid: the body must be a JSON object");
}

TEST_F(PreferencesTest, AreForPeople) {
  constexpr auto kRefused = "403 people_only: this is for people who signed in, not for keys";
  EXPECT_EQ(problem_of(get(kPath, "", bearer(read_key()))), kRefused);
  EXPECT_EQ(problem_of(post(kPath, R"({"theme":"dark"})", bearer(admin_key()))), kRefused);
  auto other_site = person_.headers();
  other_site["Sec-Fetch-Site"] = "same-site";
  EXPECT_EQ(problem_of(post(kPath, "{}", other_site)),
            "403 cross_site_refused: this request comes from a page of another site");
}

}  // namespace
}  // namespace sentinel
