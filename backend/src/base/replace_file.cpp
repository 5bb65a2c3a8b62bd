#include "base/replace_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace sentinel {

Result<void> replace_file(const std::string& path, std::string_view text) {
  const auto next = path + ".new";
  {
    const auto mask = umask(0077);
    std::ofstream file(next, std::ios::binary | std::ios::trunc);
    umask(mask);
    file << text << std::flush;
    if (file.good() && std::rename(next.c_str(), path.c_str()) == 0) return {};
  }
  auto reason = std::strerror(errno);
  std::remove(next.c_str());
  return fail(ErrorCode::Unavailable, "file_unusable",
              fmt::format("cannot write {}: {}", path, reason));
}

}  // namespace sentinel
