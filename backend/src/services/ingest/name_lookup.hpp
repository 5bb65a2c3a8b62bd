// From the names in a request to the ids that are stored: those in memory at once, others by asking
// the database, and no more of them than a request may bring.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/memory_budget.hpp"
#include "services/ingest/caches.hpp"
#include "services/ingest/cardinality.hpp"
#include "services/ingest/copy_encoder.hpp"

namespace sentinel::ingest {

struct NameLimits {
  // How many names that the database does not know may come with one request. Each takes a
  // statement or three: a request of 10,000 new ones would hold its connection for long.
  int new_max = 100;
  // May be null: what was promised is not refused for its names.
  CardinalityLimits* cardinality = nullptr;
  // For records that wait for the names of one of them; may be null.
  MemoryBudget* memory = nullptr;
};

// Why this key may not write for this agent.
std::optional<std::string> agent_refusal(const models::ApiKey& key, std::string_view agent);

// Looks names up for one request and counts the new ones.
class Names {
 public:
  Names(Registry& registry, const models::ApiKey& key, NameLimits limits)
      : registry_(registry), key_(key), limits_(limits) {}

  // Nothing when one more would be over the limit.
  std::optional<std::string> over_limit() const {
    if (unknown_ <= limits_.new_max) return std::nullopt;
    return fmt::format(
        "the records before it bring more than {} names of agents, models or hosts that are new; "
        "send it in a request of its own",
        limits_.new_max);
  }

  // The ids of a record (or point) whose names are all in memory.
  template <class Item>
  std::optional<RecordIds> known(const Item& item) const {
    RecordIds ids{};
    if (!item.host.empty()) {
      ids.host = registry_.known_host(item.host);
      if (!ids.host) return std::nullopt;
    }
    std::optional<Uuid> agent;
    if (asks_for_process(item, ids)) {
      auto owner = registry_.known_process(*ids.host, *item.process_id);
      if (!owner) return std::nullopt;
      agent = owner->agent;
    }
    if (!agent) {
      agent = registry_.known_agent(item.agent);
      if (!agent || !key_.may_write(item.agent)) return std::nullopt;
      if (tells_of_process(item, ids)) {
        auto owner = registry_.known_process(*ids.host, *item.process_id);
        if (!owner || owner->agent != agent) return std::nullopt;
      }
    }
    ids.agent = *agent;
    if constexpr (requires { item.model; }) {
      if (!item.model.empty()) {
        ids.model = registry_.known_model(item.provider, item.model);
        if (!ids.model) return std::nullopt;
      }
    }
    return ids;
  }
  // Remembers of all names in these what the database knows, so that what is left is new. Errors:
  // Unavailable.
  template <class Item>
  Task<Result<void>> recall(const std::vector<Item>& items) {
    Registry::Wanted wanted;
    std::unordered_set<std::string_view> agents, hosts;
    std::set<std::pair<std::string_view, std::string_view>> models;
    for (const auto& item : items) {
      if (!registry_.known_agent(item.agent) && agents.insert(item.agent).second) {
        wanted.agents.emplace_back(item.agent);
      }
      if constexpr (requires { item.host; }) {
        if (!item.host.empty() && !registry_.known_host(item.host) &&
            hosts.insert(item.host).second) {
          wanted.hosts.emplace_back(item.host);
        }
      }
      if constexpr (requires { item.model; }) {
        if (!item.model.empty() && !registry_.known_model(item.provider, item.model) &&
            models.emplace(item.provider, item.model).second) {
          wanted.models.emplace_back(item.provider, item.model);
        }
      }
    }
    auto recalled = co_await registry_.recall(std::move(wanted));
    if (!recalled) co_return forward(recalled);
    if constexpr (requires(Item item) { item.process_id; }) {
      std::set<std::pair<int32_t, int64_t>> processes;
      for (const auto& item : items) {
        if (!item.process_id) continue;
        const auto host = registry_.known_host(item.host);
        if (host && !registry_.known_process(*host, *item.process_id)) {
          processes.emplace(*host, *item.process_id);
        }
      }
      std::vector<std::pair<int32_t, int64_t>> asked(processes.begin(), processes.end());
      if (!asked.empty()) co_return co_await registry_.recall_processes(std::move(asked));
    }
    co_return Result<void>{};
  }
  // The same as known(), asking the database for what is not. Errors: as of agent().
  template <class Item>
  Task<Result<RecordIds>> find(const Item& item) {
    RecordIds ids{};
    if (!item.host.empty()) {
      auto host = co_await host_id(item.host);
      if (!host) co_return forward(host);
      ids.host = *host;
    }
    std::optional<Uuid> of_process;
    if (asks_for_process(item, ids)) {
      auto owner = co_await owner_of(*ids.host, *item.process_id);
      if (!owner) co_return forward(owner);
      of_process = owner->agent;
    }
    if (of_process) {
      ids.agent = *of_process;
    } else {
      auto found = co_await agent(item.agent, item.parent);
      if (!found) co_return forward(found);
      ids.agent = *found;
      if (tells_of_process(item, ids)) {
        auto learned = co_await learn(*ids.host, *item.process_id, ids.agent);
        if (!learned) co_return forward(learned);
      }
    }
    if constexpr (requires { item.model; }) {
      if (!item.model.empty()) {
        auto model = co_await model_id(item.provider, item.model);
        if (!model) co_return forward(model);
        ids.model = *model;
      }
    }
    co_return ids;
  }
  // Errors: InvalidArgument (this key may not write for it), NotFound, Unavailable.
  Task<Result<Uuid>> agent(std::string_view name, std::string_view parent = {}) {
    if (auto refused = agent_refusal(key_, name)) {
      co_return fail(ErrorCode::InvalidArgument, "agent_refused", std::move(*refused));
    }
    if (auto known = registry_.known_agent(name)) co_return *known;
    ++unknown_;
    auto found = co_await registry_.agent(std::string(name), "", false);
    if (found || found.error().code != ErrorCode::NotFound || !key_.may_register) co_return found;
    if (limits_.cardinality) {
      auto admitted = limits_.cardinality->admit_agent(key_, name, now());
      if (!admitted) co_return forward(admitted);
    }
    co_return co_await registry_.agent(std::string(name), std::string(parent), true);
  }

