#include "demo/incidents.hpp"

#include <numbers>

namespace sentinel::demo {

namespace {

constexpr double kLeakMb = 6200;
// The 95th percentile of a lognormal is exp(1.645 spread) times its median: this doubles it.
constexpr double kTwiceTheP95 = std::numbers::ln2 / 1.645;

}  // namespace

Timestamp runaway_begin(Timestamp anchor) {
  return std::chrono::floor<days>(anchor - hours{30}) - hours{2};
}

Effects effects_on(const Agent& agent, Timestamp time, Timestamp anchor) {
  Effects effects;
  effects.model = agent.model;
  switch (agent.fate) {
    case Fate::None:
      break;
    case Fate::LeaksMemory:
      if (const auto begin = anchor - kLeakBegin; time >= begin && time < anchor - kLeakEnd) {
        const double part = to_seconds(time - begin) / to_seconds(kLeakBegin - kLeakEnd);
        effects.leak_mb = kLeakMb * part;
        effects.latency = 1 + 2 * part * part;
      }
      break;
    case Fate::DeploysSlowness:
      if (time >= anchor - kSlowDeploy) effects.spread = kTwiceTheP95;
      break;
    case Fate::ChangesModel:
      if (time >= anchor - kModelChange) effects.model = &kHalfPriceModel;
      break;
    case Fate::RunsAway:
      if (const auto begin = runaway_begin(anchor);
          time >= begin && time < begin + kRunawayLength) {
        effects.requests = kRunawayFactor;
      }
      break;
    case Fate::FallsSilent:
      effects.gone = time >= anchor - kSilence;
      break;
    case Fate::Stops:
      effects.gone = time >= anchor - kStop;
      break;
    case Fate::IsLate:
      effects.gone = time >= anchor - kLateSince;
      break;
  }
  if (const auto begin = anchor - kOutageBegin;
      effects.model->name == kOutageModel.name && time >= begin && time < begin + kOutageLength) {
    effects.error_share = 0.6;
    effects.latency *= 4;
  }
  return effects;
}

}  // namespace sentinel::demo
