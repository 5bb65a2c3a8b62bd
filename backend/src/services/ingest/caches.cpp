#include "services/ingest/caches.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <functional>
#include <vector>

#include "base/log.hpp"
#include "base/secret.hpp"

namespace sentinel::ingest {

namespace {

constexpr auto kSaveAgain = std::chrono::minutes{10};

constexpr size_t kProcessesMax = 100'000;
// Another replica may learn whose a process is; that nobody runs it is worth less.
constexpr auto kOwnerGoodFor = std::chrono::minutes{5};
constexpr auto kNobodyGoodFor = std::chrono::minutes{1};

uint64_t process_key(int32_t host, int64_t process_id) {
  return static_cast<uint64_t>(static_cast<uint32_t>(host)) << 32 |
         static_cast<uint32_t>(process_id);
}

std::string model_text(std::string_view provider, std::string_view name) {
  std::string text(provider);
  text += '\n';
  text += name;
  return text;
}

// {"a","b c"} without nested arrays or NULL, as PostgreSQL writes text[].
std::vector<std::string> parse_array(std::string_view text) {
  std::vector<std::string> items;
  std::string item;
  bool quoted = false;
  for (size_t i = 1; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\') {
      item += text[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ',' || c == '}')) {
      items.push_back(std::exchange(item, {}));
    } else {
      item += c;
    }
  }
  return items;
}

std::pair<TokenHash, std::shared_ptr<const models::ApiKey>> read_key(const postgres::Rows& rows,
                                                                     int row) {
  auto key = std::make_shared<models::ApiKey>();
  TokenHash hash{};
  auto bytes = from_hex(rows.text(row, 0)).value_or("");
  std::copy_n(bytes.begin(), std::min(bytes.size(), hash.size()), hash.begin());
  key->key_id = parse_uuid(rows.text(row, 1)).value_or(Uuid{});
  key->name = rows.text(row, 2);
  key->scope = models::parse_key_scope(rows.text(row, 3)).value_or(models::KeyScope::Read);
  if (!rows.is_null(row, 4)) key->agents = parse_array(rows.text(row, 4));
  key->may_register = rows.boolean(row, 5);
  if (!rows.is_null(row, 6)) key->expires_at = Timestamp{Microseconds{rows.integer(row, 6)}};
  if (!rows.is_null(row, 7)) key->records_per_second = static_cast<int>(rows.integer(row, 7));
  return {hash, std::move(key)};
}

}  // namespace

std::optional<int32_t> Registry::known_model(std::string_view provider,
                                             std::string_view name) const {
  return models_.find(model_text(provider, name));
}

std::optional<Registry::ProcessOwner> Registry::known_process(int32_t host,
                                                              int64_t process_id) const {
  std::shared_lock lock(processes_mutex_);
  auto found = processes_.find(process_key(host, process_id));
  if (found == processes_.end() || std::chrono::steady_clock::now() > found->second.good_until) {
    return std::nullopt;
  }
  return found->second.owner;
}

void Registry::remember_process(int32_t host, int64_t process_id, ProcessOwner owner) {
  std::unique_lock lock(processes_mutex_);
  if (processes_.size() >= kProcessesMax) processes_.clear();
  const auto good_for = owner.agent ? std::chrono::seconds{kOwnerGoodFor} : kNobodyGoodFor;
  processes_.insert_or_assign(process_key(host, process_id),
                              Process{owner, std::chrono::steady_clock::now() + good_for});
}

Task<Result<void>> Registry::recall(Wanted wanted) {
  if (!wanted.agents.empty()) {
    auto rows = co_await database_.query("agent_find_many",
                                         postgres::Params(postgres::to_array(wanted.agents)));
    if (!rows) co_return forward(rows);
    for (int row = 0; row < rows->size(); ++row) {
      agents_.remember(rows->text(row, 0), parse_uuid(rows->text(row, 1)).value_or(Uuid{}));
    }
  }
  if (!wanted.models.empty()) {
    std::vector<std::string> providers, names;
    for (auto& [provider, name] : wanted.models) {
      providers.push_back(std::move(provider));
      names.push_back(std::move(name));
    }
    auto rows = co_await database_.query(
        "model_find_many",
        postgres::Params(postgres::to_array(providers), postgres::to_array(names)));
    if (!rows) co_return forward(rows);
    for (int row = 0; row < rows->size(); ++row) {
      models_.remember(model_text(rows->text(row, 0), rows->text(row, 1)),
                       static_cast<int32_t>(rows->integer(row, 2)));
    }
  }
  if (!wanted.hosts.empty()) {
    auto rows = co_await database_.query("host_find_many",
                                         postgres::Params(postgres::to_array(wanted.hosts)));
    if (!rows) co_return forward(rows);
    for (int row = 0; row < rows->size(); ++row) {
      hosts_.remember(rows->text(row, 0), static_cast<int32_t>(rows->integer(row, 1)));
    }
  }
  co_return Result<void>{};
}

