// All prices that are known, and which of them holds for a model: overrides of the operator's
// first, then those of the bundled source. A book is never changed; a newer one takes its place.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "pricing/match_rule.hpp"
#include "pricing/price.hpp"

namespace sentinel::pricing {

// One rule and what it costs over time.
struct PriceEntry {
  std::string provider;  // an id; of an override, as its author wrote it, empty is every provider
  std::string model;     // for people
  std::string match;     // the rule as JSON
  MatchRule rule;
  std::vector<Price> prices;  // the last that is in force is the one
};

// What was found for the name of a model. Lives as long as its book.
class ModelPrices {
 public:
  // Null: nothing is known for that time.
  const Price* at(Timestamp time) const;
  // When another price may come into force, between `start` and `end`; ascending, each once.
  std::vector<Timestamp> changes(Timestamp start, Timestamp end) const;
  bool empty() const { return entries_.empty(); }

 private:
  friend class PriceBook;
  std::vector<const PriceEntry*> entries_;  // the first that has a price in force decides
};

class PriceBook {
 public:
  // What this program was built with.
  static std::shared_ptr<const PriceBook> bundled();

  // The form of backend/data/model_prices.json, in which the table gives its rows too:
  // {"source", "version", "published", "newest", "prices": [{"provider", "model", "match", "from",
  // "hours", "input", "output", …, "tiers": [{"above", …}], "source", "version"}]}. Prices of one
  // rule stand together; overrides, of source user, follow all others. Errors: InvalidArgument.
  static Result<std::shared_ptr<const PriceBook>> parse(std::string_view json);

  // The prices of what a client calls a provider (may be empty) and a model. What was found is
  // remembered, so that rules are not run for each record. Never null; empty for a model that is
  // not known. Any thread.
  std::shared_ptr<const ModelPrices> find(std::string_view provider, std::string_view model) const;

  std::span<const PriceEntry> entries() const { return entries_; }
  const std::string& version() const { return version_; }  // of the bundled source
  Timestamp published() const { return published_; }
  int64_t newest() const { return newest_; }  // row of model_price; 0 for the bundled file itself
  size_t remembered() const;

  // A flood of invented names may not fill the memory: when so many are remembered, all are
  // forgotten.
  static constexpr size_t kRememberedMax = 4096;

 private:
  PriceBook() = default;
  struct Reader;
  using Range = std::pair<size_t, size_t>;  // of entries_

  ModelPrices look_up(std::string_view provider, std::string_view model) const;
  const PriceEntry* bundled_entry(std::string_view provider, std::string_view model) const;
  const PriceEntry* guess(std::string_view model) const;
  const PriceEntry* of_provider(std::string_view id, std::string_view model) const;
  const PriceEntry* with_fallback(std::string_view id, std::string_view model) const;

  std::vector<PriceEntry> entries_;
  std::map<std::string, Range, std::less<>> by_provider_;  // bundled ones
  std::vector<size_t> overrides_;                          // in the order in which they are tried
  std::string version_;
  Timestamp published_{};
  int64_t newest_ = 0;

  mutable std::shared_mutex mutex_;
  mutable std::unordered_map<std::string, std::shared_ptr<const ModelPrices>> found_;
};

}  // namespace sentinel::pricing
