#include "services/query/bucket_grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace sentinel::query {

BucketGrid::Group& BucketGrid::group(const Key& key) {
  auto [found, fresh] = groups_.try_emplace(key);
  if (fresh) {
    found->second.known.resize(buckets_);
    found->second.values.resize(metrics_ * buckets_, std::numeric_limits<double>::quiet_NaN());
  }
  return found->second;
}

void BucketGrid::set(Group& group, size_t metric, size_t bucket, std::optional<double> value) {
  group.known[bucket] = 1;
  if (value) group.values[metric * buckets_ + bucket] = *value;
}

std::optional<double> BucketGrid::get(const Group& group, size_t metric, size_t bucket) const {
  const auto value = group.values[metric * buckets_ + bucket];
  return std::isnan(value) ? std::nullopt : std::optional(value);
}

void BucketGrid::copy(const BucketGrid& other, size_t from, size_t to, size_t count) {
  auto piece = [](auto& values, size_t begin) {
    return values.begin() + static_cast<std::ptrdiff_t>(begin);
  };
  for (const auto& [key, theirs] : other.groups_) {
    const auto known = piece(theirs.known, from), known_end = piece(theirs.known, from + count);
    if (std::find(known, known_end, 1) == known_end) continue;
    auto& ours = group(key);
    std::copy(known, known_end, piece(ours.known, to));
    for (size_t metric = 0; metric < metrics_; ++metric) {
      const auto begin = metric * other.buckets_ + from;
      std::copy(piece(theirs.values, begin), piece(theirs.values, begin + count),
                piece(ours.values, metric * buckets_ + to));
    }
  }
}

size_t BucketGrid::bytes() const {
  size_t sum = sizeof *this;
  for (const auto& [key, group] : groups_) {
    sum += 128 + key.text.value_or("").size() + group.known.size() +
           group.values.size() * sizeof(double);
  }
  return sum;
}

}  // namespace sentinel::query
