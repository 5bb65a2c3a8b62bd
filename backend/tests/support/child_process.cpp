#include "support/child_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/fsuid.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <fstream>
#include <random>
#include <stdexcept>

#include "base/process.hpp"

namespace sentinel::testing {

namespace {

namespace fs = std::filesystem;

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("cannot make a pipe");
    read = ends[0];
    write = ends[1];
  }
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

// A coverage build writes its counts where this process may not write; the suite's own setting
// wins.
std::vector<std::string> environment_with(const ChildProcess::Environment& more) {
  std::vector<std::string> all;
  if (!getenv("LLVM_PROFILE_FILE")) all.push_back("LLVM_PROFILE_FILE=/dev/null");
  for (char** entry = environ; *entry; ++entry) {
    std::string_view text(*entry);
    auto name = text.substr(0, text.find('='));
    bool replaced = std::ranges::any_of(more, [&](const auto& pair) { return pair.first == name; });
    if (!replaced) all.emplace_back(text);
  }
  for (const auto& [name, value] : more) all.push_back(name + "=" + value);
  return all;
}

// Root without CAP_SYS_PTRACE, as in a container, may look only as the process's own user.
fs::path working_folder(const fs::path& process) {
  std::error_code error;
  auto folder = fs::read_symlink(process / "cwd", error);
  struct stat owner{};
  if (!error || geteuid() != 0 || stat(process.c_str(), &owner) != 0) return folder;
  setfsgid(owner.st_gid);
  setfsuid(owner.st_uid);
  folder = fs::read_symlink(process / "cwd", error);
  setfsuid(0);
  setfsgid(0);
  return folder;
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& command, const Environment& environment,
                           std::string input) {
  Pipe to, from, errors;
  auto words = pointers(command);
  auto variables = environment_with(environment);
  auto settings = pointers(variables);
  pid_ = fork();
  if (pid_ == 0) {
    // Only async-signal-safe calls from here to exec.
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(to.read, 0);
    dup2(from.write, 1);
    dup2(errors.write, 2);
    // A server of this test whose port a child holds open takes connections to nowhere.
    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execvpe(words[0], words.data(), settings.data());
    _exit(127);
  }
  close(to.read);
  close(from.write);
  close(errors.write);
  if (pid_ < 0) throw std::runtime_error("cannot start " + command.front());
  std::signal(SIGPIPE, SIG_IGN);
  if (write(to.write, input.data(), input.size()) < 0 && errno != EPIPE)
    throw std::runtime_error("cannot write");
  close(to.write);
  fcntl(from.read, F_SETFL, O_NONBLOCK);
  fcntl(errors.read, F_SETFL, O_NONBLOCK);
  follower_ = std::thread([this, out = from.read, err = errors.read] { follow(out, err); });
}

ChildProcess::~ChildProcess() {
  if (!ended()) kill(pid_, SIGKILL);
  follower_.join();
}

void ChildProcess::follow(int output, int errors) {
  // Its end counts, not that of its pipes: what it leaves behind may hold those open.
  int process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  std::array<pollfd, 3> ends{{{output, POLLIN, 0}, {errors, POLLIN, 0}, {process, POLLIN, 0}}};
  std::array<char, 4096> piece;
  for (bool over = false; !over;) {
    if (poll(ends.data(), ends.size(), -1) < 0) continue;
    over = ends[2].revents != 0;
    for (size_t i = 0; i < 2; ++i) {
      while (ends[i].fd >= 0) {
        ssize_t size = read(ends[i].fd, piece.data(), piece.size());
        if (size < 0) break;  // no more for now
        if (size == 0) {
          close(std::exchange(ends[i].fd, -1));
          break;
        }
        std::lock_guard lock(mutex_);
        (i == 0 ? output_ : errors_).append(piece.data(), static_cast<size_t>(size));
        changed_.notify_all();
      }
    }
  }
  for (const auto& end : ends) {
    if (end.fd >= 0) close(end.fd);
  }
  int status = wait_for_exit(pid_);
  std::lock_guard lock(mutex_);
  status_ = status;
  changed_.notify_all();
}

void ChildProcess::signal(int number) const { kill(pid_, number); }

bool ChildProcess::ended() {
  std::lock_guard lock(mutex_);
  return status_.has_value();
}

std::optional<int> ChildProcess::wait(std::chrono::steady_clock::duration limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit, [this] { return status_.has_value(); });
  return status_;
}

bool ChildProcess::wait_for(std::string_view text, std::chrono::steady_clock::duration limit) {
  std::unique_lock lock(mutex_);
  auto printed = [&] {
    return output_.find(text) != output_.npos || errors_.find(text) != errors_.npos;
  };
  changed_.wait_for(lock, limit, [&] { return status_.has_value() || printed(); });
  return printed();
}

