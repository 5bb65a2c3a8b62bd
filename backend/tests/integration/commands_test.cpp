// The commands of `sentinel`, run as people run them: what they print where, and their exit status.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <regex>

#include "http/client.hpp"
#include "support/child_process.hpp"
#include "support/json.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;

// One running Sentinel for all tests of this file.
class CommandsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    TestDatabase::shared();
    sentinel_ = std::make_unique<SentinelUp>();
    sentinel_->start();
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(sentinel_->stop(), 0) << sentinel_->process().errors();
    sentinel_.reset();
  }

  static Outcome sentinel(std::vector<std::string> words, std::string input = {}) {
    words.insert(words.begin(), program("sentinel"));
    words.insert(words.end(), {"--data", sentinel_->data().string()});
    return run_program(words, {}, std::move(input));
  }
  static Result<http::ClientResponse> post(const std::string& target, const std::string& key,
                                           std::string body) {
    http::Client client(test_context().get_executor(), *http::parse_url(sentinel_->url()));
    http::ClientRequest request;
    request.method = http::Method::Post;
    request.target = target;
    request.headers = {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}};
    request.body = std::move(body);
    return run(client.send(request, kHangGuard / 2));
  }

  static inline std::unique_ptr<SentinelUp> sentinel_;
};

TEST_F(CommandsTest, VersionIsOneLine) {
  auto version = run_program({program("sentinel"), "version"});
  EXPECT_EQ(version.status, 0);
  EXPECT_EQ(version.output, "sentinel " SENTINEL_VERSION "\n");
  EXPECT_EQ(version.errors, "");
}

TEST_F(CommandsTest, KeysCreatePrintsTheKeyAloneAndItWorksAtOnce) {
  auto made = sentinel({"keys", "create", "--name", "commands", "--scope", "ingest"});
  EXPECT_EQ(made.status, 0) << made.errors;
  EXPECT_EQ(made.errors, "");
  ASSERT_TRUE(std::regex_match(made.output, std::regex("[A-Za-z0-9_]{64,}\n"))) << made.output;
  auto key = made.output.substr(0, made.output.size() - 1);
  auto stored = post("/api/v1/metrics", key,
                     R"({"agent_id":"of-the-commands","latency_ms":120,"memory_usage_mb":256})");
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->status, 201) << stored->body;

  auto again = sentinel({"keys", "create", "--name", "commands", "--scope", "ingest"});
  EXPECT_EQ(again.status, 1);
  EXPECT_EQ(again.output, "");
  EXPECT_TRUE(again.errors.starts_with("sentinel: ")) << again.errors;
  EXPECT_NE(again.errors.find("commands"), std::string::npos) << again.errors;

  auto revoked = sentinel({"keys", "revoke", "--name", "commands"});
  EXPECT_EQ(revoked.status, 0) << revoked.errors;
  EXPECT_TRUE(holds_soon([&] {
    auto refused = post("/api/v1/metrics", key, R"({"agent_id":"of-the-commands"})");
    return refused && refused->status == 401;
  }));
  EXPECT_EQ(sentinel({"keys", "revoke", "--name", "commands"}).status, 1);
}

TEST_F(CommandsTest, KeysCreateKnowsItsScopes) {
  auto refused = sentinel({"keys", "create", "--name", "odd", "--scope", "everything"});
  EXPECT_EQ(refused.status, 1);
  EXPECT_EQ(refused.output, "");
  EXPECT_EQ(refused.errors,
            "sentinel: scope 'everything' is unknown; it is ingest, read or admin\n");
}

TEST_F(CommandsTest, KeysCreateForOneAgentIsForThatAgent) {
  auto made = sentinel(
      {"keys", "create", "--name", "narrow", "--scope", "ingest", "--agent", "narrow-agent"});
  ASSERT_EQ(made.status, 0) << made.errors;
  auto key = made.output.substr(0, made.output.size() - 1);
  EXPECT_EQ(post("/api/v1/metrics", key, R"({"agent_id":"narrow-agent"})")->status, 201);
  auto refused = post("/api/v1/metrics", key, R"({"agent_id":"another-agent"})");
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 400);
  EXPECT_NE(refused->body.find("is not among the agents of this key"), std::string::npos)
      << refused->body;
}

