// Random numbers that are a function of what they are for: the same question has the same answer,
// in whatever order questions come. Not for secrets.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

#include "base/time.hpp"

namespace sentinel::demo {

// SplitMix64's finalizer: every bit of the result depends on every bit of `x`.
constexpr uint64_t mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
  return x ^ (x >> 31);
}

constexpr uint64_t mix(uint64_t a, uint64_t b) { return mix(mix(a) ^ b); }

constexpr double to_unit(uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

// The numbers of one moment.
class Dice {
 public:
  explicit Dice(uint64_t key) : state_(key) {}

  uint64_t bits() { return mix(state_++); }
  double unit() { return to_unit(bits()); }  // [0, 1)
  bool hits(double probability) { return unit() < probability; }
  // Two independent normal numbers (Box and Muller).
  void normals(double& first, double& second) {
    const double radius = std::sqrt(-2 * std::log(1 - unit()));
    const double angle = 2 * std::numbers::pi * unit();
    first = radius * std::cos(angle);
    second = radius * std::sin(angle);
  }

 private:
  uint64_t state_;
};

// A smooth line through one random height in [0, 1) per `step`.
inline double wave(uint64_t key, Timestamp time, Microseconds step) {
  const auto index = time.time_since_epoch() / step;
  const double part = to_seconds(time.time_since_epoch() % step) / to_seconds(step);
  const double from = to_unit(mix(key, static_cast<uint64_t>(index)));
  const double until = to_unit(mix(key, static_cast<uint64_t>(index + 1)));
  return from + (until - from) * part * part * (3 - 2 * part);
}

}  // namespace sentinel::demo
