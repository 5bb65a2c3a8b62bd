#include "postgres/embedded_server.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>

#include "base/log.hpp"
#include "base/secret.hpp"

namespace sentinel::postgres {

namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kStartLimit = seconds{60};
constexpr auto kStopLimit = seconds{30};
constexpr auto kQuitLimit = seconds{5};
// So many ends in a row are no accident: the server cannot start.
constexpr int kFailuresMax = 5;
constexpr int kVersionMin = 15;

Result<fs::path> find_binaries() {
  if (const char* wanted = getenv("SENTINEL_POSTGRES_BIN")) {
    if (fs::exists(fs::path(wanted) / "postgres")) return fs::path(wanted);
    return fail(ErrorCode::Unsupported, "postgres_missing",
                fmt::format("SENTINEL_POSTGRES_BIN names {}, where there is no postgres", wanted));
  }
  fs::path newest;
  int version = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", error)) {
    auto name = entry.path().filename().string();
    int number = 0;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number > version && fs::exists(entry.path() / "bin/postgres")) {
      version = number;
      newest = entry.path() / "bin";
    }
  }
  if (version >= kVersionMin) return newest;
  return fail(ErrorCode::Unsupported, "postgres_missing",
              version == 0
                  ? std::string("PostgreSQL is not installed here\nHINT: apt-get install "
                                "postgresql-15, or --database-url")
                  : fmt::format("the newest PostgreSQL here is {}, Sentinel needs {} or newer",
                                version, kVersionMin));
}

// A socket path may have 107 characters, and PostgreSQL adds a file name: a deep data folder gets a
// short one elsewhere.
fs::path socket_folder(const fs::path& folder) {
  auto inside = fs::absolute(folder) / "postgres";
  if (inside.string().size() <= 80) return inside;
  return fs::path("/tmp") / ("sentinel-" + sha256_hex(inside.string()).substr(0, 16));
}

Result<void> make_private_folder(const fs::path& folder) {
  mkdir(folder.c_str(), 0700);
  struct stat status;
  if (lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
      status.st_uid == geteuid() && (status.st_mode & 077) == 0) {
    return {};
  }
  return fail(ErrorCode::Conflict, "folder_unsafe",
              fmt::format("{} is not a private folder of this user", folder.string()));
}

// What the pid file says, whoever that is by now.
pid_t noted_postmaster(const fs::path& cluster) {
  pid_t postmaster = 0;
  auto text = read_file(cluster / "postmaster.pid");
  std::from_chars(text.data(), text.data() + text.size(), postmaster);
  return postmaster;
}

// Processes called postgres whose working directory is the cluster: the postmaster first.
std::vector<pid_t> processes_on(const fs::path& cluster) {
  std::vector<pid_t> found;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    auto name = entry.path().filename().string();
    pid_t pid = 0;
    auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (failed != std::errc{} || *end != '\0') continue;
    if (!read_file(entry.path() / "comm").starts_with("postgres")) continue;
    if (fs::read_symlink(entry.path() / "cwd", error) == cluster) found.push_back(pid);
  }
  std::ranges::partition(found, [&](pid_t pid) { return pid == noted_postmaster(cluster); });
  return found;
}

bool gone_within(const fs::path& cluster, milliseconds limit) {
  auto deadline = std::chrono::steady_clock::now() + limit;
  while (!processes_on(cluster).empty()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(milliseconds{20});
  }
  return true;
}

void signal_all(const fs::path& cluster, int number) {
  for (pid_t pid : processes_on(cluster)) {
    kill(pid, number);
    kill(pid, SIGCONT);  // a frozen process acts on nothing else
  }
}

// Without a checkpoint: the next start recovers from the log.
void end_at_once(const fs::path& cluster) {
  signal_all(cluster, SIGQUIT);
  if (gone_within(cluster, kQuitLimit)) return;
  signal_all(cluster, SIGKILL);
  gone_within(cluster, kQuitLimit);
}

// Fast shutdown: sessions end, data is safe. Backends whose postmaster is gone end at once.
void end_server(const fs::path& cluster, pid_t postmaster) {
  if (postmaster > 0) {
    kill(postmaster, SIGINT);
    signal_all(cluster, SIGCONT);
    if (gone_within(cluster, kStopLimit)) return;
  }
  end_at_once(cluster);
}

long memory_megabytes() { return sysconf(_SC_PHYS_PAGES) / 1024 * (sysconf(_SC_PAGESIZE) / 1024); }

