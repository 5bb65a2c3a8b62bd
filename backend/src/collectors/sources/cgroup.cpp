#include "collectors/sources/cgroup.hpp"

#include <charconv>
#include <filesystem>

#include "collectors/sources/kept_file.hpp"

namespace sentinel::collectors {

namespace {

namespace fs = std::filesystem;

constexpr int kDepthMax = 8;
constexpr size_t kProcessesMax = 10'000;

// Takes the text up to `separator` off the front.
std::string_view take(std::string_view& text, char separator) {
  size_t end = text.find(separator);
  auto piece = text.substr(0, end);
  text = end == text.npos ? std::string_view{} : text.substr(end + 1);
  return piece;
}

std::optional<double> to_number(std::string_view text) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return value;
}

void collect(const fs::path& folder, int depth, std::vector<pid_t>& pids) {
  auto text = read_small_file(folder / "cgroup.procs", 1024 * 1024);
  std::string_view rest = text;
  while (!rest.empty() && pids.size() < kProcessesMax) {
    auto pid = to_number(take(rest, '\n'));
    if (pid && *pid > 0) pids.push_back(static_cast<pid_t>(*pid));
  }
  if (depth >= kDepthMax) return;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.is_directory(error)) collect(entry.path(), depth + 1, pids);
  }
}

}  // namespace

Cgroups Cgroups::mounted(std::string_view mounts) {
  while (!mounts.empty()) {
    auto line = take(mounts, '\n');
    take(line, ' ');
    auto place = take(line, ' ');
    if (take(line, ' ') == "cgroup2") return Cgroups(std::string(place));
  }
  return Cgroups(std::string{});
}

std::string Cgroups::path_of(std::string_view process_cgroup) {
  while (!process_cgroup.empty()) {
    auto line = take(process_cgroup, '\n');
    if (line.starts_with("0::")) return std::string(line.substr(3));
  }
  return {};
}

std::string Cgroups::file(std::string_view path, std::string_view name) const {
  std::string full = root_;
  if (!path.starts_with('/')) full += '/';
  full += path;
  if (!full.ends_with('/')) full += '/';
  return full.append(name);
}

std::optional<double> Cgroups::processors_max(std::string_view path) const {
  std::optional<double> least;
  while (!root_.empty() && !path.empty()) {
    auto text = read_small_file(file(path, "cpu.max"));
    std::string_view rest = text;
    auto quota = to_number(take(rest, ' '));  // "max" is no number: no limit
    auto period = to_number(rest);
    if (quota && period && *period > 0 && (!least || *quota / *period < *least)) {
      least = *quota / *period;
    }
    size_t slash = path.rfind('/');
    path = path.substr(0, slash == path.npos ? 0 : slash);
  }
  return least;
}

std::optional<double> Cgroups::cpu_seconds(std::string_view path) const {
  if (root_.empty()) return std::nullopt;
  auto text = read_small_file(file(path, "cpu.stat"));
  std::string_view rest = text;
  if (take(rest, ' ') != "usage_usec") return std::nullopt;
  auto used = to_number(rest);
  if (!used) return std::nullopt;
  return *used / 1e6;
}

std::vector<pid_t> Cgroups::processes(std::string_view path) const {
  std::vector<pid_t> pids;
  if (!root_.empty()) collect(file(path, ""), 0, pids);
  return pids;
}

}  // namespace sentinel::collectors
