// Seals the generations that are over, as the worker does but without its six hours, and tells what
// it took: one line of JSON.
#include <fmt/format.h>
#include <sys/resource.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include <unistd.h>

#include "base/run_now.hpp"
#include "services/sealing/sealer.hpp"

namespace sentinel::benchmarks {

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string conninfo;
  int gen = 1;
  bool paced = false;
};

double own_cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// User and system time of another process of this machine: the 14th and 15th field of proc(5).
double cpu_s_of(int64_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string text;
  std::getline(file, text, ')');
  double ticks = 0;
  for (int field = 3; field <= 15 && file >> text; ++field) {
    if (field >= 14) ticks += std::stod(text);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

Task<Result<void>> seal(const Options& options) {
  auto opened = co_await postgres::Connection::open(options.conninfo, "sentinel_worker", "seal");
  if (!opened) co_return forward(opened);
  auto& connection = **opened;
  auto backend = co_await connection.execute("SELECT pg_backend_pid()");
  if (!backend) co_return forward(backend);
  const auto pid = backend->integer(0, 0);

  constexpr auto kTick = std::chrono::seconds{2};  // of the worker
  sealing::Sealer sealer(
      {.after = Microseconds{0},
       .budget = options.paced ? sealing::SealingLimits{}.budget : std::chrono::hours{1},
       .retry = Microseconds{0}});
  const auto begun = Clock::now();
  const double client = own_cpu_s(), server = cpu_s_of(pid);
  for (;;) {
    auto done = co_await sealer.step(connection);
    if (!done) co_return done;
    const auto text = fmt::format("SELECT count(*) FROM sealed_gen WHERE gen = {}", options.gen);
    auto sealed = co_await connection.execute(text);
    if (!sealed) co_return forward(sealed);
    if (sealed->integer(0, 0) > 0) break;
    std::this_thread::sleep_for(options.paced ? kTick : std::chrono::milliseconds{200});
  }
  fmt::print(R"({{"seconds":{:.3f},"client_cpu_s":{:.3f},"server_cpu_s":{:.3f}}})"
             "\n",
             std::chrono::duration<double>(Clock::now() - begun).count(), own_cpu_s() - client,
             cpu_s_of(pid) - server);
  co_return Result<void>{};
}

}  // namespace

}  // namespace sentinel::benchmarks

int main(int argc, char** argv) {
  using namespace sentinel;
  benchmarks::Options options;
  CLI::App app{"Seals what is over up to a generation and prints what it took as JSON"};
  app.add_option("--database-url", options.conninfo)->required();
  app.add_option("--generation", options.gen, "the last one to be sealed");
  app.add_flag("--paced", options.paced, "half a second of every two, as the worker does");
  CLI11_PARSE(app, argc, argv);
  asio::io_context context{1};
  auto done = run_now(context, benchmarks::seal(options));
  if (!done) {
    fmt::print(stderr, "seal-history: {}\n", done.error().message);
    return 1;
  }
  return 0;
}