Task<Result<void>> Registry::recall_processes(std::vector<std::pair<int32_t, int64_t>> wanted) {
  std::vector<std::string> hosts, processes;
  for (const auto& [host, process_id] : wanted) {
    hosts.push_back(std::to_string(host));
    processes.push_back(std::to_string(process_id));
  }
  auto rows = co_await database_.query(
      "process_find_many",
      postgres::Params(postgres::to_array(hosts), postgres::to_array(processes)));
  if (!rows) co_return forward(rows);
  for (int row = 0; row < rows->size(); ++row) {
    ProcessOwner owner;
    if (!rows->is_null(row, 2)) owner.agent = parse_uuid(rows->text(row, 2));
    remember_process(static_cast<int32_t>(rows->integer(row, 0)), rows->integer(row, 1), owner);
  }
  co_return Result<void>{};
}

Task<Result<Registry::ProcessOwner>> Registry::process(int32_t host, int64_t process_id) {
  auto rows = co_await database_.query("process_find", postgres::Params(host, process_id));
  if (!rows) co_return forward(rows);
  ProcessOwner owner;
  if (rows->size() > 0) owner.agent = parse_uuid(rows->text(0, 0));
  remember_process(host, process_id, owner);
  co_return owner;
}

Task<Result<void>> Registry::learn_process(int32_t host, int64_t process_id, Uuid agent) {
  auto made = co_await database_.query("process_insert", postgres::Params(host, process_id, agent));
  if (!made) co_return forward(made);
  remember_process(host, process_id, {agent});
  co_return Result<void>{};
}

Task<Result<Uuid>> Registry::agent(std::string name, std::string parent, bool may_register) {
  auto rows = co_await database_.query("agent_find", postgres::Params(name));
  if (!rows) co_return forward(rows);
  if (rows->size() == 0 && may_register) {
    // Two at once: one inserts, the other finds it the second time round.
    auto id = parse_uuid(name).value_or(random_uuid());
    std::optional<Uuid> parent_id;
    if (!parent.empty()) {
      auto found = co_await agent(parent, "", may_register);
      if (!found) co_return forward(found);
      parent_id = *found;
    }
    auto made = co_await database_.query("agent_insert", postgres::Params(id, name, parent_id));
    if (!made) co_return forward(made);
    rows = co_await database_.query("agent_find", postgres::Params(name));
    if (!rows) co_return forward(rows);
  }
  if (rows->size() == 0) {
    co_return fail(ErrorCode::NotFound, "agent_unknown",
                   fmt::format("there is no agent '{}', and this key may not register one", name));
  }
  auto id = parse_uuid(rows->text(0, 0)).value_or(Uuid{});
  agents_.remember(name, id);
  co_return id;
}

Task<Result<int32_t>> Registry::model(std::string provider, std::string name) {
  auto rows = co_await database_.query("model_find", postgres::Params(provider, name));
  if (rows && rows->size() == 0) {
    auto made = co_await database_.query("model_insert", postgres::Params(provider, name));
    if (!made) co_return forward(made);
    rows = co_await database_.query("model_find", postgres::Params(provider, name));
  }
  if (!rows) co_return forward(rows);
  auto id = static_cast<int32_t>(rows->integer(0, 0));
  models_.remember(model_text(provider, name), id);
  co_return id;
}

Task<Result<int32_t>> Registry::host(std::string name) {
  auto rows = co_await database_.query("host_find", postgres::Params(name));
  if (rows && rows->size() == 0) {
    auto made = co_await database_.query("host_insert", postgres::Params(name));
    if (!made) co_return forward(made);
    rows = co_await database_.query("host_find", postgres::Params(name));
  }
  if (!rows) co_return forward(rows);
  auto id = static_cast<int32_t>(rows->integer(0, 0));
  hosts_.remember(name, id);
  co_return id;
}