TEST_F(CommandsTest, KeysCreateGivesAKeyARateOfItsOwn) {
  auto made = sentinel({"keys", "create", "--name", "rated", "--scope", "ingest", "--rate", "1"});
  ASSERT_EQ(made.status, 0) << made.errors;
  auto key = made.output.substr(0, made.output.size() - 1);
  std::string body = "[";
  for (int i = 0; i < 1000; ++i) body += std::string(i ? "," : "") + R"({"agent_id":"rated"})";
  EXPECT_EQ(post("/api/v1/metrics", key, body + "]")->status, 201) << "a full bucket takes more";
  auto refused = post("/api/v1/metrics", key, R"({"agent_id":"rated"})");
  EXPECT_EQ(refused->status, 429);
  EXPECT_GT(std::stoi(std::string(refused->header("retry-after"))), 5);
  auto odd = sentinel({"keys", "create", "--name", "odd", "--scope", "read", "--rate", "1"});
  EXPECT_EQ(odd.status, 1);
  EXPECT_EQ(
      odd.errors,
      "sentinel: a rate is records a second from 0 (any number) on, of a key of scope ingest\n");
}

TEST_F(CommandsTest, UsersCreateTakesThePasswordFromStdin) {
  auto made =
      sentinel({"users", "create", "--name", "grace", "--role", "editor", "--password-stdin"},
               "a long enough password\n");
  EXPECT_EQ(made.status, 0) << made.errors;
  EXPECT_EQ(made.errors, "");
  auto rows = sentinel_->query(
      "SELECT role, password_hash FROM app_user JOIN app_user_revision USING (user_id) WHERE name "
      "= 'grace'");
  ASSERT_EQ(rows.size(), 1);
  EXPECT_EQ(rows.text(0, 0), "editor");
  EXPECT_TRUE(rows.text(0, 1).starts_with("$argon2id$")) << rows.text(0, 1);
  auto signed_in =
      post("/api/v1/sign-in", "", R"({"name":"grace","password":"a long enough password"})");
  ASSERT_TRUE(signed_in);
  EXPECT_LT(signed_in->status, 300) << signed_in->body;

  auto short_one = sentinel(
      {"users", "create", "--name", "bob", "--role", "viewer", "--password-stdin"}, "short\n");
  EXPECT_EQ(short_one.status, 1);
  EXPECT_TRUE(short_one.errors.starts_with("sentinel: the password has 5 characters, "))
      << short_one.errors;
  auto odd =
      sentinel({"users", "create", "--name", "bob", "--role", "king", "--password-stdin"}, "x\n");
  EXPECT_EQ(odd.status, 1);
  EXPECT_EQ(odd.errors, "sentinel: role 'king' is unknown; it is viewer, editor or admin\n");
}

TEST_F(CommandsTest, LinkPrintsAnAddressThatSignsIn) {
  const std::string elsewhere = "https://sentinel.example";
  for (const auto& [options, address] :
       {std::pair{std::vector<std::string>{"link"}, sentinel_->url()},
        std::pair{std::vector<std::string>{"link", "--address", elsewhere}, elsewhere}}) {
    auto link = sentinel(options);
    EXPECT_EQ(link.status, 0) << link.errors;
    EXPECT_EQ(link.errors, "");
    ASSERT_TRUE(
        std::regex_match(link.output, std::regex(address + "/sign-in#link=[A-Za-z0-9_]{64,}\n")))
        << link.output;
  }
}

