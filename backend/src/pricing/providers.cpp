#include "pricing/providers.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstdlib>

#include "base/log.hpp"
#include "pricing/bundled_prices.hpp"

namespace sentinel::pricing {

namespace {

// Makers of models, the most used first: where names of two would match, the earlier is meant.
constexpr std::string_view kMakers[] = {
    "anthropic", "openai",  "google", "mistral",    "deepseek", "x-ai",  "cohere", "moonshotai",
    "zhipuai",   "minimax", "zai",    "perplexity", "voyageai", "arcee", "cursor", "typesafe",
};

struct Alias {
  std::string_view name;
  std::string_view id;
};

// Names of OpenTelemetry and its instrumentations that the price source does not know, or would
// take for another: azure.ai.openai is not OpenAI.
constexpr Alias kNames[] = {
    {"gcp.gen_ai", "google"},      {"google_genai", "google"},    {"x_ai", "x-ai"},
    {"mistral_ai", "mistral"},     {"moonshot_ai", "moonshotai"}, {"togetherai", "together"},
    {"fireworks_ai", "fireworks"}, {"voyage_ai", "voyageai"},     {"z_ai", "zai"},
};
constexpr Alias kPrefixes[] = {{"azure", "azure"}, {"az.", "azure"}};
constexpr Alias kParts[] = {
    {"bedrock", "aws"}, {"vertex", "google"}, {"copilot", "github-copilot"}};

constexpr Alias kModelParts[] = {
    {"anthropic.claude", "aws"}, {"amazon.", "aws"}, {"meta.llama", "aws"}, {"openai.gpt", "aws"}};

std::optional<MatchRule> optional_rule(simdjson::dom::element element, std::string_view key) {
  simdjson::dom::element rule;
  if (element[key].get(rule) != simdjson::SUCCESS) return std::nullopt;
  auto read = MatchRule::parse(simdjson::minify(rule));
  if (!read) {
    log::error("the bundled prices are broken: {}", read.error().message);
    std::abort();
  }
  return std::move(*read);
}

}  // namespace

const Providers& Providers::known() {
  static const Providers providers(bundled_prices());
  return providers;
}

Providers::Providers(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element document;
  simdjson::dom::array items;
  if (parser.parse(simdjson::padded_string(json)).get(document) != simdjson::SUCCESS ||
      document["providers"].get(items) != simdjson::SUCCESS) {
    log::error("the bundled prices are broken: no providers");
    std::abort();
  }
  for (auto item : items) {
    std::string_view id;
    if (item["id"].get(id) != simdjson::SUCCESS) continue;
    Provider provider{.id = std::string(id),
                      .names = optional_rule(item, "match"),
                      .models = optional_rule(item, "models"),
                      .fallback = {}};
    simdjson::dom::array fallback;
    if (item["fallback"].get(fallback) == simdjson::SUCCESS) {
      for (auto other : fallback) {
        std::string_view name;
        if (other.get(name) == simdjson::SUCCESS) provider.fallback.emplace_back(name);
      }
    }
    providers_.push_back(std::move(provider));
  }
  for (auto maker : kMakers) {
    const auto begin = providers_.begin() + static_cast<std::ptrdiff_t>(makers_);
    auto found = std::ranges::find(begin, providers_.end(), maker, &Provider::id);
    if (found == providers_.end()) continue;
    std::rotate(begin, found, found + 1);
    ++makers_;
  }
}

const Provider* Providers::find(std::string_view id) const {
  auto found = std::ranges::find(providers_, id, &Provider::id);
  return found == providers_.end() ? nullptr : &*found;
}

std::optional<std::string_view> Providers::seller_of(std::string_view model) {
  for (const auto& part : kModelParts) {
    if (model.find(part.name) != model.npos) return part.id;
  }
  return std::nullopt;
}

std::optional<std::string_view> Providers::id_of(std::string_view name) const {
  if (name.empty()) return std::nullopt;
  if (const auto* exact = find(name)) return exact->id;
  for (const auto& alias : kNames) {
    if (name == alias.name) return alias.id;
  }
  for (const auto& alias : kPrefixes) {
    if (name.starts_with(alias.name)) return alias.id;
  }
  for (const auto& alias : kParts) {
    if (name.find(alias.name) != name.npos) return alias.id;
  }
  for (const auto& provider : providers_) {
    if (provider.names && provider.names->matches(name)) return provider.id;
  }
  return std::nullopt;
}

}  // namespace sentinel::pricing
