#include <fmt/format.h>
#include <unistd.h>

#include "apps/commands.hpp"
#include "apps/database_access.hpp"
#include "apps/demo_feed.hpp"
#include "apps/local_stack.hpp"
#include "base/log.hpp"
#include "base/process.hpp"
#include "demo/incidents.hpp"
#include "services/sums/sums_builder.hpp"

namespace sentinel::apps {

namespace {

using std::chrono::steady_clock;

constexpr std::string_view kAuthor = "demo";
constexpr auto kHistoryMax = std::chrono::days{89};  // what metrics-api takes is a day more

// What the history is made of. Kept in the database, so that it goes on as it began.
struct Demo {
  int seed = 0;
  int agents = 0;
  int days = 0;
  Timestamp anchor;
};

Result<Demo> read_demo(const Settings& settings) {
  auto seed = settings.integer("seed", 0, 1'000'000);
  if (!seed) return forward(seed);
  auto agents = settings.integer("agents", 1, 1000);
  if (!agents) return forward(agents);
  auto days = settings.integer("days", 1, kHistoryMax.count());
  if (!days) return forward(days);
  return Demo{*seed, *agents, *days, std::chrono::floor<std::chrono::seconds>(now())};
}

// The demo that the database holds, or `wanted` when it was empty. Errors: Conflict (it holds
// anything else).
Task<Result<Demo>> begin_demo(postgres::Database& database, Demo wanted, std::string folder) {
  auto found = co_await database.query("demo_find");
  if (!found) co_return forward(found);
  if (found->size() > 0) {
    co_return Demo{static_cast<int>(found->integer(0, 0)), static_cast<int>(found->integer(0, 1)),
                   static_cast<int>(found->integer(0, 2)),
                   Timestamp{Microseconds{found->integer(0, 3)}}};
  }
  postgres::Params params(wanted.seed, wanted.agents, wanted.days, wanted.anchor);
  auto begun = co_await database.query("demo_begin", std::move(params));
  if (!begun) co_return forward(begun);
  if (begun->size() == 0) {
    co_return fail(
        ErrorCode::Conflict, "data_is_real",
        fmt::format("{} holds data that is not a demo's, and made-up data does not go beside it\n"
                    "HINT: --data FOLDER, a new one",
                    folder));
  }
  co_return wanted;
}

// Where the data that is stored ends.
Task<Result<Timestamp>> find_position(postgres::Database& database, Demo demo) {
  auto newest = co_await database.query("demo_newest");
  if (!newest) co_return forward(newest);
  auto position = demo.anchor - std::chrono::days{demo.days};
  if (!newest->is_null(0, 0)) position = Timestamp{Microseconds{newest->integer(0, 0) + 1}};
  co_return std::max(position, now() - kHistoryMax);
}

// A key is shown once: every start makes its own.
Task<Result<std::string>> make_key(accounts::AccountsService& accounts) {
  std::string name = "demo";
  auto revoked = co_await accounts.revoke_key(name, std::string(kAuthor));
  if (!revoked && revoked.error().code != ErrorCode::NotFound) co_return forward(revoked);
  accounts::NewKey wanted{.name = name};
  auto key = co_await accounts.create_key(std::move(wanted), std::string(kAuthor));
  if (!key) co_return forward(key);
  co_return std::move(key->token);
}

// What agents do not say of themselves: labels, and intervals of a minute but for the late one.
Task<Result<void>> describe(postgres::Database& database, const demo::Fleet& fleet) {
  settings::ConfigurationService configuration(database);
  auto newest = co_await configuration.newest();
  if (!newest) co_return forward(newest);
  // People may have configured it since.
  const bool untouched = newest->front().created_by == "sentinel";
  if (untouched) {
    settings::ConfigurationChange minute{.interval_s = 60.0};
    auto changed = co_await configuration.change(std::move(minute), std::string(kAuthor));
    if (!changed) co_return forward(changed);
  }
  for (const auto& agent : fleet.agents()) {
    postgres::Params params(agent.name, agent.description, agent.labels, kAuthor);
    auto described = co_await database.query("agent_describe", std::move(params));
    if (!described) co_return forward(described);
    if (!untouched || agent.fate != demo::Fate::IsLate) continue;
    settings::ConfigurationChange hour{.agent = agent.name,
                                       .interval_s = to_seconds(demo::kLateInterval)};
    auto changed = co_await configuration.change(std::move(hour), std::string(kAuthor));
    if (!changed) co_return forward(changed);
  }
  co_return Result<void>{};
}

// One line that says how far the history is: rewritten on a terminal, else a further one every few
// seconds.
class Progress {
 public:
  Progress(const DemoFeed& feed, Timestamp start, Timestamp end)
      : feed_(feed), start_(start), end_(end), terminal_(isatty(STDOUT_FILENO) == 1) {}

  void show() {
    const auto time = steady_clock::now();
    if (time < next_) return;
    next_ = time + (terminal_ ? std::chrono::milliseconds{200} : std::chrono::milliseconds{5000});
    const auto done = feed_.position() - start_;
    print(fmt::format("{:.0f} %", 100 * to_seconds(done) / to_seconds(end_ - start_)),
          terminal_ ? "\r" : "\n");
  }
  void finish() { print("done", "\n"); }

