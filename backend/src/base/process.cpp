#include "base/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>

namespace sentinel {

namespace {

namespace fs = std::filesystem;

std::unexpected<Error> system_error(std::string_view what) {
  return fail(ErrorCode::Internal, "system_error",
              fmt::format("{}: {}", what, std::strerror(errno)));
}

// The first folder on the way to `folder` that others may not pass, or an empty path.
fs::path closed_parent(const fs::path& folder) {
  fs::path way;
  for (const auto& part : fs::absolute(folder).parent_path()) {
    way /= part;
    struct stat status;
    if (stat(way.c_str(), &status) == 0 && (status.st_mode & S_IXOTH) == 0) return way;
  }
  return {};
}

Result<void> hand_over(const fs::path& folder, const passwd& user) {
  std::error_code error;
  if (lchown(folder.c_str(), user.pw_uid, user.pw_gid) != 0) {
    return system_error("cannot give " + folder.string() + " to " + user.pw_name);
  }
  // An earlier process may still be taking its files away: one that is gone is nothing to hand
  // over.
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error)) {
    const auto& path = at->path();
    struct stat status;
    if (lstat(path.c_str(), &status) != 0 || status.st_uid == user.pw_uid) continue;
    if (lchown(path.c_str(), user.pw_uid, user.pw_gid) != 0 && errno != ENOENT) {
      return system_error("cannot give " + path.string() + " to " + user.pw_name);
    }
  }
  return {};
}

}  // namespace

Result<void> become_unprivileged(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return fail(ErrorCode::InvalidArgument, "folder_unusable",
                fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
  if (geteuid() != 0) return {};
  // A folder that belongs to somebody stays theirs: a service's own user, as an installed package
  // has it.
  struct stat owner{};
  const passwd* user =
      stat(folder.c_str(), &owner) == 0 && owner.st_uid != 0 ? getpwuid(owner.st_uid) : nullptr;
  if (!user) user = getpwnam("postgres");
  if (!user) user = getpwnam("nobody");
  if (!user) return fail(ErrorCode::Internal, "no_user", "there is no user postgres or nobody");
  if (auto closed = closed_parent(folder); !closed.empty()) {
    return fail(
        ErrorCode::InvalidArgument, "folder_unreachable",
        fmt::format("started by root, Sentinel works as user {}, who cannot reach {} because {} "
                    "is closed to others\nHINT: --data /var/lib/sentinel",
                    user->pw_name, fs::absolute(folder).string(), closed.string()));
  }
  if (auto given = hand_over(folder, *user); !given) return given;
  if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    return system_error(std::string("cannot become user ") + user->pw_name);
  }
  // /proc/self belongs to root after a change of user unless the process is dumpable again.
  prctl(PR_SET_DUMPABLE, 1);
  return {};
}

Result<pid_t> start_process(const std::vector<std::string>& command, const fs::path& log,
                            int signal_on_parent_death) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (output < 0) return system_error("cannot write " + log.string());
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const pid_t parent = getpid();
  pid_t pid = fork();
  if (pid == 0) {
    // Only async-signal-safe calls from here to exec.
    prctl(PR_SET_PDEATHSIG, signal_on_parent_death);
    if (getppid() != parent) _exit(127);
    setpgid(0, 0);  // Ctrl-C in the terminal is for us to act on, not for the child
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    // Sockets that listen are not marked to be closed; a child that outlived us would keep the
    // port.
    if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) {  // an old kernel
      for (int descriptor = 3; descriptor < 1024; ++descriptor) {
        fcntl(descriptor, F_SETFD, FD_CLOEXEC);
      }
    }
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  close(output);
  close(input);
  if (pid < 0) return system_error("cannot start " + command.front());
  return pid;
}

int wait_for_exit(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<FileLock> FileLock::take(const fs::path& file) {
  int descriptor = open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (descriptor < 0) return system_error("cannot open " + file.string());
  FileLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    auto holder = read_file(file);
    return fail(
        ErrorCode::Conflict, "folder_in_use",
        fmt::format("Sentinel runs on {} already (pid {}); stop it first, or choose another "
                    "folder with --data",
                    fs::absolute(file).lexically_normal().parent_path().string(), holder));
  }
  auto pid = std::to_string(getpid());
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return system_error("cannot write " + file.string());
  }
  return lock;
}

void give_memory_back() {
#ifdef __GLIBC__
  mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
  mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
#endif
}

FileLock::~FileLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string read_file(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

}  // namespace sentinel
