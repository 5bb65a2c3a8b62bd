// What a record may hold. The contract states the same numbers, and validation is never weaker than
// the database's own constraints.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace sentinel::models {

inline constexpr size_t kNameLengthMax = 200;
inline constexpr size_t kMessageLengthMax = 2000;
inline constexpr size_t kRecordsMax = 10'000;     // of one request
inline constexpr size_t kEventsMax = 1'000;       // of one request
inline constexpr size_t kOtlpItemsMax = 100'000;  // spans, log records or data points of one export
inline constexpr size_t kAttributesMax = 64;
inline constexpr size_t kAttributeBytesMax = 16 * 1024;

inline constexpr auto kFutureMax = std::chrono::seconds{60};
inline constexpr auto kAgeMax = std::chrono::days{90};

inline constexpr double kLatencyMsMax = 86'400'000;  // a day
inline constexpr double kThroughputMax = 1e9;
inline constexpr double kCostUsdMax = 1e6;
inline constexpr double kMemoryMbMax = 1e9;
inline constexpr int64_t kTokensMax = 2'000'000'000;
inline constexpr int64_t kRequestCountMax = 1'000'000'000;
inline constexpr int64_t kGpuCountMax = 1024;
inline constexpr int64_t kProcessIdMax = 2'147'483'647;

}  // namespace sentinel::models