 private:
  void print(const std::string& part, const char* end) {
    const std::chrono::duration<double> seconds = steady_clock::now() - began_;
    const auto records = feed_.records();
    fmt::print("  history    {} records, {:.0f} a second, {}   {}", records,
               static_cast<double>(records) / seconds.count(), part, end);
    std::fflush(stdout);
  }

  const DemoFeed& feed_;
  Timestamp start_, end_;
  bool terminal_;
  steady_clock::time_point began_ = steady_clock::now();
  steady_clock::time_point next_ = began_;
};

// The first history, or what happened since it last ran. False when it was asked to end.
Result<bool> fill(DemoFeed& feed, Microseconds interval) {
  Progress progress(feed, feed.position(), now());
  bool ended = false;
  auto stop = [&] {
    progress.show();
    ended = ended || wait_for_end(std::chrono::nanoseconds{0});
    return ended;
  };
  // While a long history was sent, time went on.
  while (!ended && now() - feed.position() > interval) {
    if (auto sent = feed.advance(now(), interval, stop); !sent) return forward(sent);
  }
  progress.finish();
  return !ended;
}

// Sums that begin before the history count it in parts, and not in one go when it is there.
Task<Result<void>> begin_sums(postgres::Endpoint endpoint) {
  auto connection = co_await postgres::Connection::open(endpoint.conninfo, endpoint.role, "demo");
  if (!connection) co_return forward(connection);
  auto begun = co_await sums::make_pass(**connection, sums::Of::Columns, sums::Level::Minute);
  if (begun) {
    begun = co_await sums::make_pass(**connection, sums::Of::Custom, sums::Level::Minute);
  }
  co_return begun;
}

void go_on(DemoFeed& feed, Microseconds interval) {
  bool failing = false;
  while (!wait_for_end(feed.position() + interval - now())) {
    auto sent = feed.advance(now(), interval, [] { return false; });
    if (!sent && !failing) log::warning("demo: {}; trying on", sent.error().message);
    failing = !sent;
    if (failing && wait_for_end(interval)) return;
  }
}

Result<void> run_demo(const Settings& settings) {
  if (auto logged = configure_log("sentinel", settings); !logged) return logged;
  give_memory_back();
  auto wanted = read_demo(settings);
  if (!wanted) return forward(wanted);
  auto interval_s = settings.integer("live_interval_s", 1, 60);
  if (!interval_s) return forward(interval_s);
  const Microseconds interval = std::chrono::seconds{*interval_s};
  const auto& live = settings.text("live");
  if (live != "true" && live != "false") {
    return fail(ErrorCode::InvalidArgument, "setting_invalid",
                fmt::format("live '{}' must be true or false", live));
  }
  auto options = local_stack_options(settings);
  if (!options) return forward(options);
  if (auto free = check_port_free(settings.text("listen")); !free) return free;
  auto access = DatabaseAccess::open(settings.text("data"), "", true);
  if (!access) return forward(access);
  if (auto prepared = access->prepare(); !prepared) return prepared;
  asio::io_context context{1};
  postgres::Database database(access->endpoint("sentinel_db_api"));
  auto demo = run_now(context, begin_demo(database, *wanted, settings.text("data")));
  if (!demo) return forward(demo);
  auto position = run_now(context, find_position(database, *demo));
  if (!position) return forward(position);
  accounts::AccountsService accounts(database);
  auto key = run_now(context, make_key(accounts));
  if (!key) return forward(key);

  // No spool: what is not stored is sent again. The worker comes after the history: it would call
  // down whoever has only reported of last month yet.
  options->metrics_api = access->endpoint("sentinel_metrics_api");
  options->db_api = access->endpoint("sentinel_db_api");
  options->db_api_options.data_folder = settings.text("data");
  Stack stack(std::move(*options));
  auto port = stack.listen(settings.text("listen"));
  if (!port) return forward(port);
  stack.start();
  auto address = http::parse_url(shown_address(settings.text("listen"), *port));
  if (!address) return forward(address);
  fmt::print("Sentinel AI {}, a demo: {} made-up agents, {} days, seed {}\n", SENTINEL_VERSION,
             demo->agents, demo->days, demo->seed);
  const demo::Fleet fleet({.seed = static_cast<uint64_t>(demo->seed),
                           .agents = static_cast<size_t>(demo->agents),
                           .anchor = demo->anchor});
  DemoFeed feed(fleet, std::move(*address), std::move(*key), *position);
  if (feed.position() == demo->anchor - std::chrono::days{demo->days}) {
    auto begun = run_now(context, begin_sums(access->endpoint("sentinel_worker")));
    if (!begun) return begun;
    if (auto announced = feed.announce(); !announced) return announced;
  }
  auto filled = fill(feed, interval);
  if (!filled) return forward(filled);
  if (!*filled) return {};
  if (auto described = run_now(context, describe(database, fleet)); !described) return described;
  worker::Worker worker(access->endpoint("sentinel_worker"));
  worker.start();
  if (auto welcomed = print_welcome(stack, settings, *port, Link::Always); !welcomed)
    return welcomed;
  if (live == "true") {
    go_on(feed, interval);
  } else {
    wait_for_end();
  }
  log::info("stopping");
  return {};
}

}  // namespace

int demo(const Settings& settings) {
  block_end_signals();
  auto done = run_demo(settings);
  return done ? 0 : report(done.error());
}

}  // namespace sentinel::apps
