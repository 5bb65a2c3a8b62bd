// What happens in the demo, and what it does to an agent's records. Incidents lie at fixed
// distances before the anchor, which is the end of the history that was made first.
#pragma once

#include <chrono>

#include "base/time.hpp"
#include "demo/roster.hpp"

namespace sentinel::demo {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline constexpr Microseconds kOutageBegin = days{2};  // before the anchor, as all of these
inline constexpr Microseconds kOutageLength = minutes{40};
inline constexpr Microseconds kLeakBegin = days{9};
inline constexpr Microseconds kLeakEnd = days{3};  // with a restart
inline constexpr Microseconds kSlowDeploy = days{4};
inline constexpr Microseconds kModelChange = days{6};
inline constexpr Microseconds kSilence = hours{3};
inline constexpr Microseconds kStop = hours{5};
// One agent has an interval of an hour and is heard of every four and a half: it is late.
inline constexpr Microseconds kLateInterval = hours{1};
inline constexpr Microseconds kLateSince = minutes{150};
inline constexpr Microseconds kLatePause = minutes{270};

// Ten times the requests, from 22:00 to 06:00 UTC of the last night that ended a day before.
inline constexpr double kRunawayFactor = 10;
Timestamp runaway_begin(Timestamp anchor);
inline constexpr Microseconds kRunawayLength = hours{8};

// How a moment differs from the usual.
struct Effects {
  const Model* model = nullptr;
  bool gone = false;    // no record
  double requests = 1;  // factors
  double latency = 1;
  double spread = 0;       // added to the standard deviation of the logarithm of the latency
  double error_share = 0;  // added
  double leak_mb = 0;
};

Effects effects_on(const Agent& agent, Timestamp time, Timestamp anchor);

}  // namespace sentinel::demo