std::string ChildProcess::output() {
  std::lock_guard lock(mutex_);
  return output_;
}

std::string ChildProcess::errors() {
  std::lock_guard lock(mutex_);
  return errors_;
}

Outcome run_program(const std::vector<std::string>& command,
                    const ChildProcess::Environment& environment, std::string input) {
  ChildProcess child(command, environment, std::move(input));
  auto status = child.wait();
  if (!status) throw std::runtime_error(command.front() + " did not end");
  return {*status, child.output(), child.errors()};
}

std::string program(std::string_view name) { return fmt::format("{}/{}", SENTINEL_BINARIES, name); }

uint16_t free_port() {
  static std::mt19937 random{std::random_device{}()};
  for (;;) {
    auto port = static_cast<uint16_t>(std::uniform_int_distribution<int>(12000, 32000)(random));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool free = bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    close(socket);
    if (free) return port;
  }
}

std::vector<pid_t> postgres_on(const fs::path& data) {
  std::vector<pid_t> found;
  std::error_code error;
  auto cluster = fs::weakly_canonical(data, error) / "postgres";
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != name.npos) continue;
    if (!read_file(entry.path() / "comm").starts_with("postgres")) continue;
    if (working_folder(entry.path()) == cluster) found.push_back(std::stoi(name));
  }
  return found;
}

pid_t postmaster_of(const fs::path& data) {
  pid_t pid = 0;
  auto text = read_file(data / "postgres" / "postmaster.pid");
  std::from_chars(text.data(), text.data() + text.size(), pid);
  return pid;
}

SentinelUp::SentinelUp(std::vector<std::string> more) : SentinelUp({}, std::move(more)) {}

SentinelUp::SentinelUp(fs::path data, std::vector<std::string> more)
    : SentinelUp(std::move(data), std::move(more), "up") {}

SentinelUp::SentinelUp(fs::path data, std::vector<std::string> more, std::string command)
    : data_(data.empty() ? folder_.path() / "data" : std::move(data)),
      port_(free_port()),
      more_(std::move(more)),
      command_(std::move(command)) {
  fs::create_directories(folder_.path() / "dashboard");
  std::ofstream(folder_.path() / "dashboard" / "index.html")
      << "<!doctype html><title>Sentinel AI</title>\n";
}

SentinelUp::~SentinelUp() {
  if (running()) stop();
  process_.reset();
  // What a test that failed left behind: its processes, found by the folder that is this test's
  // alone.
  for (pid_t pid : postgres_on(data_)) kill(pid, SIGKILL);
}

ChildProcess& SentinelUp::launch(const ChildProcess::Environment& environment) {
  std::vector<std::string> command{program("sentinel"), command_};
  std::vector<std::pair<std::string, std::string>> flags{
      {"--data", data_.string()},
      {"--listen", fmt::format("127.0.0.1:{}", port_)},
      {"--dashboard", (folder_.path() / "dashboard").string()},
      {"--print-link", "false"}};
  if (command_ == "up") flags.insert(flags.end(), {{"--otlp-listen", ""}, {"--grpc-listen", ""}});
  for (auto& [flag, value] : flags) {
    if (std::ranges::find(more_, flag) != more_.end()) continue;
    command.push_back(flag);
    command.push_back(value);
  }
  command.insert(command.end(), more_.begin(), more_.end());
  process_.reset();
  process_ = std::make_unique<ChildProcess>(command, environment);
  return *process_;
}

void SentinelUp::start(const ChildProcess::Environment& environment) {
  if (!launch(environment).wait_for("  open ")) {
    throw std::runtime_error("sentinel up did not come up: " + process_->errors());
  }
}

std::optional<int> SentinelUp::stop() {
  process_->signal(SIGTERM);
  return process_->wait();
}

std::string SentinelUp::url() const { return fmt::format("http://127.0.0.1:{}", port_); }

const std::string& SentinelUp::key(const std::string& scope) {
  auto& key = keys_[scope];
  if (!key.empty()) return key;
  auto made = run_program({program("sentinel"), "keys", "create", "--data", data_.string(),
                           "--name", "test-" + scope, "--scope", scope});
  if (made.status != 0) throw std::runtime_error("keys create failed: " + made.errors);
  return key = made.output.substr(0, made.output.find('\n'));
}

postgres::Rows SentinelUp::query(const std::string& sql) const {
  auto info = postgres::EmbeddedServer::conninfo(data_, postgres::EmbeddedServer::kSuperuser);
  auto connection = run(postgres::Connection::open(info, "", "test"));
  if (!connection) throw std::runtime_error(connection.error().message);
  auto rows = run((*connection)->run(sql));
  if (!rows) throw std::runtime_error(rows.error().message);
  return std::move(*rows);
}

}  // namespace sentinel::testing
