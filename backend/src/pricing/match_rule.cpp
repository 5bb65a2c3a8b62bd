#include "pricing/match_rule.hpp"

#include <fmt/format.h>
#include <re2/re2.h>
#include <simdjson.h>

#include <algorithm>

namespace sentinel::pricing {

namespace {

constexpr int kDepthMax = 8;
constexpr size_t kTextMax = 500;
constexpr int64_t kRegexBytesMax = 1 << 20;

std::unexpected<Error> invalid(std::string message) {
  return fail(ErrorCode::InvalidArgument, "match_invalid", std::move(message));
}

}  // namespace

std::string lowered(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  return lower;
}

MatchRule::MatchRule() = default;
MatchRule::MatchRule(MatchRule&&) noexcept = default;
MatchRule& MatchRule::operator=(MatchRule&&) noexcept = default;
MatchRule::~MatchRule() = default;

struct MatchRule::Reader {
  static Result<MatchRule> read(simdjson::dom::element element, int depth) {
    if (depth > kDepthMax)
      return invalid(fmt::format("rules are nested deeper than {}", kDepthMax));
    simdjson::dom::object object;
    if (element.get(object) != simdjson::SUCCESS || object.size() != 1) {
      return invalid(R"(a rule is an object with one member, as {"equals": "gpt-4o"})");
    }
    auto member = *object.begin();
    if (member.key == "and" || member.key == "or") {
      return read_parts(member.key == "and" ? Kind::And : Kind::Or, member.value, depth);
    }
    if (member.key == "not") {
      auto part = read(member.value, depth + 1);
      if (!part) return part;
      MatchRule rule;
      rule.kind_ = Kind::Not;
      rule.parts_.push_back(std::move(*part));
      return rule;
    }
    return read_text(member.key, member.value);
  }

  static Result<MatchRule> read_parts(Kind kind, simdjson::dom::element value, int depth) {
    simdjson::dom::array items;
    if (value.get(items) != simdjson::SUCCESS) return invalid("and, or: an array of rules");
    MatchRule rule;
    rule.kind_ = kind;
    for (auto item : items) {
      auto part = read(item, depth + 1);
      if (!part) return part;
      rule.parts_.push_back(std::move(*part));
    }
    return rule;
  }

  static Result<MatchRule> read_text(std::string_view kind, simdjson::dom::element value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS || text.empty() || text.size() > kTextMax) {
      return invalid(fmt::format("{}: a text of 1 to {} bytes", kind.substr(0, 40), kTextMax));
    }
    MatchRule rule;
    rule.text_ = lowered(text);
    if (kind == "equals") {
      rule.kind_ = Kind::Equals;
    } else if (kind == "starts_with") {
      rule.kind_ = Kind::StartsWith;
    } else if (kind == "ends_with") {
      rule.kind_ = Kind::EndsWith;
    } else if (kind == "contains") {
      rule.kind_ = Kind::Contains;
    } else if (kind == "regex") {
      rule.kind_ = Kind::Regex;
      rule.text_ = text;  // \D is not \d
      re2::RE2::Options options;
      options.set_case_sensitive(false);
      options.set_log_errors(false);
      options.set_max_mem(kRegexBytesMax);
      rule.regex_ = std::make_unique<re2::RE2>(rule.text_, options);
      if (!rule.regex_->ok()) {
        return invalid(
            fmt::format("the regex '{}' is refused: {}", text.substr(0, 60), rule.regex_->error()));
      }
    } else {
      return invalid(fmt::format(
          "there is no rule '{}'; there are equals, starts_with, ends_with, contains, regex, and, "
          "or, not",
          kind.substr(0, 40)));
    }
    return rule;
  }
};

Result<MatchRule> MatchRule::parse(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  if (parser.parse(simdjson::padded_string(json)).get(document) != simdjson::SUCCESS) {
    return invalid("the rule is no JSON");
  }
  return Reader::read(document, 1);
}

bool MatchRule::matches(std::string_view name) const {
  auto holds = [name](const MatchRule& part) { return part.matches(name); };
  switch (kind_) {
    case Kind::Equals:
      return name == text_;
    case Kind::StartsWith:
      return name.starts_with(text_);
    case Kind::EndsWith:
      return name.ends_with(text_);
    case Kind::Contains:
      return name.find(text_) != name.npos;
    case Kind::Regex:
      return re2::RE2::PartialMatch(re2::StringPiece(name.data(), name.size()), *regex_);
    case Kind::And:
      return std::ranges::all_of(parts_, holds);
    case Kind::Or:
      return std::ranges::any_of(parts_, holds);
    case Kind::Not:
      return !parts_.front().matches(name);
  }
  return false;
}

}  // namespace sentinel::pricing