// Small where it lies idle beside agents, larger where there is room. local.conf comes last and is
// the operator's.
std::string settings_text(const fs::path& sockets, const fs::path& cluster,
                          std::string_view wal_compression) {
  const long memory = memory_megabytes();
  std::error_code error;
  const long disk = static_cast<long>(fs::space(cluster, error).available >> 20);
  return fmt::format(
      "# Written by `sentinel up` at each start. Your own settings go to local.conf beside this "
      "file.\n"
      "listen_addresses = ''\n"
      "unix_socket_directories = '{}'\n"
      "unix_socket_permissions = 0700\n"
      "cluster_name = 'sentinel'\n"
      "max_connections = 250\n"  // 16 threads with full pools, and room for people
      "shared_buffers = {}MB\n"
      "effective_cache_size = {}MB\n"
      "work_mem = 16MB\n"
      "maintenance_work_mem = 128MB\n"
      "max_wal_size = {}MB\n"
      "min_wal_size = 80MB\n"
      "checkpoint_timeout = 15min\n"
      "wal_compression = {}\n"
      "random_page_cost = 1.1\n"
      "jit = off\n"
      "max_parallel_workers_per_gather = 1\n"
      "log_line_prefix = '%m [%p] %a '\n"
      "log_min_duration_statement = 5s\n"
      "timezone = 'UTC'\n"
      "log_timezone = 'UTC'\n",
      sockets.string(), std::clamp(memory / 8, 64L, 2048L), std::max(memory / 2, 128L),
      std::clamp(disk / 20, 256L, 4096L), wal_compression);
}

// After a checkpoint each page goes to the log as a whole. PostgreSQL's own compression, `on`, then
// doubles what a record costs; lz4 is hardly felt, where PostgreSQL was built with it.
std::string_view best_wal_compression(const fs::path& binaries, const fs::path& cluster) {
  auto asked = start_process({(binaries / "postgres").string(), "-D", cluster.string(), "-C",
                              "wal_compression", "-c", "wal_compression=lz4"},
                             "/dev/null", SIGTERM);
  return asked && wait_for_exit(*asked) == 0 ? "lz4" : "on";
}

}  // namespace

EmbeddedServer::EmbeddedServer(fs::path folder, fs::path binaries, FileLock lock)
    : folder_(std::move(folder)),
      cluster_(fs::absolute(folder_) / "postgres"),
      binaries_(std::move(binaries)),
      lock_(std::move(lock)) {}

std::string EmbeddedServer::conninfo(const fs::path& folder, std::string_view user) {
  return fmt::format("host='{}' dbname=sentinel user={}", socket_folder(folder).string(), user);
}

Result<std::unique_ptr<EmbeddedServer>> EmbeddedServer::start(const fs::path& folder) {
  auto lock = FileLock::take(folder / "sentinel.lock");
  if (!lock) return forward(lock);
  auto binaries = find_binaries();
  if (!binaries) return forward(binaries);
  std::unique_ptr<EmbeddedServer> server(
      new EmbeddedServer(fs::canonical(folder), *binaries, std::move(*lock)));
  server->stop_leftovers();
  if (!fs::exists(server->cluster_)) {
    if (auto made = server->make_cluster(); !made) return forward(made);
  }
  if (auto written = server->write_settings(); !written) return forward(written);
  server->supervisor_ = std::thread([raw = server.get()] { raw->supervise(); });
  if (auto ready = server->wait_until_ready(); !ready) return forward(ready);
  return server;
}

Result<void> EmbeddedServer::make_cluster() {
  // Made beside its place and renamed, so that a kill in the middle leaves nothing half done. Under
  // a name of its own, since an initdb that a kill left takes its folder away when it ends, which
  // may be now.
  std::error_code error;
  std::vector<fs::path> earlier;
  for (const auto& entry : fs::directory_iterator(folder_, error)) {
    if (entry.path().filename().string().starts_with("postgres.new"))
      earlier.push_back(entry.path());
  }
  for (const auto& path : earlier) fs::remove_all(path, error);
  auto draft_name = (folder_ / "postgres.new-XXXXXX").string();
  if (!mkdtemp(draft_name.data())) {
    return fail(ErrorCode::Internal, "initdb_failed",
                "cannot make a folder in " + folder_.string());
  }
  const fs::path draft = draft_name;
  log::info("making the database in {}", cluster_.string());
  auto output = folder_ / "initdb.log";
  auto child = start_process({(binaries_ / "initdb").string(), "--pgdata", draft.string(),
                              "--username", std::string(kSuperuser), "--auth", "trust",
                              "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums"},
                             output, SIGTERM);
  if (!child) return forward(child);
  if (wait_for_exit(*child) != 0) {
    return fail(ErrorCode::Internal, "initdb_failed", "initdb failed:\n" + read_file(output));
  }
  std::ofstream(draft / "postgresql.conf", std::ios::app)
      << "\ninclude 'sentinel.conf'\ninclude_if_exists 'local.conf'\n";
  std::ofstream(draft / "sentinel.conf") << "";
  fs::rename(draft, cluster_, error);
  if (error) {
    return fail(
        ErrorCode::Internal, "initdb_failed",
        fmt::format("cannot move the new cluster to {}: {}", cluster_.string(), error.message()));
  }
  fs::remove(output, error);
  return {};
}

