// The demo's fleet: what its agents measured and what happened to them, in any range of time.
//
// A record depends on the seed, the agent's number, the anchor, the interval and its own time
// alone. So ranges that meet make the same records as one range, a history can be made in pieces,
// and live data goes on where it ends, also at another interval. Any thread may ask.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "demo/roster.hpp"
#include "models/metric_record.hpp"

namespace sentinel::demo {

struct FleetOptions {
  uint64_t seed = 1;
  size_t agents = 50;
  Timestamp anchor = {};  // incidents lie before it (incidents.hpp)
};

struct Event {
  const Agent* agent = nullptr;
  Timestamp ts;
  std::string_view type;  // started, stopped, error, deployed or annotation
  std::string message;
};

class Fleet {
 public:
  explicit Fleet(FleetOptions options);

  std::span<const Agent> agents() const { return agents_; }
  const FleetOptions& options() const { return options_; }

  // Appends the records of an agent whose time lies in [start, end), in the order of time: one in
  // each `interval` (positive) in which it is up and has something to tell. With an interval of a
  // minute an agent that is up always has. Their texts live as long as the fleet.
  void append_records(size_t agent, Timestamp start, Timestamp end, Microseconds interval,
                      std::vector<models::MetricRecord>& out) const;

  // What happened to all agents in [start, end), in the order of time.
  std::vector<Event> events(Timestamp start, Timestamp end) const;

 private:
  void append_late_samples(const Agent& agent, Timestamp start, Timestamp end,
                           std::vector<models::MetricRecord>& out) const;
  void append_deployments(const Agent& agent, Timestamp start, Timestamp end,
                          std::vector<Event>& out) const;
  void append_incidents(const Agent& agent, std::vector<Event>& out) const;

  FleetOptions options_;
  std::vector<Agent> agents_;
};

// As metrics-api takes them; appended to `out`, which is the inside of a JSON array. With its id a
// record may be sent twice.
enum class Id { No, Yes };
void append_json(std::string& out, const models::MetricRecord& record, Id id = Id::Yes);
void append_json(std::string& out, const Event& event);

}  // namespace sentinel::demo
