// Which processes an agent begins with. Their descendants belong to it as well; that is the tree's
// affair.
#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "base/result.hpp"
#include "collectors/sources/cgroup.hpp"
#include "collectors/sources/process_table.hpp"

namespace sentinel::collectors {

// A POSIX extended regular expression: the C library's, which needs no memory worth naming.
class Pattern {
 public:
  static Result<Pattern> compile(const std::string& text);
  bool found_in(const std::string& text) const;

 private:
  std::shared_ptr<const regex_t> compiled_;
};

struct ByName {
  std::string name;  // as in /proc/PID/comm: the kernel cuts at 15 characters
};
struct ByCommandLine {
  Pattern pattern;
};
struct ByPidFile {
  std::string path;
};
struct ByCgroup {
  std::string path;  // below the mount of cgroup v2
};
// Children of this process, orphans that came to it included.
struct ByParent {
  pid_t parent;
};
using Match = std::variant<ByName, ByCommandLine, ByPidFile, ByCgroup, ByParent>;

// The processes of this pass that match. By name, command line and parent only those that the pass
// examined are looked at, so what matched in an earlier pass may be missing: the caller keeps its
// members itself.
std::vector<pid_t> matching(const Match& match, ProcessTable& table, const Cgroups& cgroups);

}  // namespace sentinel::collectors
