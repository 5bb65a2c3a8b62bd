#include "collectors/pipeline.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "base/run_now.hpp"
#include "collectors/footprint.hpp"

namespace sentinel::collectors {

namespace {

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kFirstAnswerMax = std::chrono::seconds{2};
constexpr auto kFarewellMax = std::chrono::seconds{3};

std::vector<std::string> names_of(const std::vector<AgentSpec>& agents) {
  std::vector<std::string> names;
  for (const auto& agent : agents) names.push_back(agent.name);
  return names;
}

Backlog make_backlog(const Settings& settings) {
  size_t memory_bytes = settings.buffer_memory_kb * 1024;
  if (settings.buffer_dir.empty()) return Backlog(memory_bytes);
  auto disk = SegmentQueue::open(settings.buffer_dir, settings.buffer_size_mb * 1024 * 1024);
  if (!disk) {
    log::warning("{}; samples wait in memory instead", disk.error().message);
    return Backlog(memory_bytes);
  }
  if (disk->damaged() > 0)
    log::warning("the buffer in {} ends in a torn record, which is cut off", settings.buffer_dir);
  return Backlog(memory_bytes, std::move(*disk));
}

std::string describe_change(const Collection& collection) {
  if (!collection.enabled) return "not collected, as the server wants it";
  return fmt::format("collected every {} s", collection.interval.count());
}

}  // namespace

Pipeline::Pipeline(asio::io_context& context, const Settings& settings,
                   const std::vector<AgentSpec>& agents)
    : context_(context),
      names_(names_of(agents)),
      server_(settings.server_text),
      writer_(settings.host_name),
      uplink_(context, settings.server, settings.key, make_backlog(settings), names_),
      sampler_(
          agents,
          [&] {
            Gpus gpus(settings.nvml);
            gpu_state_ = gpus.state();
            return gpus;
          }(),
          Cgroups::mounted(read_small_file("/proc/self/mounts", 1024 * 1024))),
      loop_(context, sampler_, writer_, uplink_, agents.size()) {
  uplink_.on_collection = [this](size_t agent, const Collection& collection) {
    log::info("{}: {}", names_[agent], describe_change(collection));
    loop_.reschedule(agent);
  };
}

void Pipeline::start() {
  asio::co_spawn(context_, uplink_.run(), asio::detached);
  asio::co_spawn(context_, loop_.run(), asio::detached);
}

Task<uint64_t> Pipeline::finish(std::chrono::steady_clock::duration bound) {
  loop_.stop();
  co_return co_await uplink_.finish(bound);
}

std::string Pipeline::describe() const {
  constexpr size_t named_max = 10;
  double least = 1e9, most = 0;
  for (size_t agent = 0; agent < names_.size(); ++agent) {
    double interval = uplink_.collection(agent).interval.count();
    least = std::min(least, interval);
    most = std::max(most, interval);
  }
  std::vector<std::string> named(
      names_.begin(),
      names_.begin() + static_cast<std::ptrdiff_t>(std::min(names_.size(), named_max)));
  return fmt::format(
      "watching {}{} every {}{} s; GPU: {}; server {}", fmt::join(named, ", "),
      names_.size() > named_max ? fmt::format(" and {} more", names_.size() - named_max) : "",
      least, most > least ? fmt::format(" to {}", most) : "", gpu_state_, server_);
}

int ask_health(const Settings& settings) {
  asio::io_context context(1);
  http::Client client(context.get_executor(), settings.server);
  http::ClientRequest question;
  question.target =
      "/api/v1/collection?agent=" + http::percent_encode(settings.agents.front().name);
  if (settings.key.known())
    question.headers.emplace_back("Authorization", "Bearer " + settings.key.text());
  auto answer = run_now(context, client.send(std::move(question), kFirstAnswerMax));
  if (answer && answer->status == 200) {
    fmt::print("{} takes what is sent\n", settings.server_text);
    return 0;
  }
  fmt::print("{}: {}\n", settings.server_text,
             answer ? problem_sentence(answer->body) : answer.error().message);
  return 1;
}

int watch(const Settings& settings) {
  asio::io_context context(1);
  asio::signal_set signals(context, SIGTERM, SIGINT);
  Pipeline pipeline(context, settings, settings.agents);
  if (!settings.key.known()) {
    log::warning(
        "there is no key: set SENTINEL_KEY or SENTINEL_COLLECTOR_KEY_FILE (`sentinel keys create "
        "--scope ingest`)");
  }
  auto begin = [&]() -> Task<void> {
    co_await pipeline.uplink().ask(kFirstAnswerMax);
    log::info("{}", pipeline.describe());
    release_startup_memory();
    pipeline.start();
  };
  auto end = [&]() -> Task<void> {
    co_await signals.async_wait(kAwait);
    auto lost = co_await pipeline.finish(kFarewellMax);
    if (lost > 0) log::warning("{} samples could not be sent and are lost", lost);
    context.stop();
  };
  asio::co_spawn(context, begin, asio::detached);
  asio::co_spawn(context, end, asio::detached);
  context.run();
  return 0;
}

}  // namespace sentinel::collectors
