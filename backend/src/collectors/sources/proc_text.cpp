#include "collectors/sources/proc_text.hpp"

#include <charconv>

namespace sentinel::collectors {

namespace {

// Takes numbers separated by spaces off the front of a text.
class Numbers {
 public:
  explicit Numbers(std::string_view text)
      : position_(text.data()), end_(text.data() + text.size()) {}

  // 0 for a number that does not fit; ok() is false from the first thing on that is no number.
  template <class T = uint64_t>
  T next() {
    while (position_ != end_ && *position_ == ' ') ++position_;
    T value = 0;
    auto [after, error] = std::from_chars(position_, end_, value);
    if (error != std::errc{}) ok_ = false;
    position_ = after;
    return ok_ ? value : T{0};
  }
  // A number that may be negative where a negative one means nothing.
  uint64_t next_positive() {
    auto value = next<int64_t>();
    return value > 0 ? static_cast<uint64_t>(value) : 0;
  }
  void skip(int count) {
    for (; count > 0; --count) {
      while (position_ != end_ && *position_ == ' ') ++position_;
      while (position_ != end_ && *position_ != ' ') ++position_;
    }
  }
  bool ok() const { return ok_; }

 private:
  const char* position_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace

std::optional<ProcessStat> parse_process_stat(std::string_view line) {
  // The name may itself hold spaces and parentheses: it ends at the last one that closes.
  size_t open = line.find('(');
  size_t close = line.rfind(')');
  if (open == line.npos || close == line.npos || close < open || close + 3 >= line.size()) {
    return std::nullopt;
  }
  ProcessStat stat;
  Numbers before(line.substr(0, open));
  stat.pid = before.next<pid_t>();
  stat.name = line.substr(open + 1, close - open - 1);
  stat.state = line[close + 2];
  Numbers fields(line.substr(close + 3));
  stat.parent = fields.next<pid_t>();
  stat.group = fields.next<pid_t>();
  stat.session = fields.next<pid_t>();
  fields.skip(7);  // tty_nr tpgid flags minflt cminflt majflt cmajflt
  stat.cpu_ticks = fields.next();
  stat.cpu_ticks += fields.next();
  stat.waited_ticks = fields.next_positive();
  stat.waited_ticks += fields.next_positive();
  fields.skip(4);  // priority nice num_threads itrealvalue
  stat.start_ticks = fields.next();
  fields.skip(1);  // vsize
  stat.resident_pages = fields.next_positive();
  if (!before.ok() || !fields.ok()) return std::nullopt;
  return stat;
}

std::optional<HostCpu> parse_host_cpu(std::string_view text) {
  if (!text.starts_with("cpu ")) return std::nullopt;
  Numbers fields(text.substr(4, text.find('\n') - 4));
  uint64_t user = fields.next(), nice = fields.next(), system = fields.next();
  uint64_t idle = fields.next(), waiting = fields.next();
  uint64_t interrupts = fields.next(), soft_interrupts = fields.next(), stolen = fields.next();
  if (!fields.ok()) return std::nullopt;
  // Guest time is part of user already.
  uint64_t busy = user + nice + system + interrupts + soft_interrupts;
  return HostCpu{.busy = busy, .total = busy + idle + waiting + stolen};
}

std::optional<uint64_t> parse_kilobytes(std::string_view text, std::string_view name) {
  size_t position = 0;
  while (position < text.size()) {
    auto line = text.substr(position, text.find('\n', position) - position);
    if (line.starts_with(name) && line.size() > name.size() && line[name.size()] == ':') {
      Numbers fields(line.substr(name.size() + 1));
      auto kilobytes = fields.next();
      if (!fields.ok()) return std::nullopt;
      return kilobytes * 1024;
    }
    position += line.size() + 1;
  }
  return std::nullopt;
}

std::optional<uint64_t> parse_memory_used(std::string_view text) {
  auto total = parse_kilobytes(text, "MemTotal");
  auto available = parse_kilobytes(text, "MemAvailable");
  if (!total || !available || *available > *total) return std::nullopt;
  return *total - *available;
}

}  // namespace sentinel::collectors
