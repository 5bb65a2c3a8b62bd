// The series of an answer, and what a grid of buckets adds to them.
#pragma once

#include <string>

#include "services/query/bucket_grid.hpp"
#include "services/query/buckets_query.hpp"

namespace sentinel::query {

// The blank series of a group, one for each metric.
void add_series(const BucketRequest& request, const Series& like, Buckets& answer);

// How SQL tells the group of a row `s`, as text, and what has to be joined for it. A record without
// one is of the group ''.
struct GroupSql {
  std::string text;
  std::string join;
};
GroupSql group_of(const BucketRequest& request);

// Series of the group that SQL tells as `text`.
Series series_of(const BucketRequest& request, const std::string& text);

Error too_many_buckets(int64_t buckets, int64_t series, int64_t limit);

// Adds the values of a grid to the series of its groups; new groups are new series. `previous`: the
// grid tells of the time before. Errors: InvalidArgument (too many buckets).
Result<void> add_values(const BucketRequest& request, const BucketGrid& grid, bool previous,
                        Buckets& answer);

}  // namespace sentinel::query
