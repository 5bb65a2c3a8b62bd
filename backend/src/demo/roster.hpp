// Who is in the demo: agents that people recognise, on models and hosts that exist or could.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sentinel::demo {

struct Model {
  std::string_view provider;
  std::string_view name;
  double ttft_ms = 0;          // median; 0: it does not stream
  double reasoning_share = 0;  // of the output
  bool writes_cache = false;   // whether the provider charges for what is written to a cache
  int64_t input_pico_usd = 0;  // per token; for agents that report their cost themselves
  int64_t output_pico_usd = 0;
};

extern const Model kOutageModel;     // its provider fails for forty minutes
extern const Model kDearModel;       // what one agent leaves,
extern const Model kHalfPriceModel;  // and what it changes to

enum class Rhythm { Office, AroundTheClock, Night };

// What happens to an agent towards the end of the history (incidents.hpp).
enum class Fate {
  None,
  LeaksMemory,
  DeploysSlowness,
  ChangesModel,
  RunsAway,
  FallsSilent,
  Stops,
  IsLate
};

struct Agent {
  size_t number = 0;
  uint64_t key = 0;  // of its random numbers
  std::string name;
  std::string description;
  std::string labels;  // JSON: team and environment
  const Model* model = nullptr;
  // Of the process that a collector watches; empty: it runs elsewhere, and only requests are known.
  std::string_view host;
  int gpus = 0;
  Rhythm rhythm = Rhythm::Office;
  Fate fate = Fate::None;
  double requests_per_min = 1;  // on a usual working hour
  double latency_ms = 1000;     // median
  double input_tokens = 1000;   // median of one request, what comes from a cache included
  double output_tokens = 200;   // 0: an embedding
  double cached_share = 0;
  double memory_mb = 500;
  double cpu_percent = 10;
  double error_share = 0.005;
  bool reports_cost = false;

  bool has_process() const { return !host.empty(); }
};

// The first `count` agents of the fleet of `seed`. The first eight have the fates; a longer fleet
// repeats the roster as staging and in other regions.
std::vector<Agent> make_agents(uint64_t seed, size_t count);

}  // namespace sentinel::demo