TEST_F(CommandsTest, StatusIsATableOfTheFleet) {
  const auto& key = sentinel_->key();
  ASSERT_EQ(post("/api/v1/metrics", key,
                 R"({"agent_id":"on-the-table","latency_ms":120,"cpu_usage_percent":12.5,
      "memory_usage_mb":256})")
                ->status,
            201);
  auto status = sentinel({"status"});
  EXPECT_EQ(status.status, 0) << status.errors;
  auto head = status.output.substr(0, status.output.find('\n'));
  EXPECT_EQ(head, fmt::format("{:<32} {:<8} {:>8} {:>12} {:>14} {:>10} {:>10}", "AGENT", "STATUS",
                              "SINCE", "LATENCY", "THROUGHPUT", "CPU", "MEMORY"));
  EXPECT_TRUE(std::regex_search(
      status.output,
      std::regex("\non-the-table +up +[0-9]+ s +120 ms +1 req/min +12\\.5 % +256 MB\n")))
      << status.output;
}

TEST_F(CommandsTest, DoctorAndMigrateLookAtTheDatabase) {
  auto doctor = sentinel({"doctor"});
  EXPECT_EQ(doctor.status, 0) << doctor.errors;
  EXPECT_TRUE(std::regex_match(doctor.output,
                               std::regex("database    PostgreSQL 1[5-9].*\nsize        [0-9]+ .B\n"
                                          "agents      [0-9]+\nnewest      .+\n")))
      << doctor.output;
  auto migrated = sentinel({"migrate"});
  EXPECT_EQ(migrated.status, 0) << migrated.errors;
  EXPECT_EQ(migrated.output, "the database is up to date\n");
}

TEST_F(CommandsTest, ATakenPortIsReportedBeforeAnythingIsMade) {
  SentinelUp second({"--listen", fmt::format("127.0.0.1:{}", sentinel_->port())});
  second.launch();
  EXPECT_EQ(second.process().wait(), 1);
  EXPECT_EQ(second.process().output(), "");
  EXPECT_EQ(second.process().errors(),
            fmt::format("sentinel: port {} is taken by pid {} (sentinel)\nHINT: --listen "
                        "127.0.0.1:PORT, or PORT= with "
                        "make run\n",
                        sentinel_->port(), sentinel_->process().pid()));
  EXPECT_FALSE(std::filesystem::exists(second.data()));
}

