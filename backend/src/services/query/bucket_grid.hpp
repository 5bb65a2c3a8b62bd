// Values of metrics by group and bucket, as statements and kept answers tell them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sentinel::query {

class BucketGrid {
 public:
  // A group as text; nullopt are all others (see BucketRequest::top). They come last.
  struct Key {
    std::optional<std::string> text;
    bool operator<(const Key& other) const { return text && (!other.text || *text < *other.text); }
  };
  struct Group {
    std::vector<uint8_t> known;  // 1 where a row was told of the bucket, with or without values
    std::vector<double> values;  // one metric after the other; NaN is none
  };

  BucketGrid(size_t metrics, size_t buckets) : metrics_(metrics), buckets_(buckets) {}

  Group& group(const Key& key);
  void set(Group& group, size_t metric, size_t bucket, std::optional<double> value);
  std::optional<double> get(const Group& group, size_t metric, size_t bucket) const;

  // Copies `count` buckets from `other` (of the same metrics), with the groups that are known in
  // them.
  void copy(const BucketGrid& other, size_t from, size_t to, size_t count);

  const std::map<Key, Group>& groups() const { return groups_; }
  size_t metrics() const { return metrics_; }
  size_t buckets() const { return buckets_; }
  size_t series() const { return groups_.size() * metrics_; }
  size_t bytes() const;

 private:
  size_t metrics_;
  size_t buckets_;
  std::map<Key, Group> groups_;
};

}  // namespace sentinel::query
