// Who sells models, and by which names clients call them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pricing/match_rule.hpp"

namespace sentinel::pricing {

struct Provider {
  std::string id;
  std::optional<MatchRule> names;     // what else the provider is called
  std::optional<MatchRule> models;    // models that are this provider's when none is named
  std::vector<std::string> fallback;  // whose prices hold for models that it does not list
};

class Providers {
 public:
  // As they are linked into the program.
  static const Providers& known();

  // The id of what a client calls a provider, in lower case: OpenTelemetry's aws.bedrock is aws.
  // Nothing for one that is not known: a server of one's own has no list price.
  std::optional<std::string_view> id_of(std::string_view name) const;
  const Provider* find(std::string_view id) const;
  // Who sells a model under such a name and nobody else: us.anthropic.claude-… is Bedrock's.
  static std::optional<std::string_view> seller_of(std::string_view model);

  // In the order in which a model without a provider is looked for: those who make models, then
  // those who sell the models of others.
  std::span<const Provider> makers() const { return std::span(providers_).first(makers_); }
  std::span<const Provider> resellers() const { return std::span(providers_).subspan(makers_); }
  std::span<const Provider> all() const { return providers_; }

 private:
  explicit Providers(std::string_view json);

  std::vector<Provider> providers_;
  size_t makers_ = 0;
};

}  // namespace sentinel::pricing
