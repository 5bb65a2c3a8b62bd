#include "models/agent.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sentinel::models {

namespace {

constexpr AgentStatus kStatuses[] = {AgentStatus::Up,      AgentStatus::Late,  AgentStatus::Down,
                                     AgentStatus::Stopped, AgentStatus::Error, AgentStatus::Never};

// A sample and the event that ends its agent are taken at almost the same moment, by two clocks.
constexpr auto kSlack = std::chrono::seconds{1};

std::string in_words(Microseconds interval) {
  auto seconds = to_seconds(interval);
  return seconds < 120 ? fmt::format("{:g} s", seconds) : fmt::format("{:g} min", seconds / 60);
}

}  // namespace

std::string_view to_string(AgentStatus status) {
  switch (status) {
    case AgentStatus::Up:
      return "up";
    case AgentStatus::Late:
      return "late";
    case AgentStatus::Down:
      return "down";
    case AgentStatus::Stopped:
      return "stopped";
    case AgentStatus::Error:
      return "error";
    case AgentStatus::Never:
      return "never";
  }
  return "never";
}

std::optional<AgentStatus> parse_agent_status(std::string_view text) {
  auto found = std::ranges::find(kStatuses, text, [](AgentStatus s) { return to_string(s); });
  if (found == std::end(kStatuses)) return std::nullopt;
  return *found;
}

JudgedStatus judge(const AgentSigns& signs, Timestamp now) {
  JudgedStatus judged;
  judged.last_seen = std::max(signs.last_record, signs.last_event_at);
  if (!judged.last_seen) {
    judged.reason = "nothing has been received from it yet";
    return judged;
  }
  const bool event_is_last =
      signs.last_event_at &&
      (!signs.last_record || *signs.last_event_at + kSlack >= *signs.last_record);
  if (event_is_last && (signs.last_event == "stopped" || signs.last_event == "error")) {
    judged.status = signs.last_event == "stopped" ? AgentStatus::Stopped : AgentStatus::Error;
    judged.since = signs.last_event_at;
    judged.reason = signs.last_event_message.empty() ? "it said so" : signs.last_event_message;
    return judged;
  }
  // A deploy or a note says nothing about whether it runs; records, starts and returns do.
  auto alive = std::max(signs.last_record, signs.up_since);
  if (!alive) {
    judged.reason = "it has sent events, but no record yet";
    judged.status = AgentStatus::Never;
    return judged;
  }
  judged.last_seen = alive;
  const auto silence = now - *alive;
  if (silence > 5 * signs.interval) {
    judged.status = AgentStatus::Down;
    judged.since = *alive + 5 * signs.interval;
    judged.reason =
        fmt::format("no sign for more than 5 of its intervals of {}", in_words(signs.interval));
  } else if (silence > 2 * signs.interval) {
    judged.status = AgentStatus::Late;
    judged.since = *alive + 2 * signs.interval;
    judged.reason =
        fmt::format("no sign for more than 2 of its intervals of {}", in_words(signs.interval));
  } else {
    judged.status = AgentStatus::Up;
    judged.since = signs.up_since ? signs.up_since : signs.first_seen;
    judged.reason = fmt::format("it reports at least every {}", in_words(2 * signs.interval));
  }
  return judged;
}

}  // namespace sentinel::models
