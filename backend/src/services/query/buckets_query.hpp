// Metrics of a range as time buckets, one series for each group.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "postgres/pool.hpp"
#include "services/query/agents_query.hpp"
#include "services/query/bucket_grid.hpp"
#include "services/query/kept_answers.hpp"
#include "services/query/metric_catalog.hpp"
#include "services/query/sums_reader.hpp"

namespace sentinel::query {

inline constexpr int64_t kBucketsMax = 100'000;    // series times buckets of one answer
inline constexpr int64_t kAutoBucketsMax = 1'000;  // of one series with step=auto
inline constexpr int kTopMax = 100;

enum class GroupBy { Agent, None, Model, Provider, Host, Label };

struct BucketRequest {
  std::vector<AgentName> agents;
  bool fleet = false;  // `agents` are all there are
  std::vector<WantedMetric> metrics;
  Timestamp start;
  Timestamp end;                          // exclusive
  std::optional<Microseconds> step = {};  // nullopt is auto
  GroupBy group_by = GroupBy::Agent;
  std::string label = {};       // whose values are the groups, with GroupBy::Label
  std::optional<int> top = {};  // so many groups, by the first metric; the others as one
  bool previous = false;        // the time before as well, as long as the range
  // Nothing of an answer before is told again: `plan` is that of the whole range.
  bool anew = false;
  int64_t buckets_max = kBucketsMax;
};

struct Series {
  std::optional<AgentName> agent = {};
  std::optional<std::string> group = {};  // of a model, provider, host or label that records have
  bool other = false;                     // all groups that are not among the top
  std::string metric = {};
  std::string_view unit = {};
  std::vector<std::optional<double>> values = {};    // one a bucket
  std::vector<std::optional<double>> previous = {};  // of the time before, where asked for
};

struct Buckets {
  Timestamp start;  // of the first bucket
  Timestamp end;
  Microseconds step{};
  std::optional<Timestamp> previous_start;
  bool grouped = false;  // by what records have, not by agent
  std::vector<int64_t> times_ms;
  std::vector<Series> series;
  SumsPlan plan;          // of what was not told before
  bool of_fleet = false;  // its sums are those of all agents together
};

// The smallest usual step that gives at most kAutoBucketsMax buckets.
Microseconds auto_step(Microseconds range);

struct KeptBuckets : Kept {
  Timestamp start;                         // of the first bucket of the grid
  std::shared_ptr<const BucketGrid> grid;  // whole buckets alone
  size_t bytes() const { return sizeof *this + grid->bytes(); }
};

class BucketsQuery {
 public:
  explicit BucketsQuery(postgres::Database& database)
      : database_(database), sums_(database), custom_sums_(database, sums::Of::Custom) {}

  // Errors: InvalidArgument (reversed range, too many buckets), Unavailable.
  Task<Result<Buckets>> read(BucketRequest request);

 private:
  struct Statement;
  // One for the metrics that columns tell and one for custom ones; first that of the first metric.
  // `step`: of the sums they may read; `per`: the time that a value is of.
  Task<Result<std::vector<Statement>>> prepare(const BucketRequest& request, TimeRange range,
                                               Microseconds step, Microseconds per);
  Task<Result<Statement>> prepare_of(sums::Of of, const BucketRequest& request, TimeRange range,
                                     Microseconds step, Microseconds per);
  // The groups of the greatest rank, the greatest first.
  Task<Result<std::vector<std::string>>> top_groups(const Statement& statement, int count);
  // What is kept of the same question, as far as nothing was stored in it since.
  struct Reused {
    std::shared_ptr<const KeptBuckets> kept;  // nullptr: nothing to go on with
    size_t valid = 0;                         // buckets of it, from the first on
    size_t offset = 0;                        // of the range in it, in buckets
    uint64_t edge = 0;                        // of what is read now
    std::chrono::steady_clock::time_point read_at;
  };
  Task<Result<Reused>> reuse(const BucketRequest& request, std::string_view key, TimeRange range,
                             Microseconds step);
  // Keeps the `whole` first buckets of a grid that begins at `start`, with what was reused.
  void keep(std::string key, const Reused& reused, Timestamp start, const BucketGrid& grid,
            size_t whole);

  // Reads a range and adds its series to an answer.
  struct Filling;
  Task<Result<void>> fill(const BucketRequest& request, Filling filling, Buckets& answer);
  // Adds what a statement tells to a grid, whose first bucket begins at `start`. `shown`: SQL of
  // what tells series apart.
  Task<Result<void>> fill_grid(const Statement& statement, std::string_view shown, Timestamp start,
                               Microseconds step, int64_t values_max, BucketGrid& grid);

  postgres::Database& database_;
  KeptAnswers<KeptBuckets> kept_;
  SumsReader sums_;
  SumsReader custom_sums_;
};

}  // namespace sentinel::query
