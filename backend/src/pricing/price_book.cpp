#include "pricing/price_book.hpp"

#include <algorithm>
#include <cstdlib>
#include <ranges>

#include "base/log.hpp"
#include "pricing/bundled_prices.hpp"
#include "pricing/providers.hpp"

namespace sentinel::pricing {

namespace {

// A long context that Claude Code asks for is part of the name there, and not of the price.
constexpr std::string_view kLongContext = "[1m]";

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

std::string plain_model(std::string_view model) {
  auto name = lowered(trimmed(model));
  if (name.ends_with(kLongContext)) name.resize(name.size() - kLongContext.size());
  return name;
}

}  // namespace

const Price* ModelPrices::at(Timestamp time) const {
  for (const auto* entry : entries_) {
    for (const auto& price : std::views::reverse(entry->prices)) {
      if (price.in_force(time)) return &price;
    }
  }
  return nullptr;
}

std::vector<Timestamp> ModelPrices::changes(Timestamp start, Timestamp end) const {
  std::vector<Timestamp> times;
  for (const auto* entry : entries_) {
    for (const auto& price : entry->prices) {
      if (price.valid_from > start && price.valid_from < end) times.push_back(price.valid_from);
    }
  }
  std::ranges::sort(times);
  const auto [first, last] = std::ranges::unique(times);
  times.erase(first, last);
  return times;
}

std::shared_ptr<const PriceBook> PriceBook::bundled() {
  // Kept for as long as somebody uses it: a process whose database has prices does not.
  static std::mutex mutex;
  static std::weak_ptr<const PriceBook> kept;
  std::lock_guard lock(mutex);
  if (auto book = kept.lock()) return book;
  auto parsed = parse(bundled_prices());
  if (!parsed) {
    log::error("the bundled prices are broken: {}", parsed.error().message);
    std::abort();
  }
  kept = *parsed;
  return std::move(*parsed);
}

size_t PriceBook::remembered() const {
  std::shared_lock lock(mutex_);
  return found_.size();
}

std::shared_ptr<const ModelPrices> PriceBook::find(std::string_view provider,
                                                   std::string_view model) const {
  std::string key(provider);
  key += '\n';
  key += model;
  {
    std::shared_lock lock(mutex_);
    if (auto found = found_.find(key); found != found_.end()) return found->second;
  }
  auto prices =
      std::make_shared<const ModelPrices>(look_up(lowered(trimmed(provider)), plain_model(model)));
  std::unique_lock lock(mutex_);
  if (found_.size() >= kRememberedMax) found_.clear();
  return found_.emplace(std::move(key), std::move(prices)).first->second;
}

ModelPrices PriceBook::look_up(std::string_view provider, std::string_view model) const {
  ModelPrices found;
  if (model.empty()) return found;
  const auto id = Providers::known().id_of(provider);
  for (auto index : overrides_) {
    const auto& entry = entries_[index];
    const bool meant = entry.provider.empty() || entry.provider == provider ||
                       (id && Providers::known().id_of(entry.provider) == id);
    if (meant && entry.rule.matches(model)) found.entries_.push_back(&entry);
  }
  if (const auto* entry = bundled_entry(provider, model)) found.entries_.push_back(entry);
  return found;
}

const PriceEntry* PriceBook::bundled_entry(std::string_view provider,
                                           std::string_view model) const {
  const auto& known = Providers::known();
  const auto slash = model.find('/');
  const auto prefix = slash == model.npos ? std::string_view{} : model.substr(0, slash);
  const auto rest = slash == model.npos ? std::string_view{} : model.substr(slash + 1);
  // A gateway is not who sells.
  if (provider.empty() || provider == "litellm") {
    if (auto id = known.id_of(prefix)) {
      if (const auto* entry = with_fallback(*id, rest)) return entry;
    }
    if (auto id = Providers::seller_of(model)) return of_provider(*id, model);
    return guess(model);
  }
  const auto id = known.id_of(provider);
  if (!id) return nullptr;
  if (const auto* entry = with_fallback(*id, model)) return entry;
  return known.id_of(prefix) == id ? with_fallback(*id, rest) : nullptr;
}

// For a model without a provider: whose name it bears, else the first maker that has it, else the
// only reseller. Two resellers may charge different prices, and which one it was nobody said.
const PriceEntry* PriceBook::guess(std::string_view model) const {
  const auto& known = Providers::known();
  for (const auto& provider : known.all()) {
    if (!provider.models || !provider.models->matches(model)) continue;
    if (const auto* entry = of_provider(provider.id, model)) return entry;
  }
  for (const auto& provider : known.makers()) {
    if (const auto* entry = of_provider(provider.id, model)) return entry;
  }
  const PriceEntry* only = nullptr;
  for (const auto& provider : known.resellers()) {
    const auto* entry = of_provider(provider.id, model);
    if (entry && only) return nullptr;
    if (entry) only = entry;
  }
  return only;
}

const PriceEntry* PriceBook::of_provider(std::string_view id, std::string_view model) const {
  auto range = by_provider_.find(id);
  if (range == by_provider_.end()) return nullptr;
  for (size_t i = range->second.first; i < range->second.second; ++i) {
    if (entries_[i].rule.matches(model)) return &entries_[i];
  }
  return nullptr;
}

const PriceEntry* PriceBook::with_fallback(std::string_view id, std::string_view model) const {
  if (const auto* entry = of_provider(id, model)) return entry;
  const auto* provider = Providers::known().find(id);
  if (!provider) return nullptr;
  for (const auto& other : provider->fallback) {
    if (const auto* entry = of_provider(other, model)) return entry;
  }
  return nullptr;
}

}  // namespace sentinel::pricing
