// Which names a price is for: {"starts_with": "claude-sonnet-4-5"}, {"or": [rule, rule]}.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace re2 {
class RE2;
}

namespace sentinel::pricing {

// The same letters, ASCII ones in lower case: names are compared so.
std::string lowered(std::string_view text);

class MatchRule {
 public:
  // One of equals, starts_with, ends_with, contains, regex (with a text), and, or (with an array of
  // rules), not (with a rule). A regex is RE2's: matched in linear time, whoever wrote it and
  // whatever name a client sends. Errors: InvalidArgument.
  static Result<MatchRule> parse(std::string_view json);

  MatchRule(MatchRule&&) noexcept;
  MatchRule& operator=(MatchRule&&) noexcept;
  ~MatchRule();

  // `name` in lower case.
  bool matches(std::string_view name) const;
  bool is_exact() const { return kind_ == Kind::Equals; }

 private:
  enum class Kind { Equals, StartsWith, EndsWith, Contains, Regex, And, Or, Not };
  struct Reader;

  MatchRule();

  Kind kind_ = Kind::Equals;
  std::string text_;
  std::vector<MatchRule> parts_;
  std::unique_ptr<re2::RE2> regex_;
};

}  // namespace sentinel::pricing
