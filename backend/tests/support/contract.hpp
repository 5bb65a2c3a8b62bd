// The OpenAPI contracts, and whether an answer of the running server keeps them. What is wrong
// comes back as sentences, one a fault, with the place in the document; no sentence means that all
// is well.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>
#include <string_view>
#include <vector>

#include "support/http_client_for_tests.hpp"
#include "support/json.hpp"

namespace sentinel::testing {

using Faults = std::vector<std::string>;

struct Operation {
  std::string method;      // upper case
  std::string path;        // template, as in /api/v1/agents/{id}
  std::string permission;  // x-permission; empty when there is none
  bool secured = true;     // false where `security` is an empty list
};

class Contract {
 public:
  static const Contract& db_api();
  static const Contract& metrics_api();
  static Contract parse(const std::string& yaml);

  std::vector<Operation> operations() const;

  // Status and content type are listed, the body is of its schema. `path` is the template.
  Faults check(std::string_view method, std::string_view path, const Answer& answer) const;
  // Whether an answer of this status, if the operation has one, comes with a header.
  Faults missing_header(const Operation& operation, std::string_view status,
                        std::string_view header) const;
  // Whether this JSON may be sent to an operation.
  Faults check_request(std::string_view method, std::string_view path, const Json& body) const;
  // A schema of components/schemas by name.
  Faults check_schema(std::string_view name, const Json& value) const;

 private:
  explicit Contract(YAML::Node root) : root_(std::move(root)) {}
  YAML::Node operation(std::string_view method, std::string_view path) const;

  YAML::Node root_;
};

// "" when there is none, else all of them, one a line: EXPECT_EQ(said(…), "").
std::string said(const Faults& faults);

}  // namespace sentinel::testing
