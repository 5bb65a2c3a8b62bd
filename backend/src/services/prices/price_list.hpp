// The prices that hold now, as they are listed.
#pragma once

#include <string>
#include <vector>

#include "pricing/price_book.hpp"

namespace sentinel::prices {

struct PriceFilter {
  std::string provider;    // an id; empty: any
  std::string model;       // part of its name, or a name that the rule matches; empty: any
  bool overrides = false;  // only those that were set here
};

struct ListedPrice {
  const pricing::PriceEntry* entry;
  const pricing::Price* price;
};

// Of each rule the price that is in force, and of overrides those to come too; overrides first, the
// one that was set last before the others. They live as long as the book.
std::vector<ListedPrice> listed(const pricing::PriceBook& book, const PriceFilter& filter,
                                Timestamp now);

}  // namespace sentinel::prices