KeyCache::KeyCache(postgres::Database& database, std::string file)
    : database_(database), file_(std::move(file)) {
  if (file_.empty()) return;
  if (auto known = load_keys(file_)) keys_ = std::make_shared<KnownKeys>(std::move(*known));
}

// One read of the keys and those who wait for it. The first one makes the read, after a pause if
// the one before is too recent.
struct KeyCache::Read {
  std::vector<std::function<void(KeysResult)>> waiting;
};

namespace {

std::shared_ptr<const models::ApiKey> active_key(const KnownKeys& known, const TokenHash& hash) {
  auto found = known.keys.find(hash);
  if (found == known.keys.end()) return nullptr;
  if (found->second->expires_at && *found->second->expires_at <= now()) return nullptr;
  return found->second;
}

}  // namespace

std::shared_ptr<const models::ApiKey> KeyCache::known(std::string_view token) const {
  const auto known = snapshot();
  if (now() - known->read_at > kGoodFor) return nullptr;
  return active_key(*known, hash_token(token));
}

Task<Result<std::shared_ptr<const models::ApiKey>>> KeyCache::find(std::string_view token) {
  if (auto key = known(token)) co_return key;
  auto anew = co_await read_anew();
  if (!anew) co_return forward(anew);
  if (auto key = active_key(**anew, hash_token(token))) co_return key;
  co_return fail(ErrorCode::Unauthenticated, "key_unknown",
                 "this key is not known: it may be mistyped, revoked or expired");
}

Task<KeyCache::KeysResult> KeyCache::read_anew() {
  auto executor = co_await asio::this_coro::executor;
  std::shared_ptr<Read> mine;
  std::chrono::steady_clock::time_point begin;
  auto join = [this, &mine, &begin, &executor](auto handler) {
    // std::function wants something that can be copied.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto resume = [shared, executor](KeysResult keys) {
      asio::post(executor, [shared, keys = std::move(keys)]() mutable {
        std::move (*shared)(std::move(keys));
      });
    };
    std::unique_lock lock(mutex_);
    if (next_) {
      next_->waiting.push_back(std::move(resume));
      return;
    }
    mine = next_ = std::make_shared<Read>();
    begin = begin_after_;
    lock.unlock();
    resume(std::make_shared<KnownKeys>());
  };
  // Named, not a temporary inside co_await: see decisions/0002.
  auto keys = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(KeysResult)>(
      join, asio::use_awaitable);
  if (!mine) co_return keys;

  asio::steady_timer timer(executor, begin);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  {
    std::lock_guard lock(mutex_);
    next_.reset();
    begin_after_ = std::chrono::steady_clock::now() + kApart;
  }
  keys = co_await read();
  for (auto& resume : mine->waiting) resume(keys);
  co_return keys;
}

Task<KeyCache::KeysResult> KeyCache::read() {
  const uint64_t number = ++reads_;
  const auto asked_at = now();
  auto rows = co_await database_.query("key_list_active");
  if (!rows) co_return forward(rows);
  auto fresh = std::make_shared<KnownKeys>();
  fresh->read_at = asked_at;
  for (int row = 0; row < rows->size(); ++row) fresh->keys.insert(read_key(*rows, row));
  {
    std::lock_guard lock(mutex_);
    if (number < newest_) co_return fresh;
    newest_ = number;
    keys_ = fresh;
  }
  if (!file_.empty()) keep_on_disk(*fresh);
  co_return fresh;
}

// When something changed, and now and then to say how old it is.
void KeyCache::keep_on_disk(const KnownKeys& known) {
  std::lock_guard lock(file_mutex_);
  auto is_there = [this](const auto& key) { return on_disk_.keys.contains(key.first); };
  if (known.keys.size() == on_disk_.keys.size() && std::ranges::all_of(known.keys, is_there) &&
      known.read_at - on_disk_.read_at < kSaveAgain) {
    return;
  }
  if (auto saved = save_keys(file_, known); !saved) {
    log::warning("{}; metrics-api could not start without its database", saved.error().message);
  }
  on_disk_ = known;  // also when it failed: not again each time
}

Task<void> KeyCache::keep_fresh() {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (;;) {
    // While the database is away, the keys known last stay good.
    co_await read_anew();
    timer.expires_after(kRefresh);
    auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) co_return;
  }
}

}  // namespace sentinel::ingest
