// What a token is cheaper for being read from a model's cache, and dearer for being written to it.
#pragma once

#include <string>
#include <vector>

#include "postgres/connection.hpp"
#include "pricing/price_book.hpp"
#include "services/query/sums_reader.hpp"

namespace sentinel::query {

// Of a model, over a time in which its price stays the same. Pico-dollars a token, by list price,
// against a token that is neither read nor written.
struct CachePrice {
  int64_t model_id = 0;
  TimeRange range;
  int64_t read_picos = 0;   // saved by reading
  int64_t write_picos = 0;  // saved by writing: negative where it costs more than input
};

// Of the models that records named, those whose makers charge cached tokens otherwise than input.
// Prices by the hour count as at noon UTC, writes as kept for five minutes; tiers are left out.
// Errors: those of execute().
Task<Result<std::vector<CachePrice>>> cache_prices(postgres::Connection& connection,
                                                   const pricing::PriceBook& book, TimeRange range);

// Of one model, in the order of time.
std::vector<CachePrice> cache_prices_of(int64_t model_id, const pricing::ModelPrices& prices,
                                        TimeRange range);

// SQL of rows (model_id, since, until, read_picos, write_picos).
std::string cache_prices_sql(const std::vector<CachePrice>& prices);

}  // namespace sentinel::query
