// From the sources to the server: sampler, loop and uplink of one collector, on one io_context.
#pragma once

#include <boost/asio/io_context.hpp>

#include "collectors/sampling_loop.hpp"
#include "collectors/settings.hpp"

namespace sentinel::collectors {

class Pipeline {
 public:
  // `agents` are what is watched. A buffer folder that cannot be used is named in the log, and
  // memory takes its place.
  Pipeline(asio::io_context& context, const Settings& settings,
           const std::vector<AgentSpec>& agents);

  // Samples and sends until finish().
  void start();
  // Stops sampling and sends what is left; gives how many records are lost.
  Task<uint64_t> finish(std::chrono::steady_clock::duration bound);

  // "host:a, coder every 2 s; GPU: none (…); server http://…"
  std::string describe() const;

  Uplink& uplink() { return uplink_; }
  RecordWriter& writer() { return writer_; }

 private:
  asio::io_context& context_;
  std::vector<std::string> names_;
  std::string server_;
  std::string gpu_state_;
  RecordWriter writer_;
  Uplink uplink_;
  Sampler sampler_;
  SamplingLoop loop_;
};

// Watches the host and the agents of the settings until SIGTERM or SIGINT. Gives the exit code.
int watch(const Settings& settings);
// Whether the server answers and takes this key, in a sentence on stdout. Gives the exit code.
int ask_health(const Settings& settings);

}  // namespace sentinel::collectors
