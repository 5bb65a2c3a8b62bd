#include <fmt/format.h>

#include "api/db_api/agent_json.hpp"
#include "api/db_api/db_api.hpp"
#include "api/query_reader.hpp"

namespace sentinel::db_api {

namespace {

constexpr auto kPingEvery = std::chrono::seconds{5};
// A stream that cannot tell what is committed ends: whoever listens must not take silence for
// peace.
constexpr auto kBehindMax = std::chrono::seconds{5};

std::string committed_json(const live::Committed& committed) {
  JsonWriter json;
  json.begin_object().key("agents").begin_array();
  for (const auto& agent : committed.agents) json.value(format_uuid(agent));
  json.end_array()
      .field("start", format_rfc3339(committed.start))
      .field("end", format_rfc3339(committed.end))
      .field("records", committed.records)
      .end_object();
  return json.take();
}

std::string agents_json(const std::vector<models::AgentSummary>& agents) {
  JsonWriter json;
  json.begin_object().key("agents").begin_array();
  for (const auto& agent : agents) write_agent(json, agent);
  json.end_array().field("server_time", format_rfc3339(now())).end_object();
  return json.take();
}

std::string to_events(const live::Update& update) {
  std::string text;
  if (!update.committed.empty()) {
    text += fmt::format("id: {}\nevent: committed\ndata: {}\n\n", update.position,
                        committed_json(update.committed));
  }
  if (!update.agents.empty()) {
    text += fmt::format("event: agents\ndata: {}\n\n", agents_json(update.agents));
  }
  if (text.empty())
    text = fmt::format("event: ping\ndata: {{\"server_time\":\"{}\"}}\n\n", format_rfc3339(now()));
  return text;
}

Task<Result<void>> tell(const live::LiveHub& live, std::shared_ptr<live::Subscription> subscription,
                        live::Update first, http::BodyStream& body) {
  auto written = co_await body.write("retry: 2000\n\n" + to_events(first));
  while (written && live.behind() < kBehindMax) {
    auto update = co_await subscription->next(kPingEvery);
    written = co_await body.write(to_events(update));
  }
  co_return written;
}

}  // namespace

Task<http::Response> DbApi::stream(http::Request& request, const api::Identity&) {
  auto query = api::QueryReader::read(request, {"agent"});
  if (!query) co_return http::problem(query.error());
  std::set<Uuid> only;
  if (auto names = query->all("agent"); !names.empty()) {
    auto agents = co_await agents_.resolve(std::move(names));
    if (!agents) co_return http::problem(agents.error());
    for (const auto& agent : *agents) only.insert(agent.agent_id);
  }
  std::vector<Uuid> ids(only.begin(), only.end());
  auto subscription =
      co_await live_.subscribe(std::move(only), std::string(request.header("last-event-id")));
  if (!subscription) co_return http::problem(subscription.error());
  // What changed between the page's first question and this stream is in here.
  auto agents = co_await agents_.list(std::move(ids), std::nullopt, 10'000);
  if (!agents) co_return http::problem(agents.error());
  auto summed = co_await agents_.add_today(*agents);
  if (!summed) co_return http::problem(summed.error());
  live::Update first;
  first.agents = std::move(*agents);
  http::Response response;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.stream = [&live = live_, subscription = std::move(*subscription),
                     first = std::move(first)](http::BodyStream& body) {
    return tell(live, subscription, first, body);
  };
  co_return response;
}

}  // namespace sentinel::db_api
