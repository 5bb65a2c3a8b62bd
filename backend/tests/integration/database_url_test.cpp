// --database-url: another PostgreSQL instead of the embedded one, and a sentence of its own for
// each way it can be wrong.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <fstream>

#include "http/client.hpp"
#include "support/child_process.hpp"
#include "support/json.hpp"

namespace sentinel {
namespace {

using namespace sentinel::testing;
using asio::ip::tcp;
namespace fs = std::filesystem;

// A cluster that knows nothing of Sentinel: on TCP, with passwords.
class ForeignCluster {
 public:
  ForeignCluster() : data_(folder_.path() / "foreign"), port_(free_port()) {
    auto postmaster = postmaster_of(TestDatabase::shared().folder() / "data");
    auto binaries = fs::read_symlink(fmt::format("/proc/{}/exe", postmaster)).parent_path();
    auto password = folder_.path() / "password";
    std::ofstream(password) << "correct horse\n";
    auto made = run_program({(binaries / "initdb").string(), "--pgdata", data_.string(),
                             "--username", "boss", "--auth", "scram-sha-256", "--pwfile",
                             password.string(), "--encoding", "UTF8", "--no-sync"});
    if (made.status != 0) throw std::runtime_error(made.errors);
    server_ = std::make_unique<ChildProcess>(std::vector<std::string>{
        (binaries / "postgres").string(), "-D", data_.string(), "-p", std::to_string(port_), "-c",
        "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"});
    if (!holds_soon([this] { return open("postgres").has_value(); }))
      throw std::runtime_error(server_->errors());
    execute("postgres", "CREATE DATABASE sentinel");
    execute("postgres", "CREATE DATABASE empty");
    execute("postgres", "CREATE ROLE poor LOGIN PASSWORD 'poor'");
    execute("postgres", "CREATE ROLE installer LOGIN CREATEROLE PASSWORD 'installer'");
    execute("postgres", "GRANT CREATE ON DATABASE sentinel TO installer");
  }
  ~ForeignCluster() {
    server_->signal(SIGINT);
    server_->wait();
  }

  std::string url(std::string_view database,
                  std::string_view login = "boss:correct%20horse") const {
    return fmt::format("postgresql://{}@127.0.0.1:{}/{}", login, port_, database);
  }
  Result<std::unique_ptr<postgres::Connection>> open(std::string_view database) const {
    return run(postgres::Connection::open(url(database), "", "test"));
  }
  postgres::Rows execute(std::string_view database, const std::string& sql) const {
    auto connection = open(database);
    if (!connection) throw std::runtime_error(connection.error().message);
    auto rows = run((*connection)->run(sql));
    if (!rows) throw std::runtime_error(rows.error().message);
    return std::move(*rows);
  }
  uint16_t port() const { return port_; }

 private:
  TemporaryFolder folder_;
  fs::path data_;
  uint16_t port_;
  std::unique_ptr<ChildProcess> server_;
};

class DatabaseUrlTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    TestDatabase::shared();
    cluster_ = std::make_unique<ForeignCluster>();
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  static Outcome migrate(const std::string& url) {
    return run_program({program("sentinel"), "migrate", "--database-url", url});
  }
  // What it says on stderr when it refuses.
  static std::string refusal(const std::string& url) {
    auto outcome = migrate(url);
    EXPECT_EQ(outcome.status, 1);
    EXPECT_EQ(outcome.output, "");
    return outcome.errors;
  }

