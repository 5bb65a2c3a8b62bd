// `sentinel-metrics-api health` and its like: what a container engine asks again and again.
#include <fmt/format.h>

#include "apps/commands.hpp"
#include "apps/service_traits.hpp"
#include "base/run_now.hpp"
#include "http/address.hpp"
#include "http/client.hpp"
#include "postgres/pool.hpp"

namespace sentinel::apps {

namespace {

constexpr auto kAnswerMax = std::chrono::seconds{5};
// A pass of sums comes every minute, and a worker takes over within seconds.
constexpr double kSumsLateMax_s = 180;

// The service's own answer over its own port. Errors: Unavailable, with what it said.
Result<void> ask_by_http(const std::string& listen) {
  auto address = http::parse_address(listen);
  if (!address) return forward(address);
  auto host = address->address();
  if (host.is_unspecified()) host = boost::asio::ip::make_address("127.0.0.1");
  asio::io_context context{1};
  http::Client client(context.get_executor(), {host.to_string(), address->port(), ""});
  http::ClientRequest question;
  question.target = "/api/v1/health";
  auto answer = run_now(context, client.send(std::move(question), kAnswerMax));
  if (!answer) return forward(answer);
  fmt::print("{}\n", answer->body);
  if (answer->status == 200) return {};
  return fail(ErrorCode::Unavailable, "unhealthy", fmt::format("it answers {}", answer->status));
}

// The worker serves nothing: what it does shows in the database, whichever worker did it.
Result<void> ask_for_sums(const Settings& settings) {
  asio::io_context context{1};
  const auto traits = traits_of(Service::Worker);
  postgres::Database database({settings.text("database_url"), std::string(traits.role), "health"});
  auto rows = run_now(context, database.query("sums_wait"));
  if (!rows) return forward(rows);
  const double waiting_s = rows->number(0, 0);
  fmt::print("the oldest record without sums came {:.0f} s ago\n", waiting_s);
  if (waiting_s <= kSumsLateMax_s) return {};
  return fail(ErrorCode::Unavailable, "sums_late", "no worker adds up what comes in");
}

}  // namespace

int ask_health(Service service, const Settings& settings) {
  auto well = service == Service::Worker ? ask_for_sums(settings)
                                         : ask_by_http(listen_address(service, settings));
  return well ? 0 : report(well.error());
}

}  // namespace sentinel::apps
