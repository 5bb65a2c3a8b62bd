#include "support/test_stack.hpp"

#include <fmt/format.h>

#include <atomic>
#include <stdexcept>

#include "base/json_writer.hpp"

namespace sentinel::testing {

namespace {

template <class T>
T require(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

constexpr std::string_view kPassword = "correct horse battery";

}  // namespace

apps::StackOptions TestStack::all_services() {
  auto& database = TestDatabase::shared();
  apps::StackOptions options;
  options.metrics_api = database.endpoint("sentinel_metrics_api");
  options.db_api = database.endpoint("sentinel_db_api");
  options.worker = database.endpoint("sentinel_worker");
  options.db_api_options.data_folder = database.folder().string();
  return options;
}

TestStack::TestStack(apps::StackOptions options)
    : stack_(std::make_unique<apps::Stack>(std::move(options))),
      database_(TestDatabase::shared().endpoint("sentinel_db_api")),
      accounts_(database_) {
  port_ = require(stack_->listen("127.0.0.1:0"));
  if (stack_->metrics_api()) grpc_port_ = require(stack_->listen_grpc("127.0.0.1:0"));
  stack_->start();
}

TestStack::~TestStack() { stack_->stop(); }

std::unique_ptr<TestStack>& TestStack::instance() {
  TestDatabase::shared();  // made before, so gone after
  JsonWriter().value("");  // and so is what simdjson makes of itself when it is first used
  static std::unique_ptr<TestStack> stack;
  return stack;
}

TestStack& TestStack::shared() {
  auto& stack = instance();
  if (!stack) stack = std::make_unique<TestStack>();
  return *stack;
}

void TestStack::end_shared() { instance().reset(); }

std::string TestStack::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

std::string TestStack::make_key(models::KeyScope scope, std::vector<std::string> agents) {
  accounts::NewKey wanted{.name = unique_name("key"), .scope = scope, .agents = std::move(agents)};
  return require(run(accounts_.create_key(std::move(wanted), "test"))).token;
}

TestStack::Person TestStack::sign_in_as(models::Role role) {
  Person person{unique_name("person"), std::string(kPassword), ""};
  require(run(accounts_.create_user(person.name, role, person.password, "test")));
  auto signed_in = require(run(accounts_.sign_in(person.name, person.password, "127.0.0.1")));
  person.cookie = "sentinel_session=" + signed_in.token;
  return person;
}

std::string TestStack::make_link(const std::string& user_name) {
  return require(run(accounts_.create_link(user_name)));
}

Headers bearer(std::string_view key) { return {{"Authorization", fmt::format("Bearer {}", key)}}; }

Headers json_with(std::string_view key) {
  auto headers = bearer(key);
  headers["Content-Type"] = "application/json";
  return headers;
}

std::string unique_name(std::string_view prefix) {
  static std::atomic<int> count = 0;
  return fmt::format("{}-{}", prefix, ++count);
}

}  // namespace sentinel::testing
