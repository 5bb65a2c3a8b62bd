// All services of Sentinel running on a free port of 127.0.0.1, over the throw-away database of
// this test program.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apps/stack.hpp"
#include "support/http_client_for_tests.hpp"
#include "support/test_database.hpp"

namespace sentinel::testing {

class TestStack {
 public:
  // metrics-api, db-api and worker, each with the database role it has in earnest.
  static apps::StackOptions all_services();

  explicit TestStack(apps::StackOptions options = all_services());
  ~TestStack();
  TestStack(const TestStack&) = delete;
  TestStack& operator=(const TestStack&) = delete;

  // One for the whole test program, for tests that do not stop it or change its options.
  static TestStack& shared();
  // Stops it, for tests of a single service that must not meet the same one here.
  static void end_shared();

  uint16_t port() const { return port_; }
  uint16_t grpc_port() const { return grpc_port_; }  // 0 without metrics-api
  std::string url() const;
  HttpClient http() const { return HttpClient(port_); }
  apps::Stack& stack() { return *stack_; }

  // A new key; `agents` empty is all of them. From the main thread alone, as the next two.
  std::string make_key(models::KeyScope scope, std::vector<std::string> agents = {});

  // A new person who is signed in.
  struct Person {
    std::string name;
    std::string password;
    std::string cookie;  // value of the Cookie header
    Headers headers() const { return {{"Cookie", cookie}}; }
  };
  Person sign_in_as(models::Role role);
  // The token of a one-time link for a user that may not exist yet.
  std::string make_link(const std::string& user_name);

 private:
  static std::unique_ptr<TestStack>& instance();

  std::unique_ptr<apps::Stack> stack_;
  uint16_t port_ = 0;
  uint16_t grpc_port_ = 0;
  // What the command line does beside a running server, with connections of its own.
  postgres::Database database_;
  accounts::AccountsService accounts_;
};

// The header that a key goes into.
Headers bearer(std::string_view key);

// The header of a key, and that the body is JSON.
Headers json_with(std::string_view key);

// `prefix` and a number that no other call gave: names for agents, keys and users of one test.
std::string unique_name(std::string_view prefix);

}  // namespace sentinel::testing
