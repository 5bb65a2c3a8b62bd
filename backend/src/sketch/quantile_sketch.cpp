#include "sketch/quantile_sketch.hpp"

#include <algorithm>
#include <cmath>
#include <ranges>

namespace sentinel::sketch {

namespace {

// A key's values reach over a factor of (1 + e) / (1 - e). Written as in 0013_create_sums.sql.
constexpr double kLogOfFactor = 0.020000666706669543;
constexpr size_t kEntryBytes = 4;
constexpr uint64_t kEntryCountMax = 65'535;

uint16_t key_of(int64_t value) {
  if (value <= 0) return 0;
  return static_cast<uint16_t>(std::ceil(std::log(static_cast<double>(value)) / kLogOfFactor) + 1);
}

double value_of(uint16_t key) {
  return key == 0 ? 0 : std::exp((key - 1) * kLogOfFactor) * (1 - kRelativeError);
}

uint16_t read_16(std::string_view bytes, size_t at) {
  return static_cast<uint16_t>(static_cast<unsigned char>(bytes[at]) << 8 |
                               static_cast<unsigned char>(bytes[at + 1]));
}

void write_16(std::string& out, uint64_t number) {
  out += static_cast<char>(number >> 8 & 0xff);
  out += static_cast<char>(number & 0xff);
}

}  // namespace

void QuantileSketch::add(std::string_view entries) {
  for (size_t at = 0; at + kEntryBytes <= entries.size(); at += kEntryBytes) {
    entries_.push_back({read_16(entries, at), read_16(entries, at + 2)});
  }
  sorted_ = false;
}

void QuantileSketch::add_value(int64_t value) {
  entries_.push_back({key_of(value), 1});
  sorted_ = false;
}

const std::vector<QuantileSketch::Entry>& QuantileSketch::sorted() const {
  if (sorted_) return entries_;
  sorted_ = true;
  if (entries_.empty()) return entries_;
  // Counted, not compared: some hundred keys lie between the least and the greatest.
  const auto [least, greatest] = std::ranges::minmax(entries_ | std::views::transform(&Entry::key));
  std::vector<uint64_t> counts(static_cast<size_t>(greatest - least) + 1);
  for (const auto& entry : entries_) counts[static_cast<size_t>(entry.key - least)] += entry.count;
  entries_.clear();
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] > 0) entries_.push_back({static_cast<uint16_t>(least + i), counts[i]});
  }
  return entries_;
}

std::string QuantileSketch::entries() const {
  std::string out;
  for (auto [key, count] : sorted()) {
    for (; count > 0; count -= std::min(count, kEntryCountMax)) {
      write_16(out, key);
      write_16(out, std::min(count, kEntryCountMax));
    }
  }
  return out;
}

uint64_t QuantileSketch::count() const {
  uint64_t all = 0;
  for (const auto& entry : entries_) all += entry.count;
  return all;
}

std::optional<double> QuantileSketch::quantile(double fraction) const {
  const auto all = count();
  if (all == 0) return std::nullopt;
  const double rank = fraction * static_cast<double>(all - 1);
  const auto lower = static_cast<uint64_t>(std::floor(rank));
  double below = 0;
  bool found = false;
  uint64_t seen = 0;
  for (const auto& [key, count] : sorted()) {
    seen += count;
    if (!found && seen > lower) {
      below = value_of(key);
      found = true;
    }
    if (found && seen > lower + 1) {
      return below + (value_of(key) - below) * (rank - static_cast<double>(lower));
    }
  }
  return below;
}

}  // namespace sentinel::sketch
