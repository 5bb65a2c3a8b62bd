// The table of prices: what comes with a release goes in once, overrides as an operator sets them.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/task.hpp"
#include "postgres/pool.hpp"
#include "pricing/price_book.hpp"
#include "services/prices/override_texts.hpp"

namespace sentinel::prices {

// The prices that this program was built with, unless the table has that version. Safe to repeat
// and from several programs at once. Errors: those of Database::query.
Task<Result<void>> insert_bundled(postgres::Database& database);

// The book as the table has it now. Errors: those of Database::query; InvalidArgument.
Task<Result<std::shared_ptr<const pricing::PriceBook>>> read_book(postgres::Database& database);

// The same for those who ask now and then: it is read again when the table has a newer row.
class BookReader {
 public:
  Task<Result<std::shared_ptr<const pricing::PriceBook>>> read(postgres::Database& database);

 private:
  std::atomic<std::shared_ptr<const pricing::PriceBook>> book_;
};

struct Override {
  std::string provider;                 // empty: whoever sells it
  std::string match;                    // a rule as JSON
  std::string model;                    // the same for people
  std::optional<Timestamp> valid_from;  // unset: ever since
  pricing::Rates rates;
};

// Errors: InvalidArgument.
Result<Override> read_override(const OverrideTexts& texts, Timestamp now);

// Gives the row's id; its version is user-<id>. Errors: InvalidArgument (the rule, or no price at
// all), those of Database::query.
Task<Result<int64_t>> set_override(postgres::Database& database, Override wanted, std::string by);
// Ends the overrides of this provider and rule, at all times. Errors: as above; NotFound.
Task<Result<int64_t>> withdraw_override(postgres::Database& database, Override wanted,
                                        std::string by);

// USD per million tokens to pico-dollars per token: 3 or 0.0028 to 3,000,000 or 2,800. Exact.
// Errors: InvalidArgument (no number from 0 to 1,000,000, or over six digits behind the point).
Result<int64_t> parse_usd_per_million(std::string_view text);
// The way back.
std::string format_usd_per_million(int64_t picos);

}  // namespace sentinel::prices