  static inline std::unique_ptr<ForeignCluster> cluster_;
};

TEST_F(DatabaseUrlTest, AWrongPasswordHasItsSentence) {
  EXPECT_EQ(refusal(cluster_->url("sentinel", "boss:wrong")),
            "sentinel: the database refuses this login: password authentication failed for user "
            "\"boss\"\n"
            "HINT: SENTINEL_DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE\n");
  EXPECT_EQ(refusal(cluster_->url("sentinel", "stranger:wrong")),
            "sentinel: the database refuses this login: password authentication failed for user "
            "\"stranger\"\n"
            "HINT: SENTINEL_DATABASE_URL=postgresql://USER:PASSWORD@HOST:PORT/DATABASE\n");
}

TEST_F(DatabaseUrlTest, MissingRightsHaveTheirSentence) {
  EXPECT_EQ(
      refusal(cluster_->url("sentinel", "poor:poor")),
      "sentinel: this database login may not set Sentinel up (permission denied to create role); "
      "give it CREATEROLE "
      "and CREATE on the database, or run `sentinel migrate` once with a login that has them\n");
}

TEST_F(DatabaseUrlTest, AMissingDatabaseHasItsSentence) {
  EXPECT_EQ(refusal(cluster_->url("nowhere")), "sentinel: database \"nowhere\" does not exist\n");
}

TEST_F(DatabaseUrlTest, AMissingServerHasItsSentence) {
  auto port = free_port();
  EXPECT_EQ(
      refusal(fmt::format("postgresql://boss@127.0.0.1:{}/sentinel", port)),
      fmt::format(
          "sentinel: no PostgreSQL answers: connection to server at \"127.0.0.1\", port {} failed: "
          "Connection refused\n",
          port));
}

TEST_F(DatabaseUrlTest, AnAddressThatIsNoneHasItsSentence) {
  auto said = refusal("postgresql://127.0.0.1:port/sentinel");
  EXPECT_TRUE(said.starts_with("sentinel: ") && said.find("\"port\"") != said.npos) << said;
}

// The greeting of an older PostgreSQL, which is all that is read of it: login accepted, version 14,
// ready.
class OldServer {
 public:
  OldServer() : acceptor_(context_, {asio::ip::make_address("127.0.0.1"), 0}) {
    thread_ = std::thread([this] {
      boost::system::error_code error;
      tcp::socket socket = acceptor_.accept(error);
      for (;;) {
        std::array<unsigned char, 8> head{};
        asio::read(socket, asio::buffer(head), error);
        if (error) return;
        const size_t length = size_t{head[2]} * 256 + head[3];
        std::string rest(length - head.size(), '\0');
        asio::read(socket, asio::buffer(rest), error);
        if (head[4] == 0 && head[5] == 3) break;           // the startup message, protocol 3
        asio::write(socket, asio::buffer("N", 1), error);  // neither TLS nor GSS
      }
      asio::write(socket,
                  asio::buffer(message('R', std::string(4, '\0')) +
                               message('S', std::string("server_version\0"
                                                        "14.11\0",
                                                        21)) +
                               message('Z', "I")),
                  error);
      char sink[256];
      while (!error) socket.read_some(asio::buffer(sink), error);
    });
  }
  ~OldServer() { thread_.join(); }
  uint16_t port() const { return acceptor_.local_endpoint().port(); }

