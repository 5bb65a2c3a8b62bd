#include "http/listener_owner.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

namespace sentinel::http {

namespace {

namespace fs = std::filesystem;

// Socket inodes that listen on the port, from the kernel's table (state 0A).
std::set<std::string> listening_inodes(uint16_t port) {
  std::set<std::string> inodes;
  auto wanted = fmt::format(":{:04X}", port);
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream file(table);
    std::string line;
    std::getline(file, line);
    while (std::getline(file, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, queues, timer, retransmits, uid, timeout, inode;
      fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> uid >>
          timeout >> inode;
      if (state == "0A" && local.ends_with(wanted)) inodes.insert(inode);
    }
  }
  return inodes;
}

bool holds_one(const fs::path& process, const std::set<std::string>& inodes) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(process / "fd", error)) {
    auto target = fs::read_symlink(entry.path(), error).string();
    constexpr std::string_view prefix = "socket:[";
    if (!target.starts_with(prefix)) continue;
    if (inodes.contains(target.substr(prefix.size(), target.size() - prefix.size() - 1)))
      return true;
  }
  return false;
}

}  // namespace

std::string describe_listener(uint16_t port) {
  auto inodes = listening_inodes(port);
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc", error)) {
    auto pid = entry.path().filename().string();
    if (pid.find_first_not_of("0123456789") != pid.npos || !holds_one(entry.path(), inodes))
      continue;
    std::string name;
    std::ifstream(entry.path() / "comm") >> name;
    return fmt::format("pid {} ({})", pid, name);
  }
  return "another process";
}

}  // namespace sentinel::http
