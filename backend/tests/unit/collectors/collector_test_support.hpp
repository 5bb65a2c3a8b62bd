// What the collector's tests share: folders that go away, and a /proc made of files.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace sentinel::collectors {
namespace fs = std::filesystem;
}

namespace sentinel::collectors::testing {

class Folder {
 public:
  Folder() {
    std::string name = (fs::temp_directory_path() / "collector_test_XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary | std::ios::trunc) << text;
  }

 private:
  fs::path path_;
};

struct FakeProcess {
  pid_t pid = 0;
  std::string name{"agent"};
  pid_t parent = 1;
  pid_t group = 0;    // 0: the pid
  pid_t session = 0;  // 0: the pid
  char state = 'S';
  uint64_t cpu = 0;
  uint64_t waited = 0;
  uint64_t start = 100;
  uint64_t pages = 10;
  std::string command{};
};

class FakeProc {
 public:
  void put(const FakeProcess& process) {
    auto folder = std::to_string(process.pid);
    folder_.write(
        folder + "/stat",
        fmt::format("{} ({}) {} {} {} {} 0 -1 4194304 1 2 3 4 {} 0 {} 0 20 0 1 0 {} 1000 {} 0 0\n",
                    process.pid, process.name, process.state, process.parent,
                    process.group ? process.group : process.pid,
                    process.session ? process.session : process.pid, process.cpu, process.waited,
                    process.start, process.pages));
    folder_.write(folder + "/cmdline", process.command);
  }
  void end(pid_t pid) {
    // An open file of a process that ended gives nothing.
    folder_.write(std::to_string(pid) + "/stat", "");
    fs::remove_all(folder_.path() / std::to_string(pid));
  }
  const Folder& folder() const { return folder_; }
  std::string root() const { return folder_.path().string(); }

 private:
  Folder folder_;
};

}  // namespace sentinel::collectors::testing