TEST_F(CommandsTest, ATakenPortOfOpenTelemetryIsAWarning) {
  uint16_t port = free_port();
  int taken = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(bind(taken, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(listen(taken, 1), 0);
  for (const char* setting : {"--otlp-listen", "--grpc-listen"}) {
    SCOPED_TRACE(setting);
    SentinelUp second({setting, fmt::format("127.0.0.1:{}", port), "--database-url",
                       TestDatabase::shared().endpoint("").conninfo});
    second.start();
    auto warning = fmt::format("port {0} is taken by pid {1} (", port, getpid());
    EXPECT_NE(second.process().errors().find(warning), std::string::npos)
        << second.process().errors();
    EXPECT_NE(second.process().errors().find(
                  fmt::format("); OpenTelemetry clients cannot send to 127.0.0.1:{}", port)),
              std::string::npos);
    EXPECT_EQ(second.stop(), 0);
  }
  close(taken);
}

TEST_F(CommandsTest, UpServesGrpc) {
  const auto address = fmt::format("127.0.0.1:{}", free_port());
  SentinelUp second(
      {"--grpc-listen", address, "--database-url", TestDatabase::shared().endpoint("").conninfo});
  second.start();
  auto health = run_program({"node", SENTINEL_SOURCES "/tests/support/grpc_client.mjs", address},
                            {}, R"({"id":1,"path":"/grpc.health.v1.Health/Check"})");
  EXPECT_EQ(health.output, "{\"id\":1,\"code\":0,\"answer\":\"0801\",\"retry\":\"\"}\n")
      << health.errors;
  EXPECT_EQ(second.stop(), 0);
}

TEST_F(CommandsTest, WorkDuringTheFirstStartAndWithNothingRunning) {
  SentinelUp own({"--print-link", "true"});
  own.launch();
  ASSERT_TRUE(holds_soon([&] { return std::filesystem::exists(own.data() / "sentinel.lock"); }));
  EXPECT_FALSE(own.key("ingest").empty());  // waits for the database
  // The first start says where to go, with a link, since there is nobody yet.
  ASSERT_TRUE(own.process().wait_for("another"));
  EXPECT_TRUE(std::regex_search(own.process().output(),
                                std::regex("Sentinel AI " SENTINEL_VERSION " is up\n  open       " +
                                           own.url() + "/sign-in#link=[A-Za-z0-9_]{64,}\n")))
      << own.process().output();
  EXPECT_EQ(own.stop(), 0);

  EXPECT_EQ(run_program({program("sentinel"), "status", "--data", own.data().string()}).output,
            "no agent has reported yet\n");
  EXPECT_TRUE(postgres_on(own.data()).empty());
  EXPECT_FALSE(own.key("read").empty());
  EXPECT_TRUE(postgres_on(own.data()).empty());
}

TEST_F(CommandsTest, PricesAreSetAndRepriceChargesWhatCameBefore) {
  auto made = sentinel({"keys", "create", "--name", "prices", "--scope", "ingest"});
  ASSERT_EQ(made.status, 0) << made.errors;
  auto key = made.output.substr(0, made.output.size() - 1);
  auto record = R"({"agent_id":"of-the-prices","model":"house-model","input_tokens":1000})";
  EXPECT_EQ(post("/api/v1/metrics", key, record)->status, 201);
  auto unknown = sentinel({"prices", "list", "--model", "house-model"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_TRUE(unknown.errors.starts_with(
      "sentinel: no price is known for model 'house-model' of provider ''"))
      << unknown.errors;

  auto set =
      sentinel({"prices", "set", "--model", "house-model", "--input", "3", "--output", "15"});
  EXPECT_EQ(set.status, 0) << set.errors;
  auto listed = sentinel({"prices", "list", "--model", "house-model"});
  EXPECT_NE(listed.output.find("house-model"), std::string::npos) << listed.output;
  EXPECT_EQ(sentinel({"prices", "list", "--overrides"}).output, listed.output);
  auto all = sentinel({"prices", "list", "--provider", "anthropic"});
  EXPECT_NE(all.output.find("claude-haiku-4-5"), std::string::npos) << all.output;

  auto cost = [&] {
    auto rows = sentinel_->query(
        "SELECT coalesce(sum(cost_nanos), 0) FROM record JOIN agent "
        "USING (agent_id) WHERE name = 'of-the-prices'");
    return rows.integer(0, 0);
  };
  auto tried = sentinel({"reprice", "--from", "now-1h", "--agent", "of-the-prices", "--dry-run"});
  EXPECT_EQ(tried.status, 0) << tried.errors;
  EXPECT_EQ(tried.output,
            "records     1 whose cost was computed or missing\n"
            "corrections 1 would be added, +0.003000000 USD\n"
            "priced      1 that had no price\n"
            "unpriced    0 still\n");
  EXPECT_EQ(cost(), 0);
  auto repriced = sentinel({"reprice", "--from", "now-1h", "--agent", "of-the-prices"});
  EXPECT_EQ(repriced.status, 0) << repriced.errors;
  EXPECT_EQ(cost(), 3'000'000);
  EXPECT_EQ(sentinel({"reprice", "--from", "now-1h"}).status, 0);
  EXPECT_EQ(cost(), 3'000'000);
  // The running services learn of the price by themselves.
  EXPECT_TRUE(holds_soon([&] {
    const auto before = cost();
    return post("/api/v1/metrics", key, record)->status == 201 && cost() == before + 3'000'000;
  }));
  auto audit = sentinel_->query(
      "SELECT count(*) FROM audit_event WHERE action IN ('price_set', 'repriced')");
  EXPECT_EQ(audit.integer(0, 0), 2);

  EXPECT_EQ(sentinel({"prices", "unset", "--model", "house-model"}).status, 0);
  EXPECT_EQ(sentinel({"prices", "unset", "--model", "house-model"}).status, 1);
  EXPECT_EQ(sentinel({"prices", "list", "--model", "house-model"}).status, 1);
}

TEST_F(CommandsTest, PricesAndRepriceSayWhatIsMissing) {
  auto no_model = sentinel({"prices", "set", "--input", "3"});
  EXPECT_EQ(no_model.errors,
            "sentinel: say which model: model (a name) or match (a rule), and not both\n");
  auto no_price = sentinel({"prices", "set", "--model", "m"});
  EXPECT_EQ(no_price.errors, "sentinel: say what input or output tokens cost; 0 is free\n");
  auto odd = sentinel({"prices", "set", "--model", "m", "--input", "cheap"});
  EXPECT_TRUE(odd.errors.starts_with("sentinel: 'cheap' is no price: ")) << odd.errors;
  auto rule = sentinel({"prices", "set", "--match", "{}", "--input", "3"});
  EXPECT_TRUE(rule.errors.starts_with("sentinel: a rule is an object with one member"))
      << rule.errors;
  auto reversed = sentinel({"reprice", "--from", "now", "--to", "now-1h"});
  EXPECT_EQ(reversed.status, 1);
  EXPECT_NE(reversed.errors.find("is not before to"), std::string::npos) << reversed.errors;
  auto nobody = sentinel({"reprice", "--from", "now-1h", "--agent", "nobody"});
  EXPECT_EQ(nobody.errors, "sentinel: there is no agent 'nobody'\n");
}

TEST_F(CommandsTest, WrongWordsAreRefused) {
  EXPECT_NE(run_program({program("sentinel")}).status, 0);
  EXPECT_NE(run_program({program("sentinel"), "dance"}).status, 0);
  EXPECT_NE(run_program({program("sentinel"), "up", "--datta", "x"}).status, 0);
  EXPECT_NE(run_program({program("sentinel"), "keys", "create"}).status, 0);
  auto level = run_program({program("sentinel"), "up", "--log-level", "loud"});
  EXPECT_EQ(level.status, 1);
  EXPECT_EQ(level.errors, "sentinel: log_level 'loud' must be debug, info, warning or error\n");
  auto threads =
      run_program({program("sentinel"), "up", "--threads", "0", "--dashboard", "/nowhere"});
  EXPECT_EQ(threads.status, 1);
  EXPECT_EQ(threads.errors, "sentinel: threads '0' must be an integer from 1 to 16\n");
  auto service = run_program({program("sentinel-metrics-api")});
  EXPECT_EQ(service.status, 1);
  // A line of JSON, like all that a service says.
  EXPECT_EQ(Json::parse(service.errors)["msg"].text(),
            "which database? Set SENTINEL_DATABASE_URL, or --database-url");
}

TEST_F(CommandsTest, AFileAndTheEnvironmentSaySettingsToo) {
  TemporaryFolder folder;
  auto file = folder.path() / "sentinel.toml";
  std::ofstream(file) << "log_level = \"loud\"\n";
  auto from_file = run_program({program("sentinel"), "up", "--config", file.string()});
  EXPECT_EQ(from_file.errors, "sentinel: log_level 'loud' must be debug, info, warning or error\n");
  auto from_environment = run_program({program("sentinel"), "up", "--config", file.string()},
                                      {{"SENTINEL_LOG_LEVEL", "silent"}});
  EXPECT_EQ(from_environment.errors,
            "sentinel: log_level 'silent' must be debug, info, warning or error\n");
  std::ofstream(file) << "colour = \"blue\"\n";
  auto unknown = run_program({program("sentinel"), "up", "--config", file.string()});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_EQ(unknown.errors,
            fmt::format("sentinel: {}: there is no setting colour\n", file.string()));
}

}  // namespace
}  // namespace sentinel