 private:
  static std::string message(char type, const std::string& body) {
    return std::string(1, type) + std::string(3, '\0') + static_cast<char>(body.size() + 4) + body;
  }
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::thread thread_;
};

TEST_F(DatabaseUrlTest, AWrongVersionHasItsSentence) {
  OldServer old;
  EXPECT_EQ(refusal(fmt::format("postgresql://boss@127.0.0.1:{}/sentinel", old.port())),
            "sentinel: this PostgreSQL is version 14, Sentinel needs 15 or newer\n");
}

TEST_F(DatabaseUrlTest, AServiceAloneNeedsTheSchema) {
  for (const char* service : {"sentinel-metrics-api", "sentinel-db-api", "sentinel-worker"}) {
    auto outcome = run_program(
        {program(service)},
        {{"SENTINEL_DATABASE_URL", cluster_->url("empty")}, {"SENTINEL_SPOOL", "none"}});
    EXPECT_EQ(outcome.status, 1) << service;
    EXPECT_EQ(Json::parse(outcome.errors)["level"].text(), "error") << outcome.errors;
    const auto said = Json::parse(outcome.errors)["msg"].text();
    EXPECT_TRUE(said.ends_with(": run `sentinel migrate`") ||
                said.find("does not exist") != said.npos)
        << said;
  }
}

// A login that is no superuser sets it up, and everything runs on it.
TEST_F(DatabaseUrlTest, IsUsedInsteadOfTheEmbeddedServer) {
  auto url = cluster_->url("sentinel", "installer:installer");
  auto migrated = migrate(url);
  ASSERT_EQ(migrated.status, 0) << migrated.errors;
  EXPECT_EQ(migrated.output, "the database is up to date\n");
  EXPECT_EQ(migrate(url).status, 0);

  SentinelUp sentinel({"--database-url", url});
  sentinel.start();
  EXPECT_FALSE(fs::exists(sentinel.data() / "postgres"));  // no cluster
  auto key =
      run_program({program("sentinel"), "keys", "create", "--name", "url", "--database-url", url});
  ASSERT_EQ(key.status, 0) << key.errors;
  http::Client client(test_context().get_executor(), *http::parse_url(sentinel.url()));
  http::ClientRequest request;
  request.method = http::Method::Post;
  request.target = "/api/v1/metrics";
  request.headers = {{"Authorization", "Bearer " + key.output.substr(0, key.output.size() - 1)}};
  request.body = R"({"agent_id":"by-url","latency_ms":7})";
  auto stored = run(client.send(request, kHangGuard / 2));
  ASSERT_TRUE(stored) << stored.error().message;
  EXPECT_EQ(stored->status, 201) << stored->body;
  EXPECT_EQ(cluster_->execute("sentinel", "SELECT latency_us FROM sentinel.record").integer(0, 0),
            7000);
  EXPECT_EQ(sentinel.stop(), 0) << sentinel.process().errors();
  // Each part worked in its own role.
  EXPECT_TRUE(
      cluster_
          ->execute("sentinel", "SELECT pg_has_role('installer', 'sentinel_metrics_api', 'MEMBER')")
          .boolean(0, 0));
}

TEST_F(DatabaseUrlTest, EachServiceRunsAloneOnIt) {
  ASSERT_EQ(migrate(cluster_->url("sentinel", "installer:installer")).status, 0);
  TemporaryFolder folder;
  for (const char* service : {"sentinel-metrics-api", "sentinel-db-api", "sentinel-worker"}) {
    std::vector<std::string> command{program(service)};
    if (std::string_view(service) != "sentinel-worker") {
      command.insert(command.end(), {"--listen", fmt::format("127.0.0.1:{}", free_port())});
    }
    ChildProcess child(command, {{"SENTINEL_DATABASE_URL", cluster_->url("sentinel")},
                                 {"SENTINEL_SPOOL", folder.path() / "spool"},
                                 {"SENTINEL_GRPC_LISTEN", fmt::format("127.0.0.1:{}", free_port())},
                                 {"SENTINEL_LOG_LEVEL", "info"}});
    auto connected =
        fmt::format("SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = '{}'",
                    std::string_view(service).substr(sizeof "sentinel-" - 1));
    EXPECT_TRUE(holds_soon([&] {
      return child.ended() || (child.errors().find("listens on port") != std::string::npos) ||
             (command.size() == 1 && cluster_->execute("sentinel", connected).boolean(0, 0));
    }));
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << service << child.errors();
    EXPECT_EQ(child.errors().find("OTLP over gRPC on port") != std::string::npos,
              std::string_view(service) == "sentinel-metrics-api")
        << child.errors();
  }
}

// Beside a database that is still made, it is early, not wrong; and it says when it is well.
TEST_F(DatabaseUrlTest, AServiceWaitsForTheSchema) {
  cluster_->execute("postgres", "CREATE DATABASE late");
  const auto url = cluster_->url("late");
  TemporaryFolder folder;
  const auto listen = fmt::format("127.0.0.1:{}", free_port());
  const ChildProcess::Environment metrics_api{{"SENTINEL_DATABASE_URL", url},
                                              {"SENTINEL_SPOOL", folder.path() / "spool"},
                                              {"SENTINEL_LISTEN", listen},
                                              {"SENTINEL_DATABASE_WAIT_S", "60"}};
  auto health = [&] {
    return run_program({program("sentinel-metrics-api"), "health"}, metrics_api);
  };
  ChildProcess child({program("sentinel-metrics-api")}, metrics_api);
  ASSERT_TRUE(child.wait_for("waiting for it")) << child.errors();
  EXPECT_EQ(health().status, 1);
  ASSERT_EQ(migrate(url).status, 0);
  ASSERT_TRUE(child.wait_for("listens on port")) << child.errors();
  auto well = health();
  EXPECT_EQ(well.status, 0) << well.errors;
  EXPECT_EQ(Json::parse(well.output)["status"].text(), "ok");
  child.signal(SIGTERM);
  EXPECT_EQ(child.wait(), 0) << child.errors();

  ChildProcess early(
      {program("sentinel-worker")},
      {{"SENTINEL_DATABASE_URL", cluster_->url("nowhere")}, {"SENTINEL_DATABASE_WAIT_S", "60"}});
  ASSERT_TRUE(early.wait_for("waiting for it")) << early.errors();
  early.signal(SIGTERM);
  EXPECT_EQ(early.wait(), 0) << early.errors();
}

// The worker serves nothing: its health is that what came in is added up.
TEST_F(DatabaseUrlTest, AWorkerIsWellWhileSumsAreMade) {
  cluster_->execute("postgres", "CREATE DATABASE summed");
  const auto url = cluster_->url("summed");
  ASSERT_EQ(migrate(url).status, 0);
  const ChildProcess::Environment worker{{"SENTINEL_DATABASE_URL", url}};
  auto health = [&] { return run_program({program("sentinel-worker"), "health"}, worker); };
  EXPECT_EQ(health().output, "the oldest record without sums came 0 s ago\n");
  cluster_->execute(
      "summed",
      "SELECT sentinel.open_ingest_day(floor(extract(epoch FROM now()) / 86400)::integer)");
  cluster_->execute("summed",
                    "INSERT INTO sentinel.ingest_batch (day, writer, sequence, records, agent_ids, "
                    "received_at) SELECT floor(extract(epoch FROM now()) / 86400), "
                    "gen_random_uuid(), 1, 1, '{}', now() - interval '10 minutes'");
  auto late = health();
  EXPECT_EQ(late.status, 1);
  EXPECT_TRUE(late.output.starts_with("the oldest record without sums came 6")) << late.output;
  EXPECT_EQ(late.errors, "sentinel: no worker adds up what comes in\n");
}

// Replicas that share a disk have a spool each, and the one that comes next takes over a free one.
TEST_F(DatabaseUrlTest, ReplicasTakeSlotsOfASharedSpool) {
  const auto url = cluster_->url("sentinel");
  ASSERT_EQ(migrate(url).status, 0);
  TemporaryFolder folder;
  auto start = [&] {
    return std::make_unique<ChildProcess>(
        std::vector<std::string>{program("sentinel-metrics-api"), "--listen", "127.0.0.1:0",
                                 "--otlp-listen", "127.0.0.1:0", "--spool",
                                 folder.path() / "spools", "--spool-slots", "2"},
        ChildProcess::Environment{{"SENTINEL_DATABASE_URL", url}});
  };
  auto first = start();
  ASSERT_TRUE(first->wait_for("OTLP over HTTP on port")) << first->errors();
  auto second = start();
  ASSERT_TRUE(second->wait_for("listens on port")) << second->errors();
  EXPECT_TRUE(fs::exists(folder.path() / "spools/1/lock"));
  EXPECT_TRUE(fs::exists(folder.path() / "spools/2/lock"));
  auto third = start();
  EXPECT_EQ(third->wait(), 1);
  EXPECT_NE(third->errors().find("all 2 slots of the spool"), std::string::npos) << third->errors();
  first->signal(SIGKILL);
  first->wait();
  auto next = start();
  EXPECT_TRUE(next->wait_for("listens on port")) << next->errors();
  EXPECT_FALSE(fs::exists(folder.path() / "spools/3"));
}

// It knows its keys and has a spool: what comes is kept, and stored when the database is back.
TEST_F(DatabaseUrlTest, MetricsApiStartsWithoutItsDatabase) {
  const auto url = cluster_->url("sentinel");
  ASSERT_EQ(migrate(url).status, 0);
  auto made = run_program(
      {program("sentinel"), "keys", "create", "--name", "without", "--database-url", url});
  ASSERT_EQ(made.status, 0) << made.errors;
  const auto key = made.output.substr(0, made.output.size() - 1);
  const auto port = free_port();
  TemporaryFolder folder;
  const auto spool = (folder.path() / "spool").string();
  auto start = [&](const std::string& database) {
    return std::make_unique<ChildProcess>(
        std::vector<std::string>{program("sentinel-metrics-api"), "--listen",
                                 fmt::format("127.0.0.1:{}", port), "--spool", spool},
        ChildProcess::Environment{{"SENTINEL_DATABASE_URL", database}});
  };
  auto post = [&](int number) {
    http::Client client(test_context().get_executor(),
                        *http::parse_url(fmt::format("http://127.0.0.1:{}", port)));
    http::ClientRequest request;
    request.method = http::Method::Post;
    request.target = "/api/v1/metrics";
    request.headers = {{"Authorization", "Bearer " + key}};
    request.body = fmt::format(R"({{"agent_id":"without","input_tokens":{}}})", number);
    auto response = run(client.send(request, kHangGuard / 2));
    return response ? response->status : 0;
  };
  auto end = [](ChildProcess& child) {
    child.signal(SIGTERM);
    EXPECT_EQ(child.wait(), 0) << child.errors();
  };
  const auto nowhere = fmt::format("postgresql://boss@127.0.0.1:{}/sentinel", free_port());
  {
    auto child = start(nowhere);  // no key is known yet: a wrong address is an error
    EXPECT_EQ(child->wait(), 1);
    EXPECT_NE(child->errors().find("no PostgreSQL answers"), std::string::npos) << child->errors();
  }
  {
    auto child = start(url);
    ASSERT_TRUE(child->wait_for("listens on port")) << child->errors();
    EXPECT_EQ(post(1), 201);
    EXPECT_TRUE(holds_soon([&] { return fs::exists(spool + "/keys.json"); }));
    end(*child);
  }
  {
    auto child = start(nowhere);
    ASSERT_TRUE(child->wait_for("listens on port")) << child->errors();
    EXPECT_NE(child->errors().find("starting without it"), std::string::npos) << child->errors();
    EXPECT_EQ(post(2), 202);
    EXPECT_EQ(post(3), 202);
    end(*child);
  }
  // The replica is gone for good; its disk is not.
  auto drained =
      run_program({program("sentinel"), "spool", "drain", "--dir", spool, "--database-url", url});
  EXPECT_EQ(drained.status, 0) << drained.errors;
  EXPECT_TRUE(drained.output.starts_with("stored      2 batches\nwaiting     0 batches\n"))
      << drained.output;
  EXPECT_EQ(cluster_
                ->execute("sentinel",
                          "SELECT string_agg(input_tokens::text, ' ' ORDER BY input_tokens) FROM "
                          "sentinel.record JOIN sentinel.agent USING (agent_id) WHERE name "
                          "= 'without'")
                .text(0, 0),
            "1 2 3");
  auto missing = run_program(
      {program("sentinel"), "spool", "drain", "--dir", spool + "-not", "--database-url", url});
  EXPECT_EQ(missing.status, 1);
  EXPECT_EQ(missing.errors, fmt::format("sentinel: there is no folder {}-not\n", spool));
}

}  // namespace
}  // namespace sentinel
