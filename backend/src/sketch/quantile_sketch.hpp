// Quantiles of many values in little room: every value falls under a key by its logarithm, and only
// how many fell under each is kept. What comes out is within 1 % of a value that went in; to merge
// two sketches loses nothing. The form is that of sketch_of() in PostgreSQL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sentinel::sketch {

inline constexpr double kRelativeError = 0.01;

class QuantileSketch {
 public:
  // Adds the entries of a stored sketch: four bytes each, key and count of 16 bits, highest byte
  // first, in any order. Bytes beyond the last whole entry are not read.
  void add(std::string_view entries);
  // Adds one value; what is below 0 counts as 0.
  void add_value(int64_t value);

  // The same in as few entries as it needs, by key.
  std::string entries() const;

  uint64_t count() const;

  // The value below which `fraction` (0 to 1) of all values are, between the two nearest as
  // PostgreSQL's percentile_cont() does it; nothing of no values.
  std::optional<double> quantile(double fraction) const;

 private:
  struct Entry {
    uint16_t key;
    uint64_t count;
  };
  // By key, each once.
  const std::vector<Entry>& sorted() const;

  mutable std::vector<Entry> entries_;
  mutable bool sorted_ = true;
};

}  // namespace sentinel::sketch
