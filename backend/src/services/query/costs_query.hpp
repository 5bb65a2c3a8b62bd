// What was spent: by agent, model, provider and day, in this month and, by a stated method, at its
// end.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "pricing/price_book.hpp"
#include "services/query/kept_answers.hpp"
#include "services/query/sums_reader.hpp"

namespace sentinel::query {

inline constexpr int kCostGroupsMax = 10'000;
inline constexpr int kForecastDays = 7;

// By what costs are told apart.
struct CostGrouping {
  bool agent = false;
  bool model = false;
  bool provider = false;
  bool day = false;
};

struct CostRequest {
  std::vector<Uuid> agents;  // none is all
  Timestamp start;
  Timestamp end;  // exclusive
  CostGrouping by;
  bool anew = false;  // nothing of an answer before is told again
};

struct CostFigures {
  std::optional<int64_t> cost_nanos;  // nothing where no record has a cost
  // What cached tokens would have cost more as input, less what it cost to write them, by list
  // price; nothing where none were cached, or no price says what that is worth.
  std::optional<int64_t> cache_saved_nanos;
  int64_t requests = 0;
  int64_t priced_requests = 0;
  int64_t unpriced_requests = 0;
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  int64_t cache_read_tokens = 0;
  int64_t cache_write_tokens = 0;
  int64_t reasoning_tokens = 0;

  void add(const CostFigures& other);
};

// What it is not grouped by is nothing.
struct CostGroup {
  std::optional<std::string> agent_id;
  std::optional<std::string> agent;
  std::optional<std::string> provider;
  std::optional<std::string> model;
  std::optional<std::string> day;  // YYYY-MM-DD
  CostFigures figures;
};

struct UnpricedUsage {
  std::string provider;
  std::string model;
  int64_t requests = 0;
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
};

struct MonthCosts {
  std::chrono::year_month month{};
  int64_t cost_nanos = 0;      // so far
  int64_t previous_nanos = 0;  // of the whole month before
  std::optional<int64_t> forecast_nanos;
  int forecast_days = 0;  // of how many whole days it is the mean
};

struct Costs {
  CostFigures total;
  std::vector<CostGroup> groups;  // the dearest first
  MonthCosts month;
  std::vector<UnpricedUsage> unpriced;  // the most tokens first
};

// What was spent on a day, in nano-dollars; days without cost are absent.
struct DayCost {
  std::chrono::sys_days day;
  int64_t cost_nanos;
};

// `days` are those of this month and the one before, in any order. What is left of the month costs
// what the last whole days did: kForecastDays of them, or as many as there are since the first of
// `days`.
MonthCosts month_costs(const std::vector<DayCost>& days, Timestamp now);

class CostsQuery {
 public:
  CostsQuery(postgres::Database& database, SumsReader& sums) : database_(database), sums_(sums) {}

  // Errors: InvalidArgument (reversed range, too many groups), Unavailable.
  Task<Result<Costs>> read(CostRequest request, std::shared_ptr<const pricing::PriceBook> book,
                           Timestamp now);

 private:
  struct Grouped {
    std::vector<CostGroup> groups;
    std::vector<UnpricedUsage> unpriced;
    void add(Grouped other);
    void sort();
  };
  using Book = std::shared_ptr<const pricing::PriceBook>;
  struct KeptCosts : Kept {
    Book book;
    std::shared_ptr<const Grouped> found;
    size_t bytes() const;
  };

  // Without a book nothing is told of what caches saved.
  Task<Result<Grouped>> grouped(const CostRequest& request, Book book);
  // The same of whole hours, which is given again as long as nothing was stored in them.
  Task<Result<std::shared_ptr<const Grouped>>> of_hours(const std::vector<Uuid>& agents,
                                                        TimeRange range, CostGrouping by,
                                                        const Book& book);
  // Of the time that `ranges` cover together; they do not overlap, and some may be empty.
  Task<Result<Grouped>> read_groups(const std::vector<Uuid>& agents, std::vector<TimeRange> ranges,
                                    CostGrouping by, const Book& book);
  Task<Result<MonthCosts>> this_month(const CostRequest& request, Timestamp now);

  postgres::Database& database_;
  SumsReader& sums_;
  KeptAnswers<KeptCosts> kept_;
};

}  // namespace sentinel::query