Result<void> EmbeddedServer::write_settings() const {
  auto sockets = socket_folder(folder_);
  if (sockets != cluster_) {
    if (auto made = make_private_folder(sockets); !made) return made;
  }
  const auto text = settings_text(sockets, cluster_, best_wal_compression(binaries_, cluster_));
  std::ofstream file(cluster_ / "sentinel.conf", std::ios::trunc);
  file << text;
  if (!file.flush()) {
    return fail(ErrorCode::Internal, "folder_unusable",
                fmt::format("cannot write {}", (cluster_ / "sentinel.conf").string()));
  }
  return {};
}

void EmbeddedServer::stop_leftovers() const {
  auto found = processes_on(cluster_);
  const pid_t noted = noted_postmaster(cluster_);
  if (!found.empty()) {
    log::warning("an earlier process left PostgreSQL (pid {}) running on this folder: stopping it",
                 found.front());
    end_server(cluster_, found.front() == noted ? noted : 0);
  }
  // After a reboot the id in a pid file may be somebody else's, and in a container whose first
  // process buries nobody the dead keep theirs: PostgreSQL would refuse to start for good. The
  // folder is locked by us and no postgres works on it, so the files are stale.
  if (processes_on(cluster_).empty()) {
    std::error_code ignored;
    fs::remove(cluster_ / "postmaster.pid", ignored);
    fs::remove(socket_folder(folder_) / ".s.PGSQL.5432.lock", ignored);
  }
}

void EmbeddedServer::supervise() {
  auto pause = milliseconds{100};
  for (;;) {
    auto started = std::chrono::steady_clock::now();
    auto child = start_process({(binaries_ / "postgres").string(), "-D", cluster_.string()},
                               folder_ / "postgres.log", SIGINT);
    int status = 127;
    if (child) {
      pid_ = *child;
      // A stop that came while we were starting found no pid to signal.
      {
        std::lock_guard lock(mutex_);
        if (stopping_) kill(*child, SIGINT);
      }
      status = wait_for_exit(*child);
      pid_ = 0;
    }
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (std::chrono::steady_clock::now() - started > seconds{30}) {
      pause = milliseconds{100};
      failures_ = 0;
    }
    ++failures_;
    failure_ = fmt::format("PostgreSQL ended with status {}; see {}", status,
                           (folder_ / "postgres.log").string());
    log::error("{}; starting it again in {} ms", failure_, pause.count());
    // Backends that outlived a killed postmaster still hold its shared memory, and a busy one does
    // not notice.
    lock.unlock();
    end_at_once(cluster_);
    lock.lock();
    changed_.wait_for(lock, pause, [this] { return stopping_; });
    if (stopping_) return;
    pause = std::min(pause * 2, milliseconds{5000});
  }
}

Result<void> EmbeddedServer::wait_until_ready() {
  auto info = fmt::format("host='{}' dbname=postgres user={} connect_timeout=5",
                          socket_folder(folder_).string(), kSuperuser);
  auto deadline = std::chrono::steady_clock::now() + kStartLimit;
  while (PQping(info.c_str()) != PQPING_OK) {
    std::unique_lock lock(mutex_);
    if (failures_ >= kFailuresMax || std::chrono::steady_clock::now() > deadline) {
      return fail(ErrorCode::Unavailable, "postgres_not_ready",
                  failure_.empty()
                      ? fmt::format("PostgreSQL did not answer within {} s; see {}",
                                    kStartLimit.count(), (folder_ / "postgres.log").string())
                      : failure_);
    }
    changed_.wait_for(lock, milliseconds{20});
  }
  // The database itself is made once; that it exists already is the usual case.
  PGconn* connection = PQconnectdb(info.c_str());
  PGresult* exists = PQexec(connection, "SELECT 1 FROM pg_database WHERE datname = 'sentinel'");
  bool missing = PQresultStatus(exists) == PGRES_TUPLES_OK && PQntuples(exists) == 0;
  PQclear(exists);
  std::string problem;
  if (missing) {
    PGresult* made = PQexec(connection, "CREATE DATABASE sentinel");
    if (PQresultStatus(made) != PGRES_COMMAND_OK) problem = PQerrorMessage(connection);
    PQclear(made);
  }
  PQfinish(connection);
  if (!problem.empty()) return fail(ErrorCode::Internal, "initdb_failed", problem);
  return {};
}

EmbeddedServer::~EmbeddedServer() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (!supervisor_.joinable()) return;
  end_server(cluster_, pid_);
  supervisor_.join();
}

}  // namespace sentinel::postgres
