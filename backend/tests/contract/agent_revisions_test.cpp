// POST /api/v1/agents/{id}/revisions: what people say of an agent.
#include "contract/contract_test.hpp"

namespace sentinel {
namespace {

using models::Role;

class AgentRevisions : public ContractTest {
 protected:
  static constexpr auto kPath = "/api/v1/agents/{id}/revisions";
  std::string agent_ = unique_name("described");

  void SetUp() override { store(fmt::format(R"({{"agent_id":"{}"}})", agent_)); }

  Answer revise(std::string_view body, Headers headers = json_with(admin_key())) const {
    return revise(agent_, body, std::move(headers));
  }
  static Answer revise(const std::string& agent, std::string_view body, Headers headers) {
    return kept(Contract::db_api(), "POST", kPath,
                http().post(fmt::format("/api/v1/agents/{}/revisions", percent_encode(agent)), body,
                            headers));
  }
  Json revised(std::string_view body) const {
    EXPECT_EQ(said(Contract::db_api().check_request("POST", kPath, Json::parse(body))), "");
    auto answer = revise(body);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return Json::parse(answer.body);
  }
  std::string refused(std::string_view body) const { return problem_of(revise(body)); }
  Json agent() const {
    return Json::parse(get("/api/v1/agents/{id}", "/api/v1/agents/" + agent_).body);
  }
};

TEST_F(AgentRevisions, DescribeAnAgent) {
  auto editor = stack().sign_in_as(Role::Editor);
  auto answer = revise(R"({"description":"Answers\nquestions","labels":{"team":"support"}})",
                       editor.headers());
  ASSERT_EQ(answer.status, 201) << answer.body;
  auto written = Json::parse(answer.body);
  EXPECT_EQ(written["agent"].text(), agent_);
  EXPECT_EQ(written["created_by"].text(), editor.name);
  auto shown = agent();
  EXPECT_EQ(shown["agent_id"].text(), written["agent_id"].text());
  EXPECT_EQ(shown["description"].text(), "Answers\nquestions");
  EXPECT_EQ(shown["labels"].dump(), R"({"team":"support"})");
  auto audit = TestDatabase::shared().execute(
      fmt::format("SELECT actor, detail ->> 'revision' FROM sentinel.audit_event WHERE action = "
                  "'agent_described' AND subject = '{}'",
                  agent_));
  ASSERT_EQ(audit.size(), 1);
  EXPECT_EQ(audit.text(0, 0), editor.name);
  EXPECT_EQ(audit.integer(0, 1), written["revision"].integer());
}

TEST_F(AgentRevisions, KeepWhatAChangeLeavesOut) {
  revised(R"({"description":"first","labels":{"team":"a","tier":"1"}})");
  auto second = revised(R"({"labels":{"tier":"2","zone":"x"}})");
  EXPECT_EQ(second["description"].text(), "first");
  EXPECT_EQ(second["labels"].dump(), R"({"team":"a","tier":"2","zone":"x"})");
  auto third = revised(R"({"description":"","labels":{"team":null,"none":null}})");
  EXPECT_EQ(third["description"].text(), "");
  EXPECT_EQ(third["labels"].dump(), R"({"tier":"2","zone":"x"})");
  EXPECT_GT(third["revision"].integer(), second["revision"].integer());
  auto rows = TestDatabase::shared().execute(
      fmt::format("SELECT count(*) FROM sentinel.agent_revision JOIN sentinel.agent USING "
                  "(agent_id) WHERE name = '{}'",
                  agent_));
  EXPECT_EQ(rows.integer(0, 0), 3);
}

TEST_F(AgentRevisions, KeepTheParent) {
  auto parent = unique_name("parent");
  store(fmt::format(R"({{"agent_id":"{}"}})", parent));
  TestDatabase::shared().execute(fmt::format(
      "INSERT INTO sentinel.agent_revision (agent_id, parent_id, created_by) SELECT c.agent_id, "
      "p.agent_id, 'test' FROM sentinel.agent c, sentinel.agent p WHERE c.name = '{}' AND p.name = "
      "'{}'",
      agent_, parent));
  revised(R"({"description":"still its child"})");
  EXPECT_EQ(agent()["parent"]["name"].text(), parent);
}

TEST_F(AgentRevisions, LoseNothingOfThoseWhoLabelAtTheSameTime) {
  std::vector<std::unique_ptr<HttpConnection>> connections;
  auto headers = json_with(admin_key());
  headers["Connection"] = "close";
  for (int i = 0; i < 8; ++i) {
    connections.push_back(std::make_unique<HttpConnection>(stack().port()));
    connections.back()->send(
        sentinel::testing::to_wire("POST", fmt::format("/api/v1/agents/{}/revisions", agent_),
                                   fmt::format(R"({{"labels":{{"l{}":"x"}}}})", i), headers));
  }
  for (auto& connection : connections) EXPECT_EQ(connection->read_answer().status, 201);
  EXPECT_EQ(agent()["labels"].size(), 8u);
}

TEST_F(AgentRevisions, AreForEditors) {
  auto viewer = stack().sign_in_as(Role::Viewer);
  EXPECT_EQ(problem_of(revise("{}", viewer.headers())),
            "403 role_refused: " + viewer.name + " has the role viewer, this needs editor");
  EXPECT_EQ(revise("{}", json_with(read_key())).status, 403);
  auto other_site = stack().sign_in_as(Role::Editor).headers();
  other_site["Origin"] = "https://evil.example";
  EXPECT_EQ(problem_of(revise("{}", other_site)),
            "403 cross_site_refused: this request comes from a page of another site");
}

TEST_F(AgentRevisions, RefuseAChangeWithTheFieldAndTheLimit) {
  EXPECT_EQ(problem_of(revise("nobody", "{}", json_with(admin_key()))),
            "404 agent_unknown: there is no agent 'nobody'");
  EXPECT_EQ(refused("[]"), "400 json_invalid: the body must be a JSON object");
  EXPECT_EQ(refused(R"({"name":"x"})"),
            "400 field_unknown: there is no field 'name'; there are description, labels");
  EXPECT_EQ(refused(R"({"description":1})"), "400 field_invalid: description must be a text");
  EXPECT_EQ(refused(fmt::format(R"({{"description":"{}"}})", std::string(2001, 'd'))),
            "400 field_invalid: description has 2001 characters, the limit is 2000");
  EXPECT_EQ(refused(R"({"description":"a\u0000b"})"), "400 field_invalid: description holds a NUL");
  EXPECT_EQ(refused(R"({"labels":["a"]})"), "400 field_invalid: labels must be an object of texts");
  EXPECT_EQ(refused(R"({"labels":{"a":1}})"), "400 field_invalid: labels.a must be a text");
  EXPECT_EQ(refused(R"({"labels":{"":"a"}})"), "400 field_invalid: the name of a label is empty");
  EXPECT_EQ(refused(R"({"labels":{"a":""}})"), "400 field_invalid: labels.a is empty");
  EXPECT_EQ(refused(fmt::format(R"({{"labels":{{"{}":"a"}}}})", std::string(101, 'n'))),
            "400 field_invalid: the name of a label has 101 characters, the limit is 100");
  EXPECT_EQ(refused(fmt::format(R"({{"labels":{{"a":"{}"}}}})", std::string(201, 'v'))),
            "400 field_invalid: labels.a has 201 characters, the limit is 200");
}

TEST_F(AgentRevisions, BoundTheLabelsOfAnAgent) {
  std::string labels;
  for (int i = 0; i < 64; ++i) labels += fmt::format(R"({}"l{}":"x")", i == 0 ? "" : ",", i);
  EXPECT_EQ(revised(fmt::format(R"({{"labels":{{{}}}}})", labels))["labels"].size(), 64u);
  EXPECT_EQ(refused(fmt::format(R"({{"labels":{{{},"more":"x"}}}})", labels)),
            "400 field_invalid: labels has over 64 members");
  EXPECT_EQ(refused(R"({"labels":{"more":"x"}})"),
            "400 field_invalid: an agent may have 64 labels; take one away");
  EXPECT_EQ(revised(R"({"labels":{"more":"x","l0":null}})")["labels"].size(), 64u);
}

}  // namespace
}  // namespace sentinel
