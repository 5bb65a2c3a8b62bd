// The subcommands of `sentinel`. Each takes its settings, prints for people on stdout, and gives
// the exit status.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/settings.hpp"
#include "services/prices/override_texts.hpp"

namespace CLI {
class App;
}

namespace sentinel::apps {

// What every command that touches the database can be told.
inline constexpr Setting kDatabaseSettings[] = {
    {"data", "./data", "folder of the embedded database"},
    {"database_url", "", "another PostgreSQL (15 or newer) instead of the embedded one"},
};

// What a node takes, in all, of one key and of one client; whoever is over a limit is told which.
inline constexpr auto kLimitSettings = std::to_array<Setting>({
    {"key_records_per_second", "0",
     "records a key may send in a second where it has no limit of its own; 0 is any number"},
    {"key_requests_per_second", "0", "requests a key may send in a second; 0 is any number"},
    {"custom_metric_names", "200", "names of custom metrics an agent may have; 0 is any number"},
    {"counter_series_per_hour", "10000",
     "series of OpenTelemetry's counters (a name and its attributes) an agent may bring in an "
     "hour; "
     "0 is any number"},
    {"new_agents_per_hour", "1000", "agents a key may bring in an hour; 0 is any number"},
    {"connections", "4096", "connections at the same time"},
    {"connections_per_address", "0",
     "the same from one address; 0 is any number, as behind a proxy"},
    {"bodies_mb", "256", "MB that the bodies of all requests under way may take"},
    {"idle_s", "75", "seconds that a connection may wait for its next request"},
    {"header_s", "10", "seconds from the first byte of a request to the end of its head"},
    {"body_s", "60", "seconds from there to the end of its body"},
    {"body_rate", "1024", "bytes a second that a body must come at, after its first 5 seconds"},
});

template <size_t size>
constexpr auto with_limits(const Setting (&own)[size]) {
  std::array<Setting, size + kLimitSettings.size()> all;
  std::copy(std::begin(own), std::end(own), all.begin());
  std::copy(kLimitSettings.begin(), kLimitSettings.end(), all.begin() + size);
  return all;
}

inline constexpr auto kUpSettings = with_limits({
    {"data", "./data", "folder of the embedded database"},
    {"database_url", "", "another PostgreSQL (15 or newer) instead of the embedded one"},
    {"listen", "127.0.0.1:8000", "address of the dashboard and both APIs"},
    {"otlp_listen", "127.0.0.1:4318",
     "a second address for the same routes, where OpenTelemetry clients look"},
    {"grpc_listen", "127.0.0.1:4317", "address of OTLP over gRPC, where its clients look"},
    {"dashboard", "", "folder of the dashboard's files; found beside the program by default"},
    {"threads", "2", "threads that serve requests"},
    {"writers", "2", "connections that commit records"},
    {"spool", "",
     "folder of metrics-api for what finds no database, or none; spool in the data folder by "
     "default"},
    {"spool_mb", "1000", "its limit in MB; when it is full, records are refused with 503"},
    {"export_folder", "/var/tmp",
     "folder of db-api for spreadsheets until they are sent; they have no name there"},
    {"secure_cookies", "false", "whether people come through TLS, so that cookies may demand it"},
    {"behind_proxy", "false",
     "whether a proxy alone reaches this, so that its X-Forwarded-For says who signs in"},
    {"print_link", "true", "whether the first start prints a sign-in link"},
    {"log_level", "info", "debug, info, warning or error"},
    {"log_format", "text", "text or json"},
});

inline constexpr auto kDemoSettings = with_limits({
    {"data", "./demo-data", "folder of the demo, which holds nothing else"},
    {"listen", "127.0.0.1:8000", "address of the dashboard and both APIs"},
    {"agents", "50", "agents that are made up"},
    {"days", "30", "days of history"},
    {"seed", "1", "the same seed makes the same history"},
    {"live", "true", "whether it goes on in real time"},
    {"live_interval_s", "5", "seconds between the records of an agent while it does"},
    {"dashboard", "", "folder of the dashboard's files; found beside the program by default"},
    {"threads", "2", "threads that serve requests"},
    {"writers", "2", "connections that commit records"},
    {"export_folder", "/var/tmp",
     "folder of db-api for spreadsheets until they are sent; they have no name there"},
    {"secure_cookies", "false", "whether people come through TLS, so that cookies may demand it"},
    {"behind_proxy", "false",
     "whether a proxy alone reaches this, so that its X-Forwarded-For says who signs in"},
    {"print_link", "true", "whether a start prints a sign-in link"},
    {"log_level", "warning", "debug, info, warning or error"},
    {"log_format", "text", "text or json"},
});

inline constexpr auto kServiceSettings = with_limits({
    {"database_url", "", "the PostgreSQL to work on"},
    {"database_wait_s", "0",
     "seconds that a start waits for a database that is away or has no schema yet"},
    {"listen", "", "address to serve on"},
    {"otlp_listen", "",
     "a second address of metrics-api, where OpenTelemetry clients look; none by default"},
    {"grpc_listen", "", "address of metrics-api for OTLP over gRPC; none by default"},
    {"threads", "2", "threads that serve requests"},
    {"writers", "2", "connections that commit records"},
    {"spool", "", "folder of metrics-api for what finds no database, or none; ./spool by default"},
    {"spool_mb", "1000", "its limit in MB; when it is full, records are refused with 503"},
    {"spool_slots", "0",
     "for replicas that share a disk: each takes the first free one of so many folders in spool; "
     "0 is spool itself"},
    {"export_folder", "/var/tmp",
     "folder of db-api for spreadsheets until they are sent; they have no name there"},
    {"secure_cookies", "false", "whether people come through TLS, so that cookies may demand it"},
    {"behind_proxy", "false",
     "whether a proxy alone reaches this, so that its X-Forwarded-For says who signs in"},
    {"log_level", "info", "debug, info, warning or error"},
    {"log_format", "json", "text or json"},
});

int up(const Settings& settings);
// A history of made-up agents in a folder of its own, which then goes on.
int demo(const Settings& settings);

// What `sentinel keys create` was told.
struct KeyOptions {
  std::string name;
  std::string scope = "ingest";
  std::vector<std::string> agents;
  std::optional<int> rate;
  std::string expires;  // empty: never
};
int create_key(const Settings& settings, const KeyOptions& options);
int revoke_key(const Settings& settings, const std::string& name);
int create_user(const Settings& settings, const std::string& name,
                const std::string& role);  // password from stdin
int link(const Settings& settings, const std::string& user, const std::string& address);
int status(const Settings& settings);
int migrate(const Settings& settings);
int doctor(const Settings& settings);
// Brings what a metrics-api left in its spool, which runs no more, to the database.
int drain_spool(const Settings& settings, const std::string& folder);

// What `sentinel prices` and `sentinel reprice` were told; an empty text was not said.
struct PriceOptions : prices::OverrideTexts {
  bool overrides = false;
};
struct RepriceOptions {
  std::string from;
  std::string to = "now";
  std::string agent;
  bool dry_run = false;
};
int list_prices(const Settings& settings, const PriceOptions& options);
int set_price(const Settings& settings, const PriceOptions& options);
int unset_price(const Settings& settings, const PriceOptions& options);
int reprice(const Settings& settings, const RepriceOptions& options);

enum class Service { MetricsApi, DbApi, Worker };
int serve(Service service, const Settings& settings);
// Whether the service that these settings start does its work, asked from outside of it; prints
// what it says of itself.
int ask_health(Service service, const Settings& settings);
// The same from a command line.
int serve_main(Service service, int argc, char** argv);

// Adds the flags of a table to a command; what was given lands in `flags`.
void add_settings(CLI::App& command, std::span<const Setting> table, Settings::Flags& flags);

// Sets up logging from log_level and log_format. Errors: InvalidArgument.
Result<void> configure_log(std::string_view service, const Settings& settings);

// Prints an error as one sentence (and its hint) on stderr; gives 1.
int report(const Error& error);

// Waits until the process is asked to end (SIGTERM, SIGINT). block_end_signals() comes before the
// first thread.
void block_end_signals();
void wait_for_end();
// The same, for at most so long; whether it was asked.
bool wait_for_end(std::chrono::nanoseconds limit);

}  // namespace sentinel::apps
