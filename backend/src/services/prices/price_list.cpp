#include "services/prices/price_list.hpp"

#include <algorithm>

namespace sentinel::prices {

namespace {

bool is_override(const pricing::PriceEntry& entry) {
  return !entry.prices.empty() && entry.prices.front().source == "user";
}

bool passes(const pricing::PriceEntry& entry, const PriceFilter& filter) {
  if (filter.overrides && !is_override(entry)) return false;
  if (!filter.provider.empty() && entry.provider != pricing::lowered(filter.provider)) return false;
  if (filter.model.empty()) return true;
  const auto wanted = pricing::lowered(filter.model);
  return pricing::lowered(entry.model).find(wanted) != std::string::npos ||
         entry.rule.matches(wanted);
}

// From behind: of those that begin alike, the last is the one.
void add(const pricing::PriceEntry& entry, Timestamp now, std::vector<ListedPrice>& found) {
  const pricing::Price* later = nullptr;
  for (auto price = entry.prices.rbegin(); price != entry.prices.rend(); ++price) {
    if (price->in_force(now)) {
      found.push_back({&entry, &*price});
      return;
    }
    const bool to_come = price->source == "user" && price->valid_from > now;
    if (to_come && (!later || later->valid_from != price->valid_from)) {
      found.push_back({&entry, &*price});
      later = &*price;
    }
  }
}

}  // namespace

std::vector<ListedPrice> listed(const pricing::PriceBook& book, const PriceFilter& filter,
                                Timestamp now) {
  std::vector<ListedPrice> found;
  const auto entries = book.entries();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    if (is_override(*entry) && passes(*entry, filter)) add(*entry, now, found);
  }
  for (const auto& entry : entries) {
    if (!is_override(entry) && passes(entry, filter)) add(entry, now, found);
  }
  return found;
}

}  // namespace sentinel::prices