 private:
  // Whether the sender knows the process alone. A key for some agents writes for no others, whoever
  // runs what.
  template <class Item>
  bool asks_for_process(const Item& item, const RecordIds& ids) const {
    return item.agent_of_process && ids.host && item.process_id && key_.agents.empty();
  }
  template <class Item>
  static bool tells_of_process(const Item& item, const RecordIds& ids) {
    return !item.agent_of_process && ids.host && item.process_id;
  }

  Task<Result<int32_t>> host_id(std::string_view name) {
    if (auto known = registry_.known_host(name)) co_return *known;
    ++unknown_;
    co_return co_await registry_.host(std::string(name));
  }
  Task<Result<int32_t>> model_id(std::string_view provider, std::string_view name) {
    if (auto known = registry_.known_model(provider, name)) co_return *known;
    ++unknown_;
    co_return co_await registry_.model(std::string(provider), std::string(name));
  }
  Task<Result<Registry::ProcessOwner>> owner_of(int32_t host, int64_t process_id) {
    if (auto known = registry_.known_process(host, process_id)) co_return *known;
    ++unknown_;
    co_return co_await registry_.process(host, process_id);
  }
  Task<Result<void>> learn(int32_t host, int64_t process_id, Uuid agent) {
    auto known = registry_.known_process(host, process_id);
    if (known && known->agent == agent) co_return Result<void>{};
    ++unknown_;
    co_return co_await registry_.learn_process(host, process_id, agent);
  }

  Registry& registry_;
  const models::ApiKey& key_;
  NameLimits limits_;
  int unknown_ = 0;
};

}  // namespace sentinel::ingest
